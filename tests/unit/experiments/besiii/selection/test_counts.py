"""Cut flows and acceptances as tables."""

from lnvsearch.experiments.besiii.selection.counts import count
from lnvsearch.selection.cutflow import CutFlow, binomial_uncertainty

NAMES = {"channel": "kkee", "selection": "lnv", "sample": "signal", "variation": "nominal"}


def test_acceptances_are_those_of_all_cuts_and_of_the_mass_bin():
    flow = CutFlow(1000, ("chi_square", "signal_window", "majorana_mass_bin"), (300, 200, 180))
    found = count(flow, **NAMES)["acceptance"]
    assert list(found) == [
        "sample", "variation", "selection", "region", "acceptance", "acceptance_uncertainty",
        "effective_events", "generated_events", "channel",
    ]
    assert found["region"] == ["all", "majorana_mass_bin"]
    assert found["acceptance"] == [0.2, 0.18]
    assert found["acceptance_uncertainty"] == [
        binomial_uncertainty(200, 1000), binomial_uncertainty(180, 1000)
    ]
    assert (found["effective_events"], found["generated_events"]) == ([200, 180], [1000, 1000])


def test_a_cut_flow_names_its_selection_and_channel():
    flow = CutFlow(1000, ("kinematic_fit", "chi_square"), (500, 300))
    found = count(flow, **NAMES)
    assert list(found["cutflow"]) == [
        "sample", "variation", "cut", "events_in", "events_out", "cumulative_efficiency",
        "cumulative_efficiency_uncertainty", "selection", "channel",
    ]
    assert found["cutflow"]["events_out"] == [500, 300]
    assert found["cutflow"]["channel"] == ["kkee", "kkee"]
    assert found["acceptance"]["acceptance"] == [0.3]
