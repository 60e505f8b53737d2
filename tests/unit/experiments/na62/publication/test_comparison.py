"""The two NA62 papers: every number covered, what is derived right, inputs that do not drift."""

from pathlib import Path

import invented_na62 as invented
import pytest

from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.published import PublishedNumbers, read_published
from lnvsearch.publication.agreement import agreement
from lnvsearch.tables import table_rows

ROOT = Path(__file__).parents[5]
CHANNELS = {"na62_2019": ("piee", "pimumu"), "na62_2022": ("piee", "pipi0ee")}
PAPERS = tuple(CHANNELS)
PRIORS = (
    "posterior-gamma", "none", "lognormal", "lognormal-mean", "truncated-gaussian", "gamma",
)  # fmt: skip


def read(paper):
    return read_published(ROOT / "resources" / "published" / paper / "numbers.csv")


def cls_records(published, channel):
    """What the workflow writes for the paper's own method with the printed sensitivity."""
    from lnvsearch.statistics import CountingExperiment, GaussianBackground, GaussianEfficiency, cls

    def value(quantity):
        return published.value(quantity, channel=channel)

    single = value("single_event_sensitivity")
    experiment = CountingExperiment(
        observed=value("observed_events"),
        background=GaussianBackground(
            value("background_events"), value("background_events_uncertainty")
        ),
        efficiency=GaussianEfficiency(1.0, value("single_event_sensitivity_uncertainty") / single),
    )
    return [
        {
            "kind": "derived",
            "variant": "printed_sensitivity",
            "method": "cls",
            "prior": prior,
            "is_paper_method": True,
            "upper_branching_fraction": single
            * float(cls.upper_limit(experiment, 0.90, prior=prior)),
        }
        for prior in PRIORS
    ]


@pytest.fixture(scope="module")
def na62():
    """{paper: (published, results, rows of the comparison)}"""
    published = {paper: read(paper) for paper in PAPERS}
    made = {}
    for paper, other in (PAPERS, PAPERS[::-1]):
        results = {
            "limits": {name: cls_records(published[paper], name) for name in CHANNELS[paper]},
            "companion": published[other],
        }
        rows = table_rows(invented.comparison(paper, results))
        made[paper] = (published[paper], results, rows)
    return made


def derived(rows, quantity, channel, variant=None):
    return {
        row["variant"]: row["value"]
        for row in rows
        if (row["quantity"], row["channel"], row["kind"]) == (quantity, channel, "derived")
        and variant in (None, row["variant"])
    }


def test_every_number_has_a_value_or_a_reason(na62):
    for published, _, rows in na62.values():
        covered = {(row["quantity"], row["channel"]) for row in rows}
        assert covered == {(number.quantity, number.channel) for number in published}
        for row in rows:
            assert row["note"] != "not computed in this run", row
            assert (row["value"] is None) == (row["kind"] == "not_simulated")


def test_a_number_that_entered_is_external_and_a_reason_is_given_to_no_value(na62):
    for _, _, rows in na62.values():
        kinds = {}
        for row in rows:
            kinds.setdefault((row["quantity"], row["channel"]), set()).add(row["kind"])
        assert all(len(k) == 1 for k in kinds.values() if "not_simulated" in k)
        assert kinds["normalisation_candidates", "piee"] == {"external"}
        assert kinds["background_events", "piee"] == {"external", "derived"}
        assert kinds["upper_limit_branching_fraction", "piee"] == {"derived"}


# Everything that is derived and tests a number agrees with its printed digits, but for these.
EXCEPTIONS = {
    "na62_2019": {
        ("kaon_decay_rate_mhz", "beam_rate"),
        ("data_fraction_percent", "n_kaon_decays"),
    },
    "na62_2022": {
        ("upper_limit_branching_fraction", "printed_sensitivity_closed_form"),
        ("upper_limit_branching_fraction", "recomputed_sensitivity_closed_form"),
        ("n_kaon_decays", "recomputed"),
        ("n_kaon_decays_systematic_uncertainty", "recomputed"),
        ("background_pileup_control_region_events", "uniform"),
        ("background_pileup_control_region_uncertainty", "uniform"),
        # A printed bound, which the rounding of its inputs can meet.
        ("control_n_kaon_decays_change_percent", "recomputed"),
    },
}


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_derived_agrees_at_the_printed_digits_but_for_known_cases(na62, paper):
    published, _, rows = na62[paper]
    differing = {
        (row["quantity"], row["variant"])
        for row in rows
        if is_test(row)
        and agreement(row, published.find(row["quantity"], channel=row["channel"]))
        != "printed digits"
    }
    assert differing == EXCEPTIONS[paper]
    for row in filter(is_test, rows):
        assert row["pull"] is None or abs(row["pull"]) < 2


