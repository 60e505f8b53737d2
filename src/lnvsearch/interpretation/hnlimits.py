"""Limits on |U|^2 in the form of the collection HNLimits, and its files as public limits to compare with.

Two columns, mass and |U|^2, separated by a blank, with lines of comment before (E. Fernandez-Martinez et
al., JHEP 09 (2023) 001; github.com/mhostert/Heavy-Neutrino-Limits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["hnlimits_text"]


def hnlimits_text(rows: Sequence[Mapping[str, Any]], source: str) -> str:
    """The text of a file, from rows of MIXING_COLUMNS of one mixing; masses without a limit are left out.

    Raises ValueError where no mass has one: an empty file would read as no constraint looked for.
    """
    limited = [row for row in rows if row["mixing_limit"] is not None]
    if not limited:
        raise ValueError("no mass has a limit on |U|^2 below 1: there is nothing to export")
    first = limited[0]
    flavour, shares = {
        "e": ("|U_e|^2", "1:0:0"), "mu": ("|U_mu|^2", "0:1:0"), "tau": ("|U_tau|^2", "0:0:1"),
    }.get(first["mixing"], ("|U|^2, the sum", first["mixing"]))  # fmt: skip
    lines = [
        f"# mN [MeV]   upper limit at 90% CL on {flavour}",
        f"# mixing |U_e|^2:|U_mu|^2:|U_tau|^2 = {shares}; Majorana N; its lifetime follows from |U|^2",
        f"# {first['searches']}, recast with simulated acceptance by lnvsearch ({first['chirality']}, {first['method']})",
        f"# inputs: {source}",
    ]
    if any(row["mixing_upper_end"] < 1.0 for row in limited):
        lines.append("# third column: upper end of what is excluded, where the lifetime cuts off")
    two_valued = len(lines) == 5
    for row in limited:
        cells = [f"{1e3 * row['mass_gev']:.6g}", f"{row['mixing_limit']:.4e}"]
        lines.append(" ".join(cells + ([f"{row['mixing_upper_end']:.4e}"] if two_valued else [])))
    return "\n".join(lines) + "\n"
