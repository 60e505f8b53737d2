"""From numbers to counting experiments: known answers for every kind of input, and their limits."""

import math

import pytest

from lnvsearch.limit_inputs import USER_DATA, Inputs, limit_from, total_background
from lnvsearch.limit_tables import coverage_table, limit_records, scan_table
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.results import of_the_paper
from lnvsearch.tables import find_rows, table_rows

PARENTS = limit_from({
    "method": "rolke", "bounded": False, "priors": ["none", "gamma"], "inputs": "published",
    "normalised_to": "parents", "n_parents": 10087e6, "efficiency_sample": "signal",
    "observed": 1, "background": {"mean": 0.0, "sigma": 0.0},
    "efficiency": {"mean": 0.1583, "relative_sigma_percent": 7.0},
    "other_efficiencies": {"section_iii": 0.1568}, "simulation_inputs": "overridden",
})  # fmt: skip
# NA62, Phys. Lett. B 797 (2019) 134794, Table 3: K+ -> pi- mu+ mu+.
CHANNEL = limit_from({
    "method": "cls", "bounded": False, "priors": ["posterior-gamma"], "inputs": "overridden",
    "normalised_to": "normalisation_channel",
    "observed": 1, "background": {"mean": 0.91, "sigma": 0.41},
    "single_event_sensitivity": {"mean": 1.28e-11, "sigma": 0.04e-11},
    "recomputation": {
        "candidates": 8357, "contamination": 7e-4,
        "normalisation_branching_fraction": {"mean": 0.962e-7, "sigma": 0.025e-7},
        "normalisation_acceptance": {"mean": 0.1093, "sigma": 0.0},
        "signal_acceptance": {"mean": 0.0981, "sigma": 0.0},
    },
    "place": {"channel": "pimumu", "selection": "lnv", "region": "signal"},
    "simulation_inputs": "overridden",
})  # fmt: skip


def background_row(sample, events, **more):
    return {
        "sample": sample, "variation": "nominal", "selection": "lnv", "region": "signal",
        "expected_events": events, "statistical_uncertainty": 0.3, "systematic_uncertainty": 0.2,
        "effective_events": 9.0,
    } | more  # fmt: skip


BACKGROUND = [
    background_row("bkg_a", 1.0), background_row("bkg_b", 2.0),
    background_row("bkg_b", 5.0, variation="shifted"), background_row("bkg_b", 5.0, region="lower"),
    background_row("bkg_c", 5.0), background_row("bkg_a", 5.0, selection="sm"),
    background_row("bkg_a", 5.0, effective_events=0.0),
]  # fmt: skip
EXPECTED = {"background_events": 3.0, "background_events_uncertainty": 0.6}


def test_a_number_of_parents_turns_events_into_a_branching_fraction():
    nominal, other = PARENTS.derived_inputs()
    assert (nominal.kind, nominal.variant, nominal.observed) == ("derived", "nominal", 1)
    assert (nominal.efficiency, other.efficiency) == (0.1583, 0.1568)
    assert nominal.efficiency_uncertainty == pytest.approx(0.011081)
    assert other.variant == "section_iii" and nominal.scale == pytest.approx(9.91375e-11)


def test_a_normalisation_channel_gives_both_sensitivities():
    printed, recomputed = CHANNEL.derived_inputs()
    assert (printed.scale, printed.efficiency, printed.inputs) == (1.28e-11, 1.0, "overridden")
    assert recomputed.scale == pytest.approx(0.962e-7 * 0.1093 / (8357 * (1 - 7e-4) * 0.0981))
    assert printed.efficiency_uncertainty == pytest.approx(0.03125)
    # Counting and the branching fraction: 1/sqrt(8357) and 2.6 %.
    assert recomputed.efficiency_uncertainty == pytest.approx(
        math.hypot(8357**-0.5, 0.025 / 0.962)
    )
    assert printed.background == recomputed.background == 0.91


def test_simulated_efficiency_meets_the_published_count_and_the_user_s_own():
    acceptance = {"sample": ["signal", "signal", "signal", "signal", "other"],
                  "variation": ["nominal", "nominal", "uncalibrated", "shifted", "nominal"],
                  "region": ["all", "mass_bin", "all", "all", "all"],
                  "acceptance": [0.157, 0.15, 0.165, 0.1, 0.2]}  # fmt: skip
    systematics = {"source": ["pid", "total"], "relative_uncertainty_percent": [2.2, 10.0]}
    background = {"background_events": 0.1, "background_events_uncertainty": 0.05}
    counts = {"region": ["lower", "signal"], "events": [10, 3]}
    results = {"acceptance": acceptance, "systematics": systematics, "background": background}
    found = PARENTS.own_inputs(results | {"data_counts": counts})
    assert [(one.kind, one.variant, one.observed, one.efficiency) for one in found] == [
        ("simulated", "nominal", 1, 0.157), ("simulated", "uncalibrated", 1, 0.165),
        (USER_DATA, "simulated_efficiency", 3, 0.157),
    ]  # fmt: skip
    assert found[0].efficiency_uncertainty == pytest.approx(0.0157)
    assert (found[0].background, found[0].background_uncertainty) == (0.1, 0.05)
    assert {one.inputs for one in found} == {"overridden"}  # by a number of the simulation's alone
    assert PARENTS.own_inputs(results) == found[:2]
    # What compares with the paper leaves the user's own out.
    records = [{"kind": one.kind} for one in found]
    assert of_the_paper(records) == records[:2]


