"""From generated particles to recorded tracks: the parametric response of BESIII.

`response`           the numbers of the response, checked, as named tuples
`simulate`           `simulate`: generated events in, recorded events out
`tracks`             helix of a particle, track efficiency, covariance and smearing
`calorimeter`        what particles leave in the electromagnetic calorimeter
`identification`     dE/dx and time of flight
`time_of_flight`     counters that two particles share
`misidentification`  probability of passing a selection, by species, momentum and polar angle

Everything here loads on first use.
"""

from importlib import import_module

_HOME_OF = {
    "BesiiiResponse": "response",
    "IdentificationProbability": "misidentification",
    "identification_probability": "misidentification",
    "simulate": "simulate",
}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME_OF]