@pytest.mark.parametrize(
    ("paper", "channel", "plain"),
    [
        ("na62_2019", "piee", 2.164e-10),
        ("na62_2019", "pimumu", 4.234e-11),
        ("na62_2022", "piee", 5.250e-11),
        ("na62_2022", "pipi0ee", 8.474e-10),
    ],
)
def test_limits_without_uncertainties(na62, paper, channel, plain):
    """Reference values of an independent CLs computation, four digits."""
    published, results, rows = na62[paper]
    records = {record["prior"]: record for record in results["limits"][channel]}
    known = records["none"]["upper_branching_fraction"]
    assert f"{known:.3e}" == f"{plain:.3e}"
    limits = derived(rows, "upper_limit_branching_fraction", channel)
    if channel != "pimumu":
        assert limits["printed_sensitivity_closed_form"] == pytest.approx(known, rel=1e-8)


@pytest.mark.parametrize("paper", PAPERS)
def test_the_comparison_has_limits_by_the_papers_method_and_prior_alone(na62, paper):
    """All others stand in the table of limits by method."""
    _, results, rows = na62[paper]
    for channel, records in results["limits"].items():
        other = dict(records[0], method="rolke", is_paper_method=False, prior=None)
        found = table_rows(invented.comparison(paper, {"limits": {channel: [*records, other]}}))
        for of in (rows, found):
            limits = derived(of, "upper_limit_branching_fraction", channel)
            names = {name for name in limits if not name.endswith("_closed_form")}
            assert names == {"printed_sensitivity"}


@pytest.mark.parametrize(
    ("paper", "channel", "recomputed"),
    [
        ("na62_2019", "piee", 2.161e-10),
        ("na62_2022", "piee", 5.248e-11),
        ("na62_2022", "pipi0ee", 8.465e-10),
    ],
)
def test_limits_from_recomputed_sensitivities(na62, paper, channel, recomputed):
    limits = derived(na62[paper][2], "upper_limit_branching_fraction", channel)
    found = limits["recomputed_sensitivity_closed_form"]
    assert f"{found:.3e}" == f"{recomputed:.3e}"


def test_dimuon_limit_from_its_recomputed_sensitivity(na62):
    from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency, cls

    experiment = CountingExperiment(1, KnownBackground(0.91), KnownEfficiency(1.0))
    mean = derived(na62["na62_2019"][2], "single_event_sensitivity", "pimumu")["recomputed"]
    assert f"{mean * float(cls.upper_limit(experiment, 0.90)):.3e}" == "4.245e-11"


def test_the_prior_matters_for_the_one_channel_with_an_event(na62):
    _, results, rows = na62["na62_2019"]
    limits = {
        record["prior"]: record["upper_branching_fraction"]
        for record in results["limits"]["pimumu"]
    }
    for prior in ("lognormal-mean", "truncated-gaussian", "gamma"):
        assert 4.30e-11 < limits[prior] < 4.325e-11
    assert limits["lognormal"] == pytest.approx(4.26e-11, abs=0.005e-11)
    (own,) = derived(
        rows, "upper_limit_branching_fraction", "pimumu", "printed_sensitivity"
    ).values()
    assert own == limits["posterior-gamma"] == pytest.approx(4.23e-11, abs=0.005e-11)


def test_number_of_decays_and_sensitivities(na62):
    first, second = (na62[paper][2] for paper in PAPERS)

    def one(rows, quantity, channel):
        return derived(rows, quantity, channel, "recomputed")["recomputed"]

    assert one(first, "n_kaon_decays", "piee") == pytest.approx(2.140e11, rel=5e-4)
    assert one(first, "n_kaon_decays", "pimumu") == pytest.approx(7.942e11, rel=1e-4)
    assert one(second, "n_kaon_decays", "all") == pytest.approx(1.01565e12, rel=1e-6)
    assert one(second, "single_event_sensitivity", "piee") == pytest.approx(2.279e-11, rel=1e-4)
    assert one(second, "single_event_sensitivity", "pipi0ee") == pytest.approx(3.676e-10, rel=2e-4)


def test_the_trigger_explains_the_ratio_of_kaon_decays(na62):
    ratios = derived(na62["na62_2019"][2], "n_kaon_decays_ratio", "all")
    assert ratios["trigger_downscaling"] == pytest.approx(0.5 / (1 / 8 + 1 / 100 - 1 / 800))
    assert ratios["n_kaon_decays"] == pytest.approx(ratios["trigger_downscaling"], rel=0.01)


def test_changed_inputs_change_what_is_derived():
    """Nothing derived is copied from the number that it is compared with."""
    from dataclasses import replace

    doubled = PublishedNumbers([
        replace(n, value=2 * n.value) if n.quantity == "normalisation_candidates" else n
        for n in read("na62_2022")
    ])
    rows = table_rows(invented.comparison("na62_2022", {}, doubled))
    assert derived(rows, "n_kaon_decays", "all")["recomputed"] == pytest.approx(2 * 1.01565e12)
    assert derived(rows, "single_event_sensitivity", "piee")["recomputed"] == pytest.approx(
        2.27915e-11 / 2, rel=1e-5
    )


def test_without_results_what_needs_them_says_so():
    rows = table_rows(invented.comparison("na62_2019", {}))
    missing = {
        (row["quantity"], row["channel"])
        for row in rows
        if row["note"] == "not computed in this run"
    }
    assert missing == {("upper_limit_branching_fraction", "pimumu")}


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="kkee"):
        invented.comparison("na62_2019", {"limits": {"kkee": []}})
