"""The paper's tables: published numbers and this project's side by side.

`table1` and `table2` give tables whose cells are the text to print, rounded already, so that the
CSV, LaTeX and Markdown files written from them show the same content.  Units: efficiencies and
systematic uncertainties in percent, as in the paper; limits as branching fractions; masses in GeV.
A published number keeps the digits that the paper prints; a cell is empty where the published one
is not legible, or where a number was not computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnvsearch.limit_tables import other_reading
from lnvsearch.papers.besiii_2025.readings import percent_at
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import pdg_round_pair, round_significant
from lnvsearch.tables import Table, find_rows, same_mass, table_rows, text_table

__all__ = ["TABLE1_COLUMNS", "TABLE2_COLUMNS", "table1", "table2"]

TABLE1_COLUMNS = (
    "source",
    "kind",
    "variation",
    "published_percent",
    "this_work_percent",
    "statistical_uncertainty_percent",
    "in_total",
    "note",
)
TABLE2_COLUMNS = (
    "mass_gev",
    "efficiency_published",
    "efficiency_simulated",
    "efficiency_simulated_uncertainty",
    "observed",
    "background",
    "systematic_published",
    "systematic_simulated",
    "limit_published",
    "limit_derived",
    "limit_simulated",
    "efficiency_one_plus_cos2",
    "efficiency_one_plus_cos2_uncertainty",
    "limit_one_plus_cos2",
    "efficiency_v_minus_a",
    "efficiency_v_minus_a_uncertainty",
    "limit_v_minus_a",
    "efficiency_{other_reading}",
    "efficiency_{other_reading}_uncertainty",
    "limit_{other_reading}",
    "efficiency_uncalibrated",
    "efficiency_uncalibrated_uncertainty",
    "limit_uncalibrated",
    "inputs",
)

# The sources in the order of the paper's Table 1; further ones follow before the total.
_TABLE1_SOURCES = (
    "n_jpsi",
    "mdc_tracking",
    "pid",
    "kinematic_fit",
    "signal_region",
    "mc_statistics",
    "mc_modeling",
)
# One digit more than the paper's, so that rounding never decides a comparison.
_LIMIT_DIGITS = 4


def table1(systematics: Table, published: PublishedNumbers) -> dict[str, list[str]]:
    """Return the systematic uncertainties on the overall limit, relative, in percent.

    `systematics` has the columns `source, kind, variation, relative_uncertainty_percent,
    statistical_uncertainty_percent, published_percent, in_total, note`.  Rows come in the paper's
    order of sources, then those that the paper has not, then the total; within a source in the
    order given.  A source of the paper without any row gets one with an empty cell.
    """
    rows = table_rows(systematics)
    given = list(dict.fromkeys(row["source"] for row in rows))
    further = [name for name in given if name not in (*_TABLE1_SOURCES, "total")]
    printed: list[dict[str, str]] = []
    for source in (*_TABLE1_SOURCES, *further, "total"):
        number = published.find(f"systematic_{source}_percent")
        digits = number.digits if number is not None and number.legible else ""
        of_source = [row for row in rows if row["source"] == source]
        printed += [_table1_row(row, digits) for row in of_source]
        if not of_source:
            printed.append(
                {"source": source, "published_percent": digits, "note": "not in this run"}
            )
    return text_table(printed, TABLE1_COLUMNS)


def table2(
    published: PublishedNumbers,
    efficiencies: Table,
    systematics_by_mass: Table,
    scan: Table,
    *,
    in_mass_bin: bool = True,
    inputs: str = "published",
) -> dict[str, list[str]]:
    """Return efficiencies, counts, uncertainties and limits for every mass hypothesis.

    `efficiencies` (fractions), `systematics_by_mass` (percent) and `scan` (branching fractions)
    have the columns of the result files of these names.  Efficiencies are those of the model
    `two_majorana`, with `in_mass_bin` those of events inside the 25 MeV bin of m(Ke).  `simulated`
    is the isotropic pair in the calibrated detector; the other angles, the same without calibration
    (`uncalibrated`) and with the other reading of the bin (`without_mass_bin`, or `in_mass_bin`)
    have columns of their own.  Limits are those of Rolke's method.  One row a mass: all that the
    paper lists, and all others in the scan.  `inputs` says whether the paper's numbers that entered
    are the published ones.
    """
    masses = list(published.masses_gev())
    masses += [m for m in scan["mass_gev"] if m is not None and not _contains(masses, m)]
    rows = [
        _table2_row(mass, published, efficiencies, systematics_by_mass, scan, in_mass_bin)
        | {"inputs": inputs}
        for mass in sorted(_distinct(masses))
    ]
    other = other_reading(in_mass_bin).removeprefix("_")
    return text_table(rows, [name.format(other_reading=other) for name in TABLE2_COLUMNS])


def _table1_row(row: Mapping[str, Any], published_digits: str) -> dict[str, str]:
    value, statistical = row["relative_uncertainty_percent"], row["statistical_uncertainty_percent"]
    value_text, statistical_text = "", ""
    if value is not None:
        if statistical:
            value_text, statistical_text = pdg_round_pair(value, statistical)
        elif published_digits and row["kind"] == "external" and value == float(published_digits):
            value_text = published_digits
        else:
            value_text = f"{value:.2f}"
    return {
        "source": row["source"],
        "kind": row["kind"],
        "variation": row["variation"],
        "published_percent": published_digits,
        "this_work_percent": value_text,
        "statistical_uncertainty_percent": statistical_text,
        "in_total": row["in_total"],
        "note": row["note"],
    }


def _table2_row(
    mass_gev: float,
    published: PublishedNumbers,
    efficiencies: Table,
    systematics_by_mass: Table,
    scan: Table,
    in_mass_bin: bool,
) -> dict[str, str]:
    def printed_digits(quantity: str) -> str:
        number = published.find(quantity, mass_gev)
        return number.digits if number is not None and number.legible else ""

    def limit_row(kind: str, variant: str) -> Mapping[str, Any]:
        found = find_rows(scan, mass_gev=mass_gev, kind=kind, variant=variant, method="rolke")
        return found[0] if found else {}

    def simulated_cells(name: str, variation: str, reading: bool) -> dict[str, str]:
        pair = percent_at(efficiencies, variation, mass_gev, reading)
        value, uncertainty = ("", "") if pair is None else pdg_round_pair(*pair)
        variant = variation if reading == in_mass_bin else f"{variation}{other}"
        return {
            f"efficiency_{name}": value,
            f"efficiency_{name}_uncertainty": uncertainty,
            f"limit_{name}": _limit(limit_row("simulated", variant)),
        }

    other = other_reading(in_mass_bin)
    simulated = limit_row("simulated", "nominal")
    derived = limit_row("derived", "nominal")
    systematics = find_rows(systematics_by_mass, mass_gev=mass_gev)
    total = systematics[0]["total_percent"] if systematics else None
    inputs = simulated or derived
    return {
        "mass_gev": f"{mass_gev:.3f}",
        "efficiency_published": printed_digits("efficiency_percent"),
        "observed": _short(inputs.get("observed")),
        "background": _short(inputs.get("background")),
        "systematic_published": printed_digits("systematic_total_percent"),
        "systematic_simulated": "" if total is None else f"{total:.1f}",
        "limit_published": _limit_digits(printed_digits("upper_limit_branching_fraction")),
        "limit_derived": _limit(derived),
        **simulated_cells("simulated", "nominal", in_mass_bin),
        **simulated_cells("one_plus_cos2", "pair_one_plus_cos2", in_mass_bin),
        **simulated_cells("v_minus_a", "pair_v_minus_a", in_mass_bin),
        **simulated_cells(other.removeprefix("_"), "nominal", not in_mass_bin),
        **simulated_cells("uncalibrated", "uncalibrated", in_mass_bin),
    }


def _limit(row: Mapping[str, Any]) -> str:
    value = row.get("upper_branching_fraction")
    return "" if value is None else round_significant(value, _LIMIT_DIGITS)


def _limit_digits(digits: str) -> str:
    # "0.92e-9" is how the paper prints it; one digit before the point is the same number.
    mantissa, _, exponent = digits.partition("e")
    if not exponent or float(mantissa) >= 1:
        return digits
    decimals = len(mantissa.partition(".")[2])
    return round_significant(float(digits), decimals)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _contains(masses: list[float], mass: float) -> bool:
    return any(same_mass(mass, other) for other in masses)


def _distinct(masses: list[float]) -> list[float]:
    distinct: list[float] = []
    for mass in masses:
        if not _contains(distinct, mass):
            distinct.append(mass)
    return distinct
