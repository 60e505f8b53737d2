"""What each step of a search at NA62 reads, and with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lnvsearch.event_files import folder_of
from searches.na62 import recast
from searches.na62.paper_selection import PAPER_SELECTION
from searches.na62.parameters import detector_numbers, sample_values
from searches.search import NOMINAL, Step

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch


def _background_inputs(paper: KaonSearch, wildcards) -> dict:
    channel = wildcards.channel
    return {
        "acceptance": paper.channel_file("acceptance", channel),
        "calibration": paper.calibration_file(channel),
        "spectra": [
            f"results/{paper.name}/spectra/{sample}/{NOMINAL}.csv"
            for sample in paper.samples_of(channel)
        ],
    }


def _background_settings(paper: KaonSearch, channel: str) -> dict:
    """How acceptances become expected events."""
    entry = paper.channels[channel]
    systematic = entry["background_systematic"]
    return {
        "samples": sample_values(paper.samples, paper.samples_of(channel)),
        "varied_modes": _varied_modes(paper, channel),
        "recomputation": paper.recomputation(channel),
        "signal": entry["signal"],
        "systematic": dict.fromkeys(systematic["samples"], systematic["fraction"]),
        "pileup": entry.get("pileup"),
        "chains": {name: found["trigger"] for name, found in entry["selections"].items()},
        "trigger": paper.settings["trigger"],
    }


def _varied_modes(paper: KaonSearch, channel: str) -> dict[str, dict[str, str]]:
    """By variation: decay modes of samples that have another than nominally."""
    return {
        variation: modes
        for variation in paper.variations_of(channel)
        if (modes := {
            name: entry["mode"]
            for name, entry in paper.varied_settings(variation)["samples"].items()
            if name in paper.samples_of(channel) and entry["mode"] != paper.samples[name]["mode"]
        })
    }


def _background_samples(paper: KaonSearch, channel: str) -> list[str]:
    """Backgrounds of the signal's selection; the normalisation channel is one of them."""
    return [*paper.samples_of(channel, "background"), *paper.samples_of(channel, "normalisation")]


def _backgrounds(paper: KaonSearch, wildcards) -> dict:
    return {
        **_background_settings(paper, wildcards.channel),
        "channel": wildcards.channel,
        "in_total": [*_background_samples(paper, wildcards.channel), "pileup"],
        "inputs": paper.limit_parameters(wildcards.channel)["simulation_inputs"],
    }


def _systematics(paper: KaonSearch, wildcards) -> dict:
    variations = paper.settings["variations"].items()
    return {
        **_background_settings(paper, wildcards.channel),
        "variations": {name: entry["description"] for name, entry in variations},
    }


def _control_samples(paper: KaonSearch, wildcards) -> dict:
    """Selections with inverted identification, and how their events become a background."""
    entry = paper.channels[wildcards.channel]
    selections = entry["selections"]
    return {
        "channel": wildcards.channel,
        "samples": sample_values(paper.samples, _background_samples(paper, wildcards.channel)),
        "recomputation": paper.recomputation(wildcards.channel),
        "trigger": paper.settings["trigger"],
        "chains": selections[entry["signal"]["selection"]]["trigger"],
        "data_driven": {
            process: {
                "selection": name,
                "chains": selections[name]["trigger"],
                "regions": selections[name]["regions"],
            }
            for process, name in entry["data_driven"].items()
        },
    }


def _control_sample_inputs(paper: KaonSearch, wildcards) -> dict:
    samples = _background_samples(paper, wildcards.channel)
    return {
        "selected": [paper.selected_file(sample) for sample in samples],
        "calibration": paper.calibration_file(wildcards.channel),
    }


def _sensitivity(paper: KaonSearch, wildcards) -> dict:
    """What turns two acceptances into a single-event sensitivity."""
    entry = paper.channels[wildcards.channel]
    target = entry["limit"]["signal_acceptance"]["mean"]
    return {
        "recomputation": paper.recomputation(wildcards.channel),
        "signal": entry["signal"],
        "normalisation": paper.normalisation(wildcards.channel),
        "neutral_pion_acceptance": target if entry["neutral_pion_factor"] else None,
    }


def _validated_runs(paper: KaonSearch) -> list[tuple[str, str]]:
    """(sample, variation) of signals and normalisation channels with candidates of their own."""
    runs = {}
    for channel, entry in paper.channels.items():
        for choice in (entry["signal"], paper.normalisation(channel)):
            for sample, variation in paper.runs():
                if sample == choice["sample"] and paper.is_recorded_again(variation):
                    runs[sample, variation] = None
    return list(runs)


