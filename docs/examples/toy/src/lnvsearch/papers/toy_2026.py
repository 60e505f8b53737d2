"""The toy's paper, J/psi -> e+ mu-: its table and its comparison."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lnvsearch.publication.comparison import comparison_row, comparison_table
from lnvsearch.publication.contents import Content
from lnvsearch.publication.disagreements import Explanations
from lnvsearch.publication.entered import entered_of, remaining_rows
from lnvsearch.publication.figures import COVERAGE_MAP
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.summary import Summary, comparison_summary
from lnvsearch.tables import find_rows, text_table

_SIMULATED = ("published", "acceptance/emu", "limits/emu")

TABLES = {"limit": Content(f"{__name__}.limit", _SIMULATED)}
FIGURES = {"coverage_map": COVERAGE_MAP}
COMPARISON = Content(
    f"{__name__}.compare", _SIMULATED, ("entered", "title"),
    compares=("efficiency_percent", "upper_limit_branching_fraction"),
)  # fmt: skip
HEADINGS = {"quantity": "Quantity", "published": "Published", "value": "Simulated"}


def simulated_rows(
    published: PublishedNumbers, acceptance: Mapping, limits: Sequence[Mapping]
) -> Iterator[dict]:
    """What this project simulates of what the paper prints: efficiency and upper limit."""
    (row,) = find_rows(acceptance, sample="signal", variation="nominal")
    number = published.find("efficiency_percent")
    values = [100.0 * row[name] for name in ("acceptance", "acceptance_uncertainty")]
    yield comparison_row(number, "simulated", "nominal", *values)
    (record,) = (r for r in limits if r["kind"] == "simulated" and r["is_paper_method"])
    number = published.find("upper_limit_branching_fraction")
    yield comparison_row(number, "simulated", "nominal", record["upper_branching_fraction"])


def limit(**results: Mapping) -> dict[str, list]:
    """Return the table of efficiency and limit, published and simulated side by side."""
    rows = [
        {**row, "value": round_significant(row["value"], 3)} for row in simulated_rows(**results)
    ]
    return text_table(rows, ("quantity", "published", "value"))


def compare(
    entered: Iterable[Sequence], title: str, **results: Mapping
) -> tuple[dict[str, list], Summary]:
    """Return every number of the paper against this project's, and the summary."""
    published, rows = results["published"], list(simulated_rows(**results))
    rows += remaining_rows(published, entered_of(entered), (), rows)
    table = comparison_table(rows, published)
    return table, comparison_summary(
        table, published, title=title, introduction="An invented experiment.",
        sigmas="σ value is the statistical uncertainty of the simulation.",
        not_tests="and values that a note calls no test",
        groups={"efficiency": "efficiency", "upper_limit": "limit"},
        explanations=Explanations(reasons=(), inconsistencies=()),
    )  # fmt: skip
