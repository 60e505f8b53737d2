"""The figures of BESIII 2025: each function gives a matplotlib figure and the table of the numbers drawn.

`diagrams`      figure1 (Feynman diagrams)
`candidates`    figure2 (mass of the candidates), chi_square_probability, acceptance_map
`limits`        figure3 (upper limits against the Majorana mass)
`efficiency`    efficiency_vs_mass, modelling, calibration_curve
`selection`     cut_flow, punzi_curve

Every function can be imported from here.
"""

from importlib import import_module

_HOME = {
    "figure1": "diagrams",
    "figure2": "candidates",
    "chi_square_probability": "candidates",
    "acceptance_map": "candidates",
    "figure3": "limits",
    "efficiency_vs_mass": "efficiency",
    "modelling": "efficiency",
    "calibration_curve": "efficiency",
    "cut_flow": "selection",
    "punzi_curve": "selection",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    """Import a figure function when it is first asked for (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
