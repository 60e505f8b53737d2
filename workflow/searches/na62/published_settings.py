"""Where this run's values of the published inputs of a kaon search stand: for the comparison."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch

#: Published quantity -> (selection, cut, parameter, factor to the published unit).
_CUTS = {
    "track_momentum_minimum_gev": ("lnv", "track_momentum", "minimum_gev", 1.0),
    "track_momentum_maximum_gev": ("lnv", "track_momentum", "maximum_gev", 1.0),
    "total_momentum_deviation_maximum_gev": ("lnv", "total_momentum", "deviation_maximum_gev", 1.0),
    "transverse_momentum_maximum_mev": ("lnv", "transverse_momentum", "maximum_gev", 1e3),
    "track_distance_straw_minimum_mm": ("lnv", "track_separation", "minimum_m", 1e3),
    "track_distance_lkr_minimum_mm": ("lnv", "lkr_separation", "minimum_m", 1e3),
    "rich_angle_minimum_mrad": ("lnv", "rich_angle", "minimum_rad", 1e3),
    "ee_mass_minimum_mev": ("sm", "dilepton_mass", "minimum_gev", 1e3),
    "photon_energy_minimum_gev": ("lnv", "photons", "energy_minimum_gev", 1.0),
    "photon_distance_minimum_mm": ("lnv", "photons", "separation_minimum_m", 1e3),
    "vertex_z_difference_maximum_m": ("lnv", "neutral_vertex", "distance_maximum_m", 1.0),
    "control_missing_momentum_minimum_gev": (
        "lnv_missing_momentum", "missing_momentum", "minimum_gev", 1.0,
    ),
}
#: Published quantity -> (selection, region, which end: 0 or -1 of its windows).
_REGIONS = {
    "normalisation_region_low_mev": ("sm", "normalisation", 0),
    "normalisation_region_high_mev": ("sm", "normalisation", -1),
    "signal_region_low_mev": ("lnv", "signal", 0),
    "signal_region_high_mev": ("lnv", "signal", -1),
    "masked_region_low_mev": ("lnv", "masked", 0),
    "masked_region_high_mev": ("lnv", "masked", -1),
    "upper_region_high_mev": ("lnv", "upper", -1),
    "control_region_low_mev": ("lnv", "control", 0),
    "control_region_high_mev": ("lnv", "control", -1),
}
#: Published quantity -> (chain of the trigger, key) or the part whose inefficiency it is.
_CHAINS = {
    "trigger_downscaling_multitrack": ("multi_track", "downscaling"),
    "l0_lkr_energy_minimum_gev": ("di_electron", "lkr_energy_minimum_gev"),
    "l0_muv3_tiles_minimum": ("di_muon", "muv3_tiles_minimum"),
}
_INEFFICIENCIES = {
    "trigger_inefficiency_chod_percent": ("chod", 100.0),
    "trigger_inefficiency_straw_percent": ("straw", 100.0),
    "trigger_inefficiency_other": ("lkr", 1.0),
}
#: Published quantity -> (map of identification, anchor, factor): the anchors that are printed.
_MAPS = {
    "pion_efficiency_minimum_percent": ("efficiency_pion", 0, 100.0),
    "pion_efficiency_maximum_percent": ("efficiency_pion", -1, 100.0),
    "pi_minus_to_e_minus_probability_minimum_percent": ("pion_to_electron_lkr_negative", -1, 100.0),
    "pi_minus_to_e_minus_probability_maximum_percent": ("pion_to_electron_lkr_negative", 0, 100.0),
    "electron_efficiency_minimum_percent": ("efficiency_electron_lkr", 0, 100.0),
    "electron_efficiency_maximum_percent": ("efficiency_electron_lkr", -1, 100.0),
    "electron_to_pion_probability_minimum_percent": ("electron_to_pion", -1, 100.0),
    "electron_to_pion_probability_maximum_percent": ("electron_to_pion", 0, 100.0),
    "muv3_inefficiency_percent": ("muon_to_pion", 0, 100.0),
    "pion_to_muon_probability_low_momentum_percent": ("pion_to_muon", 0, 100.0),
    "pion_to_muon_probability_high_momentum_percent": ("pion_to_muon", -1, 100.0),
}


def published_settings(paper: KaonSearch) -> dict[str, float]:
    """Values of this run, by "<quantity>/<channel>", for numbers that the paper prints as inputs."""
    values = {}
    for quantity, channel in _printed(paper):
        value = _value(paper, quantity, channel)
        if value is not None:
            values[f"{quantity}/{channel}"] = value
    return values


def _printed(paper: KaonSearch) -> list[tuple[str, str]]:
    with open(paper.published_file(), newline="", encoding="utf-8") as stream:
        return [(row["quantity"], row["channel"]) for row in csv.DictReader(stream)]


def _value(paper: KaonSearch, quantity: str, channel: str) -> float | None:
    trigger, maps = paper.settings["trigger"], paper.settings["identification"]["maps"]
    if quantity == "confidence_level_percent":
        return 100.0 * paper.config["confidence_level"]
    if quantity in _CHAINS:
        chain, key = _CHAINS[quantity]
        return trigger["chains"].get(chain, {}).get(key)
    if quantity == "trigger_downscaling":
        name = "di_muon" if channel == "pimumu" else "di_electron"
        return trigger["chains"].get(name, {}).get("downscaling")
    if quantity in _INEFFICIENCIES:
        part, factor = _INEFFICIENCIES[quantity]
        return factor * trigger["inefficiency"][part]
    if quantity in _MAPS:
        name, anchor, factor = _MAPS[quantity]
        return float(f"{factor * maps[name]['probability'][anchor]:.12g}")
    # What is printed for all channels holds in the first.
    selections = paper.channels[next(iter(paper.channels)) if channel == "all" else channel]
    selections = selections["selections"]
    if quantity in _CUTS:
        name, cut, parameter, factor = _CUTS[quantity]
        value = _parameter(selections.get(name, {}), cut, parameter)
        return None if value is None else float(f"{factor * value:.12g}")
    if quantity == "vertex_charge":
        return selections["lnv"]["charge"]
    if quantity == "vertex_tracks":
        return sum(name != "pi0" for name in selections["lnv"]["final_state"])
    if quantity == "electrons":
        return sum(name in ("e+", "e-") for name in selections["lnv"]["final_state"])
    if quantity in _REGIONS:
        name, region, end = _REGIONS[quantity]
        windows = selections.get(name, {}).get("regions", {}).get(region)
        return None if windows is None else float(f"{1e3 * windows[end][end]:.12g}")
    return None


def _parameter(selection: Mapping, cut: str, parameter: str) -> float | None:
    for entry in selection.get("cuts", ()):
        if entry["cut"] == cut:
            return entry[parameter]
    return None
