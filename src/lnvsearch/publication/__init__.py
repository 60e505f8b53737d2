"""From results to what is printed: tables, figures and the comparison with the paper.

`contents`    how a paper's module says which tables and figures there are, and from what
`published`   the numbers that a paper prints, with the confidence of their reading
`results`     what tables and figures are made from, read from files
`comparison`  rows of published numbers side by side with this project's
`summary`     what agrees, as text
`rounding`    the Particle Data Group's rule
`labels`      particles and decays as text for matplotlib
`figures`     figures that every search has, and the style of all figures

Everything takes and gives tables (a mapping from column name to a list of cells, `None` for an
empty one) and matplotlib figures; nothing here knows where the results are kept.
"""
