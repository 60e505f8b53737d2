"""How the readings of the mass scan are drawn: the same in every figure against the mass."""

from __future__ import annotations

from lnvsearch.limit_tables import other_reading
from lnvsearch.papers.besiii_2025.readings import ANGLES

__all__ = ["reading_curves"]

_COLOURS = {"nominal": ("blue", "s"), "pair_one_plus_cos2": ("green", "v"),
            "pair_v_minus_a": ("purple", "D")}  # fmt: skip
_MATHEMATICS = {"1 + cos²θ": r"$1+\cos^2\theta$", "V − A": "$V-A$"}


def reading_curves(in_mass_bin: bool) -> list[tuple[str, str | None, str, str, str]]:
    """Variant, legend, colour, marker and line style of every simulated curve.

    The three angles of the pair weigh the same.  Thin and dashed, with one legend for all, is the
    other reading of the bin in mass; dotted the isotropic pair before the calibration.
    """
    end = other_reading(in_mass_bin)
    other = "The same without mass bin" if in_mass_bin else "The same in mass bin"
    curves = []
    for variation, angles in ANGLES.items():
        colour, marker = _COLOURS[variation]
        words = _MATHEMATICS.get(angles, angles)
        curves.append((variation, f"Simulated, {words}", colour, marker, "-"))
    for variation in ANGLES:
        legend = other if variation == "nominal" else None
        curves.append((f"{variation}{end}", legend, _COLOURS[variation][0], "", "--"))
    return [*curves, ("uncalibrated", "Isotropic, uncalibrated", "grey", "", ":")]
