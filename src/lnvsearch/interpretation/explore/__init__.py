"""One page to look at what the searches say of a heavy neutral lepton N, for any browser, without a network.

`page`      the whole page, of which this project's words and the plotting library are part
`maps`      acceptance and limit against mass and mean life, channel by channel
`mixing`    limits on |U|^2 against the mass for a pattern of mixing that sliders choose
`patterns`  the patterns, and the table of their limits
`words`     what curves are called, how they look, how numbers are shown

Every number on the page is one of the tables that it is made of: its scripts pick and draw, and compute nothing
but the share of a flavour in |U|^2.
"""
