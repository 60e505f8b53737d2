"""Where this run's values of the published inputs stand: for the comparison with the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch

#: Published quantity -> (cut, parameter) of the search's selection.
_CUTS = {
    "cos_theta_maximum": ("polar_angle", "absolute_cos_theta_maximum"),
    "vertex_rxy_maximum_cm": ("impact_parameter", "r_xy_maximum_cm"),
    "vertex_rz_maximum_cm": ("impact_parameter", "r_z_maximum_cm"),
    "charged_tracks_minimum": ("charged_tracks", "minimum"),
    "net_charge": ("charged_tracks", "net_charge"),
    "electron_cl_minimum": ("electron_identification", "confidence_level_minimum"),
    "electron_cl_ratio_minimum": ("electron_identification", "confidence_level_ratio_minimum"),
    "electron_ep_minimum": ("energy_over_momentum", "electron_minimum"),
    "electron_ep_maximum": ("energy_over_momentum", "electron_maximum"),
    "kaon_ep_maximum": ("energy_over_momentum", "kaon_maximum"),
    "kaon_cl_minimum": ("kaon_identification", "confidence_level_minimum"),
    "chi_square_4c_maximum": ("chi_square", "maximum"),
    "signal_window_low_gev": ("signal_window", "mass_minimum_gev"),
    "signal_window_high_gev": ("signal_window", "mass_maximum_gev"),
}
#: Published quantity -> (section, key, factor) of the detector's file.
_DETECTOR = {
    "magnetic_field_t": ("beam", "magnetic_field_t", 1.0),
    "dedx_resolution_percent": ("dedx", "resolution", 100.0),
    "emc_resolution_barrel_percent": ("emc", "barrel_resolution", 100.0),
    "emc_resolution_endcap_percent": ("emc", "end_cap_resolution", 100.0),
    "tof_resolution_barrel_ps": ("tof", "barrel_resolution_ns", 1000.0),
    "tof_resolution_endcap_before_upgrade_ps": ("tof", "end_cap_resolution_ns", 1000.0),
    "tof_resolution_endcap_after_upgrade_ps": ("tof", "upgraded_end_cap_resolution_ns", 1000.0),
    "fraction_with_upgraded_tof_percent": ("tof", "upgraded_fraction", 100.0),
}


def published_settings(paper: ColliderSearch) -> dict[str, float]:
    """The values that this run uses for quantities that the paper prints as inputs."""
    cuts = {cut["cut"]: cut for cut in paper.settings["selection"]}
    values = {
        quantity: cuts[cut][parameter]
        for quantity, (cut, parameter) in _CUTS.items()
        if cut in cuts
    }
    values |= {
        quantity: factor * paper.detector[section][key]["value"]
        for quantity, (section, key, factor) in _DETECTOR.items()
    }
    values["n_jpsi"] = paper.settings["parent"]["number"]
    values["confidence_level_percent"] = 100.0 * paper.config["confidence_level"]
    return values
