"""Which of the BESIII paper's numbers are entered, which are computed, and which are neither."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.publication.comparison import comparison_row, row_key
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers

__all__ = ["remaining_rows"]

Row = dict[str, Any]

# Why a printed number has no simulated counterpart.
_NOT_SIMULATED = {
    "baryon_asymmetry_low": "cosmological motivation, not part of the analysis",
    "baryon_asymmetry_high": "cosmological motivation, not part of the analysis",
    "collider_energy_low_gev": "range of the collider; only the J/psi energy is simulated",
    "collider_energy_high_gev": "range of the collider; only the J/psi energy is simulated",
    "collider_peak_luminosity_per_cm2_s": "luminosity enters through the number of J/psi only",
    "collider_peak_luminosity_energy_gev": "luminosity enters through the number of J/psi only",
    "solid_angle_percent": "follows from the cut on cos(theta), which is entered",
    "magnetic_field_2012_t": "one field is simulated for all years",
    "continuum_energy_1_gev": "no off-resonance data outside the collaboration",
    "continuum_energy_2_gev": "no off-resonance data outside the collaboration",
    "continuum_energy_3_gev": "no off-resonance data outside the collaboration",
    "continuum_background_events": "no off-resonance data outside the collaboration",
    "mass_scan_excluded_1_gev": "not a mass hypothesis of the paper's scan",
    "mass_scan_excluded_2_gev": "not a mass hypothesis of the paper's scan",
    "mass_scan_excluded_3_gev": "not a mass hypothesis of the paper's scan",
    "mass_scan_excluded_masses": "not mass hypotheses of the paper's scan",
}
# Numbers that this project computes, or could: they are not entered as published.
_COMPUTED = (
    "upper_limit_branching_fraction",
    "upper_limit_signal_events",
    "upper_limit_range_low",
    "upper_limit_range_high",
    "efficiency_percent",
    "background_events",
    "inclusive_background_events",
    "mass_scan_highest_in_text_gev",
    "n_generated_phase_space",
    "signal_window_half_width_in_resolutions",
)


def remaining_rows(
    published: PublishedNumbers, settings: Mapping[str, float], rows: list[Row]
) -> list[Row]:
    """Give every number without a row of its own one that says what became of it.

    `rows` are the rows made already.  Published inputs get an external row even where a simulated
    one stands beside them; `settings` maps an input to the value that the run used.  Raises
    ValueError if it names something that the paper does not print.
    """
    unknown = [name for name in settings if published.find(name) is None]
    if unknown:
        raise ValueError(f"settings names quantities that the paper does not print: {unknown}")
    covered = {row_key(row) for row in rows}
    external = {row_key(row) for row in rows if row["kind"] == "external"}
    remaining = []
    for number in published:
        key = number.key
        if number.quantity in _NOT_SIMULATED and key not in covered:
            reason = _NOT_SIMULATED[number.quantity]
            remaining.append(comparison_row(number, "not_simulated", "nominal", note=reason))
        elif _is_input(number) and key not in external:
            remaining.append(_external_row(number, settings.get(number.quantity)))
        elif key not in covered:
            note = "not computed in this run"
            remaining.append(comparison_row(number, "not_simulated", "nominal", note=note))
    return remaining


def _is_input(number: PublishedNumber) -> bool:
    """Tell whether the analysis enters this number as published."""
    if number.quantity in _NOT_SIMULATED:
        return False
    if number.mass_gev is not None:
        return number.quantity in ("observed_events", "background_events")
    if number.quantity.startswith("systematic_"):
        # Table 1: what the run entered as external says its own table of systematics.
        return False
    return number.quantity not in _COMPUTED


def _external_row(number: PublishedNumber, used: float | None) -> Row:
    note = "entered as published"
    value = number.value
    if used is not None:
        value = used
        same = number.value is not None and math.isclose(used, number.value, rel_tol=1e-9)
        note = "as used in this run" if same else "this run used another value than the paper"
    return comparison_row(number, "external", "nominal", value, source="published", note=note)
