"""Where the paper disagrees with itself or with the first one, computed from their numbers."""

import invented_na62 as invented

RESULTS = {"companion": invented.published("na62_2019")}


def test_inconsistencies_are_computed():
    found = invented.inconsistencies("na62_2022", RESULTS)
    assert found["The last digit of the number of kaon decays"].computed.startswith("(1.01565")
    assert found["The cross-check of the number of kaon decays"].computed == "-1.15 %"
    assert found["The pileup background of K⁺ → π⁻π⁰e⁺e⁺"].computed == "0.18 and 0.020"
    edge = found["The π⁻e⁺e⁺ limit sits on the edge of its rounding"]
    assert (edge.printed, edge.computed) == ("5.3e-11", "5.250e-11")
    assert any("factor 3.1" in item.evidence for item in found.values())


def test_inconsistencies_without_results_need_the_paper_alone():
    found = invented.inconsistencies("na62_2022", {})
    assert len(found) == 5
    for item in found.values():
        assert item.printed and item.computed and item.evidence
