"""What another branching fraction of the normalisation decay makes of a limit, whatever its name."""

import pytest

from lnvsearch.experiments.na62.publication.tables.branching_fractions import branching_fractions
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import table_rows

PDG = {"pdg_identifier": ["S010.15"], "decay": ["K+ --> pi+ e+ e-"], "branching_fraction": [3.3e-7],
       "uncertainty": [0.1e-7], "edition": ["2024"]}  # fmt: skip
OTHERS = {name: [] for name in ("pdg_identifier", "branching_fraction", "uncertainty", "source")}
#: No event, no uncertainty: the limit in events is ln 10 whatever the background.
RECORD = {
    "kind": "simulated", "variant": "nominal", "is_paper_method": True, "method": "cls",
    "prior": "posterior-gamma",
    "observed": 0, "background": 0.5, "background_uncertainty": 0.0, "efficiency": 1.0,
    "efficiency_uncertainty": 0.0, "confidence_level": 0.9,
}  # fmt: skip


def background(sample):
    row = {"sample": sample, "role": "normalisation", "variation": "nominal", "selection": "lnv",
           "region": "signal", "expected_events": 0.2, "statistical_uncertainty": 0.1,
           "systematic_uncertainty": 0.0, "effective_events": 4.0}  # fmt: skip
    return {name: [cell] for name, cell in row.items()}


@pytest.mark.parametrize(("channel", "sample"), [("piee", "norm_piee"), ("any", "norm_other")])
def test_the_limit_is_proportional_to_the_normalisation(channel, sample):
    """3.3 for 3.0 (1e-7): the limit grows by 10 %, backgrounds but its own fall by as much."""
    printed = PublishedNumbers([PublishedNumber(
        "normalisation_branching_fraction", channel, None, "3.0e-7", 3.0e-7, 0.1e-7, 1e-8, "1", "high",
        "", "", "",
    )])  # fmt: skip
    counted = {"normalisation_channel": channel, "normalisation_sample": sample,
               "normalisation_mode": "pi_ee_sm"}  # fmt: skip
    table = branching_fractions(
        printed, PDG, OTHERS, {"signal": background(sample)}, {"signal": [RECORD]}, {"signal": counted}
    )
    (row,) = table_rows(table)
    assert row["used_source"] == "the paper" and row["limit_change_percent"] == "+10.00"
    assert float(row["background_with_other"]) == pytest.approx(0.2 + 0.3 / 1.1, abs=5e-4)
