"""From generated particles to recorded tracks: the parametric response of BESIII.

`response`           the numbers of the response, checked, as named tuples
`simulate`           `simulate`: generated events in, recorded events out
`kernels`            the loop over particles of events; `measurements`: what is measured of one
`tracks`             helix of a particle, track efficiency, covariance and smearing
`calorimeter`        what particles leave in the electromagnetic calorimeter
`identification`     dE/dx and time of flight
`muons`              the muon hypothesis and the muon counter, for searches with muons
`time_of_flight`     counters that two particles share
`misidentification`  probability of passing a selection, by species, momentum and polar angle
"""