def test_a_user_s_own_parents_come_with_their_background_and_both_efficiencies():
    results = {
        "acceptance": {"sample": ["signal"], "variation": ["nominal"], "region": ["all"],
                       "acceptance": [0.157]},
        "systematics": {"source": ["total"], "relative_uncertainty_percent": [10.0]},
        "background": {"background_events": 0.1, "background_events_uncertainty": 0.05},
        "data_counts": {"region": ["signal"], "events": [3]},
        "data_sensitivity": {
            "n_parents": {"mean": 1e9, "sigma": 1e7}, "background_events": 0.5,
            "background_events_uncertainty": 0.2, "background_left_out": 0.02,
            "efficiency": {"published_efficiency": {"mean": 0.1583, "sigma": 0.01},
                           "simulated_efficiency": {"mean": 0.157, "sigma": 0.02}},
        },
    }  # fmt: skip
    simulated, *own = PARENTS.own_inputs(results)
    assert (simulated.kind, simulated.background, simulated.scale) == ("simulated", 0.1, 1 / 10087e6)
    assert [(one.kind, one.variant, one.efficiency, one.inputs) for one in own] == [
        (USER_DATA, "published_efficiency", 0.1583, "published"),
        (USER_DATA, "simulated_efficiency", 0.157, "overridden"),
    ]
    for one in own:
        assert (one.observed, one.background, one.background_uncertainty) == (3, 0.5, 0.2)
        assert (one.scale, one.background_left_out) == (1e-9, 0.02)


def test_backgrounds_add_up_with_correlated_systematics():
    events, uncertainty, left_out = total_background(BACKGROUND, ["bkg_a", "bkg_b"], "lnv")
    assert events == 3.0
    # A sample of which no event is left: -ln(0.1) of what one might have counted.
    assert left_out == pytest.approx(0.3 * 2.302585)
    assert total_background(BACKGROUND, ["bkg_b"], "lnv")[2] == 0.0
    assert uncertainty == pytest.approx(math.sqrt(0.3**2 + 0.3**2 + 0.4**2))


def test_a_predicted_sensitivity_is_used_by_the_paper_s_method_alone():
    sensitivity = {"simulated": {"nominal": {
        "single_event_sensitivity": 1.2e-11, "single_event_sensitivity_uncertainty": 0.06e-11,
    }}}  # fmt: skip
    (found,) = CHANNEL.own_inputs({"sensitivity": sensitivity, "background": EXPECTED})
    assert (found.kind, found.variant, found.methods) == ("simulated", "nominal", ("cls",))
    assert (found.background, found.scale, found.observed) == (3.0, 1.2e-11, 1)
    assert found.efficiency_uncertainty == pytest.approx(0.05)


def test_the_user_s_background_is_that_of_as_many_decays():
    counts = {"channel": ["pimumu"], "selection": ["lnv"], "region": ["signal"], "events": [2]}
    estimate = {"mean": 2.56e-11, "statistical": 0.0, "external": 0.128e-11, "sigma": 0.128e-11}
    own = {"exposure": 0.5, "single_event_sensitivity": {
        "published_acceptances": estimate, "simulated_acceptances": estimate,
    }}  # fmt: skip
    results = {"sensitivity": {"simulated": {}}, "background": EXPECTED, "data_counts": counts}
    published, simulated = CHANNEL.own_inputs(results | {"data_sensitivity": own})
    assert (published.observed, published.background, simulated.background) == (2, 0.455, 1.5)
    assert published.background_uncertainty == pytest.approx(0.205)
    assert published.scale == 2.56e-11
    assert len(published.methods) == 5 and simulated.methods == ("cls",)
    none = {"without_sensitivity": "no candidate"}
    assert CHANNEL.own_inputs(results | {"data_sensitivity": none}) == []


def test_every_method_has_its_record():
    inputs = [Inputs("derived", "nominal", 1, 0.0, 0.0, 0.1583, 0.07 * 0.1583, 1e-10, "overridden")]
    records = limit_records(inputs, PARENTS, 0.90)
    assert [(r["method"], r["prior"]) for r in records] == [
        ("rolke", None), ("cls", "none"), ("cls", "gamma"), ("cls-profiled", None),
        ("feldman-cousins", "none"), ("feldman-cousins", "gamma"),
        ("bayesian", "none"), ("bayesian", "gamma"),
    ]  # fmt: skip
    assert {r["inputs"] for r in records} == {"overridden"}
    assert records[0]["upper_events"] == pytest.approx(23.187, abs=5e-4)
    assert records[0]["upper_branching_fraction"] == records[0]["upper_events"] * 1e-10
    assert [r["method"] for r in records if r["is_paper_method"]] == ["rolke"]
    # n = 1 without background: CLs is (1 + s) exp(-s) = 0.1, s = 3.8897.
    assert records[1]["upper_events"] * 0.1583 == pytest.approx(3.8897, abs=1e-4)


