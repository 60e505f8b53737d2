"""Where the paper disagrees with the next one, computed from the numbers of both."""

import invented_na62 as invented

RESULTS = {"companion": invented.published("na62_2022")}


def test_the_share_of_the_data_follows_from_the_kaon_decays():
    found = invented.inconsistencies("na62_2019", RESULTS)
    assert found["The share of the data of 2016–18"].computed == "21 % by kaon decays"


def test_the_choice_of_prior_needs_limits_and_the_share_the_next_paper():
    assert invented.inconsistencies("na62_2019", {}) == {}
    limits = [
        {"is_paper_method": True, "variant": "printed_sensitivity", "prior": prior,
         "upper_branching_fraction": limit}
        for prior, limit in (("posterior-gamma", 4.23e-11), ("lognormal", 4.26e-11))
    ]
    (item,) = invented.inconsistencies("na62_2019", {"limits": {"pimumu": limits}}).values()
    assert item.computed == "4.23e-11 to 4.26e-11"
    assert item.evidence.endswith("The printed digits come from: posterior-gamma.")
