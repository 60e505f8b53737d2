"""Tables, figures and comparison of any search at BESIII without a module of its own.

Names are those of a search's file, under `tables` and `figures`.
"""

from lnvsearch.publication import assumptions
from lnvsearch.publication.contents import Content
from lnvsearch.publication.figures import COVERAGE_MAP

__all__ = ["COMPARISON", "FIGURES", "HEADINGS", "TABLES"]

_TABLES = f"{__name__}.tables"

TABLES = {
    "sensitivity": Content(f"{_TABLES}.sensitivity", ("limits",), ("bounded",), short=(
        "channel", "efficiency_percent", "background_events", "observed_events", "upper_limit",
        "expected_limit",
    )),
    "assumptions": Content(
        f"{_TABLES}.assumptions", ("efficiencies", "limits"), ("assumptions",),
        short=assumptions.SHORT,
    ),
}  # fmt: skip

FIGURES = {"coverage_map": COVERAGE_MAP}

COMPARISON = Content(
    f"{__name__}.comparison.compare", ("published",), ("entered", "title")
)

HEADINGS = {
    **assumptions.HEADINGS,
    "channel": "Channel",
    "prior": "Prior",
    "n_parents": "Decays of the parent",
    "efficiency_percent": "Efficiency (%)",
    "efficiency_uncertainty_percent": "± (relative, %)",
    "background_events": "Expected background",
    "background_uncertainty": "±",
    "observed_events": "Observed",
    "upper_limit": "Upper limit on B",
    "expected_limit": "Expected limit (median)",
    "expected_from": "68 % from",
    "expected_to": "to",
}
