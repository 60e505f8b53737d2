"""Decays with a mass of the scan in them."""

from __future__ import annotations

from collections.abc import Mapping

#: Stands in a decay for the mass of the scan.
PLACEHOLDER = "majorana_mass"


def with_mass(decay: Mapping, mass_gev: float | None) -> dict:
    """The decay with the mass of the scan in place of the words `majorana_mass`."""
    result = dict(decay)
    if result.get("mass_gev") == PLACEHOLDER and mass_gev is not None:
        result["mass_gev"] = mass_gev
    result["daughters"] = [
        with_mass(daughter, mass_gev) if isinstance(daughter, Mapping) else daughter
        for daughter in decay["daughters"]
    ]
    return result
