"""Of the settings of a search, what one job needs and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def differences(settings: Mapping, other: Mapping) -> dict:
    """What of other nested settings is not the same in `settings`."""
    return {
        key: differences(settings.get(key, {}), new) if isinstance(new, Mapping) else new
        for key, new in other.items()
        if new != settings.get(key)
    }
