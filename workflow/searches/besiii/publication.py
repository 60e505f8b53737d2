"""What tables, figures and the comparison of a BESIII search can ask for: results and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from searches import publication
from searches.search import NOMINAL

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch
    from searches.publication import Result, Setting


def results(paper: ColliderSearch) -> dict[str, Result]:
    """Every result of a search by name: its file, or a file for each of its parts."""
    folder = f"results/{paper.name}"
    signal = paper.efficiency_sample(paper.channel)
    has_backgrounds, is_calibrated = ("backgrounds" in paper.settings, paper.calibration is not None)
    variations = [
        name for name, entry in paper.settings["variations"].items() if signal in entry["samples"]
    ]
    return {
        "published": paper.published_file(),
        "reasons": paper.reasons_file(),
        **publication.fraction_files(paper),
        **publication.recast_files(paper),
        "efficiencies": paper.result("efficiencies", ".csv"),
        "validation": f"{folder}/validation/validation.csv",
        "systematics": paper.result("systematics", ".csv"),
        "systematics_by_mass": paper.result("systematics", "_by_mass.csv"),
        "cutflow": paper.result("cutflow", ".csv"),
        "background": paper.result("background", ".csv") if has_backgrounds else {},
        "punzi": paper.result("background", "_punzi.csv") if has_backgrounds else {},
        "scan": paper.result("limits", "_scan.csv") if has_backgrounds and paper.masses_gev else {},
        "spectra": paper.result("spectra", ".csv") if has_backgrounds else {},
        "limits": paper.by_channel("limits", ".json"),
        "coverage": f"{folder}/limits/coverage.csv",
        "calibration_trials": f"{folder}/calibration/trials.csv" if is_calibrated else {},
        "calibration_record": f"{folder}/calibration/record.json" if is_calibrated else {},
        # The decays from which the efficiency is taken, by variation.
        "selected": {
            name: paper.selected_file(signal, name) for name in (NOMINAL, *variations)
        },
        "user_counts": None if paper.data_file is None else paper.data_result("counts"),
        "user_sensitivity": {} if paper.data_file is None else {
            paper.channel: paper.data_result("sensitivity", f"{paper.channel}.json")
        },
        "user_spectra": None if paper.data_file is None else paper.data_result("spectra"),
    }


SETTINGS: dict[str, Setting] = {
    **publication.SETTINGS,
    "bounded": lambda paper, entry: paper.channels[paper.channel]["limit"]["bounded"],
    "confidence_level": lambda paper, entry: paper.config["confidence_level"],
    "in_mass_bin": lambda paper, entry: paper.settings["mass_bin"]["in_efficiency"],
    "inputs": lambda paper, entry: paper.origin_of_inputs(""),
    "samples": lambda paper, entry: paper.cut_flow_samples(),
    "weighted_variations": lambda paper, entry: [
        name for name in paper.settings["variations"] if paper.is_by_weights(name)
    ],
    "window_gev": lambda paper, entry: paper.signal_window(),
}
