"""The figures of searches at NA62: functions that return a figure and the table of numbers drawn.

`beam_line`       layout of the beam line and detector
`identification`  what went into identification, and what tag and probe gives back
`acceptance`      the Dalitz plane, and ratios of acceptances
`spectra`         masses of a channel's selections
`data`            data as points and text
`style`           the style of each process, the regions of mass
"""
