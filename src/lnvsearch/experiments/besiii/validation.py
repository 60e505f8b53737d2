"""What no calibration touches: the resolution in the mass of the four particles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

__all__ = ["half_width", "validation_rows"]

#: Quantiles of a normal number at plus and minus one standard deviation.
_QUANTILES = (0.1587, 0.8413)


def half_width(values: np.ndarray) -> tuple[float, float]:
    """Half the width of the interval with the central 68.3 % of n values, and its uncertainty.

    The uncertainty is that of normal numbers: the variance of the half difference of two of their
    quantiles (Stuart and Ord, vol. 1, sec. 10.10), the correlation of which is 0.189 and the
    density at each phi(1).
    """
    low, high = np.quantile(values, _QUANTILES)
    width = 0.5 * (high - low)
    density = np.exp(-0.5) / np.sqrt(2.0 * np.pi)
    per_quantile = np.sqrt(_QUANTILES[0] * _QUANTILES[1] / len(values)) / density
    uncertainty = width * per_quantile * np.sqrt((1.0 - _QUANTILES[0] / _QUANTILES[1]) / 2.0)
    return float(width), float(uncertainty)


def validation_rows(
    mass_gev: np.ndarray, signal_window_gev: Sequence[float], *, channel: str
) -> Iterator[dict]:
    """Rows of VALIDATION_COLUMNS: the resolution in mass, and half the signal window over it.

    `mass_gev`: (c,), of candidates that pass all cuts but the window.  Raises ValueError for fewer
    than ten.
    """
    if len(mass_gev) < 10:
        raise ValueError(f"only {len(mass_gev)} events pass; raise statistics.signal")
    resolution, uncertainty = half_width(mass_gev)
    in_resolutions = 0.5 * (signal_window_gev[1] - signal_window_gev[0]) / resolution
    found = f"median {np.median(mass_gev):.6f} GeV, {len(mass_gev)} candidates"
    for quantity, value, sigma, note in (
        ("mass_resolution_mev", 1e3 * resolution, 1e3 * uncertainty, found),
        ("signal_window_half_width_in_resolutions", in_resolutions,
         in_resolutions * uncertainty / resolution, f"resolution {1e3 * resolution:.2f} MeV"),
    ):  # fmt: skip
        yield {
            "quantity": quantity, "channel": channel, "variant": "nominal", "value": value,
            "uncertainty": sigma, "note": note,
        }  # fmt: skip
