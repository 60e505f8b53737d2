"""The figures of searches at NA62: each function gives a matplotlib figure and the table of the numbers drawn.

`beam_line`, `identification`, `acceptance`   figures that all searches share
`spectra`       mass spectra of the two papers
`any_channel`   mass spectra of any search for a kaon decay
`looks`         the style of each process, the mass regions
`data`          data as points and text

Every function can be imported from here.
"""

from importlib import import_module

_HOME = {
    "na62_layout": "beam_line",
    "na62_2019_figure2": "spectra",
    "na62_2019_figure3": "spectra",
    "na62_2022_figure2": "identification",
    "na62_muon_identification": "identification",
    "na62_2022_figure3": "spectra",
    "na62_2022_figure4": "spectra",
    "na62_2022_figure5": "spectra",
    "na62_masses": "any_channel",
    "na62_acceptance_dalitz": "acceptance",
    "na62_acceptance_ratio": "acceptance",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    """Import a figure function when it is first asked for (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
