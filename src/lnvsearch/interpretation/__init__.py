"""What a search says of a model: widths of a heavy neutral lepton N, limits on its mixing, recasts.

`mixing`       the shares of |U_e|^2, |U_mu|^2, |U_tau|^2 in the mixing of N
`widths`       partial and total widths of N, 5 MeV to 2 GeV, Majorana or Dirac
`production`   K+ -> l+ N, K -> pi l N, J/psi -> N N
`grids`        acceptance and limit of a search against mass and lifetime, read and interpolated
`channels`     what a search's channel says of N: decay chain, data sets, counts, normalisation
`mixing_limits`, `combined_limits`   limits on |U|^2 with the lifetime that |U|^2 implies
`dalitz`, `model_files`, `recast`    a user's model against a search

docs/recasting.md has the equations by number and three worked examples.
"""