def _validation(paper: KaonSearch, wildcards) -> dict:
    """Where the quantities of the validation table are measured."""
    return {
        "channels": {
            channel: {
                "signal": entry["signal"],
                "normalisation": paper.normalisation(channel),
                "alike": _is_like_normalisation(paper, channel),
            }
            for channel, entry in paper.channels.items()
        },
        "candidates": [
            [sample, variation, folder_of(variation, paper.job_of(variation))]
            for sample, variation in _validated_runs(paper)
        ],
        "reference": _reference(paper),
    }


def _reference(paper: KaonSearch) -> dict | None:
    """The selection whose acceptance NA62's analysis package states, if the search compares it."""
    entry = paper.settings.get("reference_selection")
    if entry is None:
        return None
    selection = {key: value for key, value in entry.items() if key != "statistics"}
    selection["n_events"] = paper.config["statistics"][entry["statistics"]]
    return {
        "settings": selection,
        "detector": detector_numbers(paper.detector),
        "base_seed": paper.config["base_seed"],
    }


def _is_like_normalisation(paper: KaonSearch, channel: str) -> bool:
    """Whether the normalisation channel has the channel's particles, with other charges."""
    known = paper.normalisation(channel)
    selection = paper.channels[known["channel"]]["selections"][known["selection"]]
    states = (paper.channels[channel]["final_state"], selection["final_state"])
    one, other = (sorted(name.rstrip("+-") for name in state) for state in states)
    return one == other


def _identification(paper: KaonSearch, wildcards) -> dict:
    """Anchors of the maps; and of measured ones what is read of their files, where there are any."""
    anchors = paper.varied_settings(wildcards.variation)["identification"]["maps"]
    measured = {
        name: {part: value for part, value in entry.items() if part != "file"}
        for name, entry in paper.measured_maps(wildcards.variation).items()
    }
    return {"maps": anchors, **({"measured": measured} if measured else {})}


def _closure(paper: KaonSearch, wildcards) -> dict:
    """The kinds of probes of identification, and how many decays of each."""
    return {
        "probes": {
            name: {
                **{key: value for key, value in entry.items() if key != "statistics"},
                "n_events": paper.config["statistics"][entry["statistics"]],
            }
            for name, entry in paper.settings["closure"].items()
        },
        "detector": detector_numbers(paper.detector),
        "base_seed": paper.config["base_seed"],
    }


def _sensitivity_inputs(paper: KaonSearch, wildcards) -> dict:
    return {
        "acceptance": paper.channel_file("acceptance", wildcards.channel),
        "calibration": paper.calibration_file(wildcards.channel),
    }


def _plane(paper: KaonSearch, wildcards) -> dict:
    entry = paper.channels[wildcards.channel]
    signal = entry["signal"]
    return {
        "paper": paper.name,
        "channel": wildcards.channel,
        "selection": signal["selection"],
        "region": entry["selections"][signal["selection"]]["regions"][signal["region"]],
    }


STEPS = {
    "map_plane": Step(
        lambda paper, w: {
            "candidates": paper.selected_file(paper.channels[w.channel]["signal"]["sample"]),
            "calibration": paper.calibration_file(w.channel),
            "sensitivity": paper.channel_file("sensitivity", w.channel, ".json"),
        },
        _plane,
    ),
    "recast_search": recast.STEP,
    "map_identification": Step(
        lambda paper, w: {
            name: str(paper.root / entry["file"])
            for name, entry in paper.measured_maps(w.variation).items()
        },
        _identification,
    ),
    "calibrate_acceptance": Step(
        lambda paper, w: {
            "acceptance": paper.channel_file(
                "acceptance", paper.settings["normalisation"][w.normalisation]["channel"]
            ),
        },
        lambda paper, w: {
            "normalisation": paper.normalisation_parameters(w.normalisation),
            "paper_selection": PAPER_SELECTION,
        },
    ),
    "estimate_backgrounds": Step(_background_inputs, _backgrounds),
    "estimate_from_control_samples": Step(_control_sample_inputs, _control_samples),
    "compute_sensitivity": Step(_sensitivity_inputs, _sensitivity),
    "normalise_data": Step(
        lambda paper, w: {
            "counts": paper.data_result("counts"),
            "predicted": paper.channel_file("sensitivity", w.channel, ".json"),
        },
        _sensitivity,
    ),
    "compute_systematics": Step(
        lambda paper, w: {
            **_sensitivity_inputs(paper, w),
            "background": paper.channel_file("background", w.channel),
        },
        _systematics,
    ),
    "validate_simulation": Step(
        lambda paper, w: {
            "acceptance": [paper.channel_file("acceptance", name) for name in paper.channels],
            "losses": [paper.channel_file("losses", name) for name in paper.channels],
            "candidates": [paper.selected_file(*run) for run in _validated_runs(paper)],
        },
        _validation,
    ),
    "close_identification": Step(
        lambda paper, w: {"maps": paper.identification_file(NOMINAL)}, _closure
    ),
}  # fmt: skip
