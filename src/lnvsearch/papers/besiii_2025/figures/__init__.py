"""The figures of BESIII 2025: each function returns a figure and the table of the numbers drawn.

`diagrams`      figure1 (Feynman diagrams)
`candidates`    figure2 (mass of the candidates), chi_square_probability
`acceptance`    acceptance_map
`limits`        figure3 (upper limits against the Majorana mass)
`efficiency`    efficiency_vs_mass, modelling, calibration_curve
`selection`     cut_flow, punzi_curve
"""
