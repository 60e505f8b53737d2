"""The detector's settings by the names of the numbers that the NA62 papers print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.publication.published import PublishedNumbers

__all__ = ["detector_settings"]

# Quantity, section and key of the detector's settings, factor to the printed unit.
_LEAVES = (
    ("beam_momentum_gev", "beam", "momentum_gev", 1.0),
    ("beam_momentum_spread_percent", "beam", "momentum_spread", 100.0),
    ("beam_divergence_mrad", "beam", "divergence_rad", 1e3),
    ("ktag_length_m", "upstream", "ktag_length_m", 1.0),
    ("trim5_kick_mev", "upstream", "trim5_kick_gev", 1e3),
    ("collimator_thickness_m", "upstream", "collimator_length_m", 1.0),
    ("collimator_aperture_x_mm", "upstream", "collimator_half_aperture_x_m", 2e3),
    ("collimator_aperture_y_mm", "upstream", "collimator_half_aperture_y_m", 2e3),
    ("collimator_outer_x_m", "upstream", "collimator_half_width_x_m", 2.0),
    ("collimator_outer_y_m", "upstream", "collimator_half_width_y_m", 2.0),
    ("early_collimator_size_m", "upstream", "early_collimator_half_width_m", 2.0),
    ("mnp33_kick_mev", "spectrometer", "magnet_kick_gev", 1e3),
    ("rich_length_m", "rich", "length_m", 1.0),
    ("lkr_resolution_stochastic_percent", "lkr", "stochastic_term", 100.0),
    ("lkr_resolution_noise_percent", "lkr", "noise_term_gev", 100.0),
    ("lkr_resolution_constant_percent", "lkr", "constant_term", 100.0),
)


def detector_settings(
    detector: Mapping[str, Any], published: PublishedNumbers
) -> dict[tuple[str, str], float]:
    """Return {(quantity, channel): value} of the printed numbers that the detector's file enters.

    `detector` is the content of that file, leaves with or without their provenance.  Values are in
    the printed unit.  Numbers that the paper does not print, and settings that the file does not
    have, are left out.
    """

    def leaf(section: str, key: str) -> Any:
        value = (detector.get(section) or {}).get(key)
        return value["value"] if isinstance(value, Mapping) else value

    found: dict[tuple[str, str], float] = {}

    def enter(quantity: str, channel: str, value: float | None) -> None:
        if value is not None and published.find(quantity, channel=channel) is not None:
            # Twelve digits: 0.3 times 100 is not 30 in binary.
            found[quantity, channel] = float(f"{value:.12g}")

    for quantity, section, key, factor in _LEAVES:
        value = leaf(section, key)
        enter(quantity, "all", None if value is None else factor * value)
    for quantity, section, key in (
        ("lav_stations", "lav", "front_z_m"), ("straw_chambers", "spectrometer", "chamber_z_m"),
    ):
        values = leaf(section, key)
        enter(quantity, "all", None if values is None else len(values))
    begin, end = (leaf("fiducial_volume", f"{name}_z_m") for name in ("begin", "end"))
    gtk3 = leaf("upstream", "gtk3_z_m")
    if begin is not None and end is not None:
        enter("fiducial_volume_length_m", "all", end - begin)
    if begin is not None and gtk3 is not None:
        enter("fiducial_volume_start_after_gtk3_m", "all", begin - gtk3)
    efficiency = leaf("muv", "efficiency")
    if efficiency is not None:
        enter("muv3_inefficiency_percent", "pimumu", 100.0 * (1.0 - efficiency))
    magnet, chambers = leaf("spectrometer", "magnet_z_m"), leaf("spectrometer", "chamber_z_m")
    if magnet is not None and chambers is not None:
        # Rounded as printed, to whole metres: the position of the magnet is that of its middle.
        enter("magnet_to_third_chamber_m", "pimumu", math.floor(chambers[2] - magnet + 0.5))
    return found
