"""Of the settings of a search, what one job needs and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

#: Sections of the detector that a selection asks.
SELECTION_SECTIONS = (
    "beam", "spectrometer", "rich", "pad_hodoscope", "slab_hodoscope", "lkr", "lav", "muv",
)  # fmt: skip


def detector_numbers(detector: Mapping, sections: Sequence[str] | None = None) -> dict[str, dict]:
    """Section -> key -> number of a detector's file, of some sections or all."""
    return {
        name: {key: leaf["value"] for key, leaf in section.items()}
        for name, section in detector.items()
        if isinstance(section, Mapping) and (sections is None or name in sections)
    }


def selection_values(sample: Mapping, settings: Mapping, detector: Mapping) -> dict[str, dict]:
    """The selections that a sample goes through, with the trigger's chains and detector they use."""
    selections = {
        channel: {
            name: selection
            for name, selection in settings["channels"][channel]["selections"].items()
            if name in sample.get("selections", [name])
        }
        for channel in sample["channels"]
    }
    used = {
        chain
        for named in selections.values()
        for selection in named.values()
        for chain in selection["trigger"]
    }
    trigger = settings["trigger"]
    chains = {name: chain for name, chain in trigger["chains"].items() if name in used}
    return {
        "selections": selections,
        "detector": detector_numbers(detector, SELECTION_SECTIONS),
        "trigger": {**trigger, "chains": chains},
    }


def sample_values(samples: Mapping[str, Mapping], names: Iterable[str]) -> dict[str, dict]:
    """What turns acceptances of samples into expected events."""
    keys = ("mode", "role", "label")
    return {name: {k: samples[name][k] for k in keys if k in samples[name]} for name in names}