def test_profiled_cls_is_left_out_where_an_uncertain_background_is_zero():
    inputs = [
        Inputs("simulated", "nominal", 1, 0.0, sigma, 0.1583, 0.0, 1e-10) for sigma in (0.2, 0.0)
    ]
    found = [
        [r["method"] for r in limit_records([numbers], PARENTS, 0.90)] for numbers in inputs
    ]
    assert "cls-profiled" not in found[0] and "cls-profiled" in found[1]


def published_scan(**changes):
    values = {"observed_events": 1.0, "background_events": 0.0, "efficiency_percent": 15.83,
              "systematic_total_percent": 7.0} | changes  # fmt: skip
    return PublishedNumbers([
        PublishedNumber(name, "kkee", 1.0, str(value), value, None, 0.1, "1", "high", "", "", "")
        for name, value in values.items()
    ])


def scan(published, efficiency=0.1583, in_mass_bin=True, own=None):
    efficiencies = {
        "sample": ["signal_m1.000"] * 3, "model": ["pair", "pair", "other"], "mass_gev": [1.0] * 3,
        "variation": ["nominal", "shifted", "nominal"], "efficiency": [0.2] * 3,
        "efficiency_in_bin": [efficiency, 0.5, 0.6],
    }  # fmt: skip
    systematics = {"mass_gev": [1.0], "total_percent": [7.0]}
    table = scan_table(
        PARENTS, published, efficiencies, systematics, 0.90, model="pair", in_mass_bin=in_mass_bin,
        own=own,
    )  # fmt: skip
    return {(row["kind"], row["variant"]): row for row in table_rows(table)}


def test_a_scan_has_both_kinds_and_the_published_count():
    found = scan(published_scan())
    nominal = [("derived", "nominal"), ("simulated", "nominal")]
    for row in (found[key] for key in nominal):
        assert row["upper_events"] == pytest.approx(23.187, abs=5e-4)
        assert row["upper_branching_fraction"] == pytest.approx(23.187 / 10087e6, rel=1e-4)
    more = scan(published_scan(background_events=2.0))
    assert all(more[key]["upper_events"] < found[key]["upper_events"] for key in found)
    with pytest.raises(ValueError, match="no event is selected"):
        scan(published_scan(), efficiency=0.0)


def test_a_scan_has_all_variations_in_both_readings_of_the_mass_bin():
    ends = {True: "_without_mass_bin", False: "_in_mass_bin"}
    for chosen, end in ends.items():
        found = scan(published_scan(), in_mass_bin=chosen)
        simulated = {variant: row for (kind, variant), row in found.items() if kind == "simulated"}
        assert set(simulated) == {"nominal", "shifted", f"nominal{end}", f"shifted{end}"}
        readings = (simulated["nominal"], simulated[f"nominal{end}"])
        assert tuple(row["efficiency"] for row in readings)[:: 1 if chosen else -1] == (0.1583, 0.2)


def test_coverage_is_exact_for_a_known_experiment():
    """The limit is above -ln(0.1) = 2.30 whatever is observed: smaller signals are always inside."""
    table = coverage_table("paper", {"kkee": PARENTS}, [0.5, 1.0], 0.90)
    assert len(find_rows(table, method="cls")) == 2
    for row in find_rows(table, method="cls"):
        assert row["coverage"] == pytest.approx(1.0) and row["nominal"] == 0.90


def test_no_background_leaves_a_bound_out_without_saying_so():
    sensitivity = {"simulated": {"nominal": {
        "single_event_sensitivity": 1.2e-11, "single_event_sensitivity_uncertainty": 0.06e-11,
    }}}  # fmt: skip
    background = {**EXPECTED, "background_left_out": 2773.0}
    found = CHANNEL.own_inputs({"sensitivity": sensitivity, "background": background})
    records = limit_records(found, CHANNEL, 0.90)
    assert {record["background_left_out"] for record in records} == {2773.0}


def test_a_scan_has_the_user_s_count_of_each_bin_with_their_parents():
    published = published_scan(background_events=2.0)
    (mass,) = {row["mass_gev"] for row in scan(published).values()}
    counts = {"region": ["signal", f"mass_bin_{mass:.3f}"], "events": [5, 4]}
    own = {"n_parents": {"mean": 10087e5, "sigma": 10087e5 * 0.05}, "exposure": 0.1}
    found = scan(published, own=(counts, own))
    row, simulated = found[USER_DATA, "nominal"], found["simulated", "nominal"]
    assert (row["observed"], row["background"]) == (4, pytest.approx(0.2))
    assert row["efficiency"] == simulated["efficiency"]
    relative = simulated["efficiency_uncertainty"] / simulated["efficiency"]
    assert row["efficiency_uncertainty"] == pytest.approx(row["efficiency"] * math.hypot(relative, 0.05))
    assert row["upper_branching_fraction"] == pytest.approx(row["upper_events"] / 10087e5)
    closed = {"region": counts["region"], "events": [None, None]}
    assert (USER_DATA, "nominal") not in scan(published, own=(closed, own))
