"""Keys of a model file and what they mean; apart, so that the help needs no numpy."""

__all__ = ["KEYS"]

KEYS = {
    "name": "for the output",
    "search": "a search; `lnvsearch recast --list` names them",
    "channel": "a channel of it, as piee",
    "mass_gev": "mass of an on-shell N",
    "lifetimes_ps": "its lifetimes, a number or a list; 0 decays at once",
    "chirality": "of the vertices of N: isotropic, or v_minus_a (with mixing, the default)",
    "branching_fraction": "what the model predicts: of production times decay of N, or of the decay",
    "mixing": "|U_e|^2:|U_mu|^2:|U_tau|^2, as 1:0:0",
    "mixing_squared": "|U|^2, their sum; lifetime and branching fraction follow from it",
    "nature": "majorana or dirac",
    "density": "CSV table of a density over the plane of two masses, beside this file",
    "events": "LHE, HepMC3 or ROOT file of the model's own decays, beside this file",
}
