"""Which results each figure of a simulated search draws, and with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from searches.search import LIMIT_FIGURES

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch

#: Figures of a simulated search: those of the paper first, then those beyond it.
SIMULATION_FIGURES = (
    "figure1",
    "figure2",
    "figure3",
    "efficiency_vs_mass",
    "cut_flow",
    "chi_square_probability",
    "punzi_curve",
    "modelling",
    "acceptance_map",
    "calibration_curve",
)

#: Legends of the samples in the figure of the fit's probability, by variation.
_PROBABILITY_LABELS = {
    "ideal": "no radiation, no material, pulls off",
    "radiation_off": "no radiation",
    "nominal": "nominal",
}


def figure_inputs(paper: ColliderSearch, figure: str) -> dict[str, str]:
    """Files that a figure draws, by name."""
    if figure in LIMIT_FIGURES:
        return {"coverage": f"results/{paper.name}/limits/coverage.csv"}
    channel = paper.channel
    signal = paper.efficiency_sample(channel)
    signal_file = {"signal": paper.selected_file(signal)}
    inputs = {
        "figure2": {
            **signal_file,
            **(paper.selected_data() or {"spectra": paper.result("spectra", ".csv")}),
        },
        "figure3": {"scan": paper.result("limits", "_scan.csv")},
        "efficiency_vs_mass": {"efficiencies": paper.result("efficiencies", ".csv")},
        "cut_flow": {"cutflow": paper.result("cutflow", ".csv")},
        "chi_square_probability": {
            name: paper.selected_file(signal, name) for name in _PROBABILITY_LABELS
        },
        "punzi_curve": {"punzi": paper.result("background", "_punzi.csv")},
        "modelling": {"systematics": paper.result("systematics", "_by_mass.csv")},
        "acceptance_map": signal_file,
        "calibration_curve": {
            "trials": f"results/{paper.name}/calibration/trials.csv",
            "record": f"results/{paper.name}/calibration/record.json",
        },
    }
    return inputs.get(figure, {})


def figure_parameters(paper: ColliderSearch, figure: str) -> dict:
    """Settings of a figure, and the names of its inputs in their order."""
    if figure in LIMIT_FIGURES:
        return {"inputs": list(figure_inputs(paper, figure))}
    settings = {
        "figure2": {
            "window_gev": paper.signal_window(),
            "base_seed": paper.config["base_seed"],
        },
        "efficiency_vs_mass": {"in_mass_bin": paper.settings["mass_bin"]["in_efficiency"]},
        "cut_flow": {"samples": paper.cut_flow_samples()},
        "chi_square_probability": {"labels": _PROBABILITY_LABELS},
        "punzi_curve": {"published_cut": paper.published.value("chi_square_4c_maximum")},
    }
    return {"inputs": list(figure_inputs(paper, figure)), **settings.get(figure, {})}
