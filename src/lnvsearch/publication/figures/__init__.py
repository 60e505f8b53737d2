"""The figures: each function gives a matplotlib figure and the table of the numbers drawn.

`diagrams`      figure1 (Feynman diagrams)
`candidates`    figure2 (mass of the candidates), chi_square_probability, acceptance_map
`limits`        figure3 (upper limits against the Majorana mass)
`efficiency`    efficiency_vs_mass, modelling, calibration_curve
`selection`     cut_flow, punzi_curve
`coverage`      coverage_map (how often each limit method holds the true signal)
`na62_beam_line`, `na62_spectra`, `na62_identification`, `na62_acceptance`
                the figures of the two NA62 papers, and the acceptances beyond them (`na62_looks`:
                the look of each process, the mass regions; `na62_data`: data as points and text)
`na62_any_channel`
                mass spectra of any search for a kaon decay
`style`         sizes, colours, markers, and `figure_bytes` to make a PDF or PNG

Every function can be imported from here.  Figures are made without pyplot: no global state, no
display.
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
    "coverage_map": "coverage",
    "na62_layout": "na62_beam_line",
    "na62_2019_figure2": "na62_spectra",
    "na62_2019_figure3": "na62_spectra",
    "na62_2022_figure2": "na62_identification",
    "na62_muon_identification": "na62_identification",
    "na62_2022_figure3": "na62_spectra",
    "na62_2022_figure4": "na62_spectra",
    "na62_2022_figure5": "na62_spectra",
    "na62_masses": "na62_any_channel",
    "na62_acceptance_dalitz": "na62_acceptance",
    "na62_acceptance_ratio": "na62_acceptance",
    "figure_bytes": "style",
    "LABEL": "style",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    """Import a figure function when it is first asked for (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
