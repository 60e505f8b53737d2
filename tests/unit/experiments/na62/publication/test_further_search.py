"""A search beyond the two papers: whatever its paper does not print is left out, not an error."""

import pytest

from lnvsearch.experiments.na62.publication.comparison import comparison_for_na62
from lnvsearch.experiments.na62.publication.figures.acceptance import (
    acceptance_ratio,
    dalitz_area_fractions,
    dalitz_limits,
)
from lnvsearch.experiments.na62.publication.figures.spectra import masses
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.summary import summary_for_na62
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
)
from lnvsearch.experiments.na62.publication.tables.search import backgrounds, sensitivities
from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.figures.style import figure_bytes
from lnvsearch.publication.published import (
    COLUMNS,
    PublishedNumber,
    PublishedNumbers,
    read_published,
)
from lnvsearch.tables import find_rows, table_rows

LABEL = r"$K^+\to \pi^-\mu^+e^+$"
CHANNELS = {"pimue": {"normalisation_channel": "pimue", "normalisation_sample": "norm_piee"}}


@pytest.fixture(scope="module")
def published():
    from pathlib import Path

    example = Path(__file__).parents[5] / "docs" / "examples" / "na62_2021"
    return read_published(example / "numbers.csv")


def table(columns, *rows):
    return {name: [row[i] for row in rows] for i, name in enumerate(columns.split(", "))}


ACCEPTANCE = table(
    "sample, variation, selection, region, acceptance, acceptance_uncertainty",
    ("signal_pimue", "nominal", "lnv", "signal", 0.08, 0.001),
    ("norm_piee", "nominal", "sm", "normalisation", 0.055, 0.0005),
)
ROLES = {"signal_pimue": "signal", "norm_piee": "normalisation", "bkg_ke4": "background"}
BACKGROUND = table(
    "sample, label, role, variation, selection, region, expected_events, statistical_uncertainty, "
    "systematic_uncertainty, effective_events",
    ("bkg_ke4", "Ke4", "background", "nominal", "lnv", "signal", 0.3, 0.1, 0.0, 9.0),
    ("bkg_new", "new", "background", "nominal", "lnv", "signal", 0.2, 0.1, 0.0, 4.0),
    ("bkg_k3pi", "K3pi", "background", "nominal", "lnv", "signal", 0.0, 900.0, 0.0, 0.0),
    ("signal_pimue", "signal", "signal", "nominal", "lnv", "signal", 5.0, 0.1, 0.0, 2500.0),
)
SENSITIVITY = {
    "n_kaon_decays": {"mean": 1.016e12, "sigma": 0.03e12},
    "derived": {"single_event_sensitivity": {"mean": 2.01e-11, "sigma": 0.06e-11}},
    "simulated": {"nominal": {
        "signal_acceptance": 0.055, "signal_acceptance_uncertainty": 0.001,
        "single_event_sensitivity": 1.8e-11, "single_event_sensitivity_uncertainty": 0.06e-11,
    }},
}
LIMITS = [
    {"kind": kind, "variant": variant, "method": "cls", "prior": "posterior-gamma",
     "is_paper_method": True, "upper_branching_fraction": value, "efficiency": 1.0,
     "efficiency_uncertainty": 0.03}
    for kind, variant, value in (
        ("derived", "printed_sensitivity", 4.19e-11),
        ("derived", "recomputed_sensitivity", 4.63e-11),
        ("simulated", "nominal", 4.08e-11),
    )
]
RESULTS = {
    "title": "the example",
    "channels": CHANNELS,
    "acceptance": {"pimue": ACCEPTANCE},
    "background": {"pimue": BACKGROUND},
    "sensitivity": {"pimue": SENSITIVITY},
    "limits": {"pimue": LIMITS},
}


def test_samples_are_found_by_their_names(published):
    ratio, sigma = acceptance_ratios({"pimue": ACCEPTANCE}, "pimue", CHANNELS)["nominal"]
    assert ratio == pytest.approx(0.055 / 0.08) and 0 < sigma < 0.02
    assert published_ratio(Numbers(published, CHANNELS), "pimue") is None


def test_only_what_is_certain_is_tested(published):
    comparison = comparison_for_na62(published, RESULTS)
    tests = [row for row in table_rows(comparison) if is_test(row)]
    assert [(row["quantity"], row["kind"]) for row in tests] == [
        ("upper_limit_branching_fraction", "simulated")
    ]
    assert tests[0]["ratio"] == pytest.approx(4.08 / 4.2)
    assert tests[0]["uncertainty"] == pytest.approx(0.03 * 4.08e-11)
    text = summary_for_na62(comparison, published, RESULTS).text()
    assert text.startswith("# the example") and "None is known" in text


def test_a_search_that_has_published_nothing_yet_has_an_empty_comparison(tmp_path, published):
    path = tmp_path / "numbers.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    nothing = read_published(path)
    comparison = comparison_for_na62(nothing, RESULTS)
    assert not comparison["quantity"]
    assert "The paper prints 0 numbers" in summary_for_na62(comparison, nothing, RESULTS).text()


def test_the_table_of_backgrounds_adds_up_what_is_left(published):
    rows = table_rows(backgrounds(published, {"pimue": BACKGROUND}))
    assert [row["sample"] for row in rows] == ["bkg_ke4", "bkg_new", "bkg_k3pi", "total"]
    assert rows[2]["simulated"] == "< 2100"  # 2.3 times what one event might have counted
    assert rows[-1]["simulated"] == "0.50 ± 0.14 and < 2100"  # a sum keeps the bound
    assert rows[-1]["published"] == ""  # from memory: not legible


def test_the_table_of_sensitivities_has_the_limit(published):
    found = sensitivities(published, {"pimue": SENSITIVITY}, {"pimue": LIMITS}, ())
    (limit,) = find_rows(found, quantity="upper_limit_branching_fraction")
    assert (limit["published"], limit["derived"]) == ("4.2e-11", "4.19e-11")
    assert limit["simulated"] == "4.08e-11"


def test_the_dalitz_plane_of_unlike_leptons_has_the_masses_of_both():
    from lnvsearch import particles

    kaon, pion, muon, electron = (
        particles.mass_gev(name) for name in ("K+", "pi+", "mu-", "e-")
    )
    edges, shares = dalitz_area_fractions("mu+", 40, "e+")
    middles = 0.5 * (edges[1:] + edges[:-1])
    assert shares.sum() == pytest.approx(1.0)
    occupied = middles[shares.sum(axis=1) > 0]
    width = edges[1] - edges[0]
    assert occupied.min() == pytest.approx((pion + muon) ** 2, abs=width)
    assert occupied.max() == pytest.approx((kaon - electron) ** 2, abs=width)
    # Exchanged leptons mirror the plane; the two ways of integrating differ a little.
    mirrored = dalitz_area_fractions("e+", 40, "mu+")[1].T
    assert shares == pytest.approx(mirrored, abs=2e-5)
    low, high = dalitz_limits((pion + 0.5 * muon) ** 2, kaon, pion, muon, electron)
    assert low == high


def test_figures_of_any_channel_are_drawn(published):
    edges = [0.48, 0.49, 0.50, 0.51]
    spectra = table(
        "selection, sample, label, role, mass_low_gev, mass_high_gev, expected_events, uncertainty",
        *(
            (selection, sample, sample, ROLES[sample], low, high, 2.0, 0.5)
            for selection, samples in {
                "sm": ["norm_piee"], "lnv": ["signal_pimue", "bkg_ke4"], "other": ["bkg_ke4"],
            }.items()
            for sample in samples
            for low, high in zip(edges[:-1], edges[1:], strict=True)
        ),
    )
    panels = [
        {"selection": "sm", "title": "normalisation channel", "final_state": ["pi+", "e+", "e-"],
         "regions": {"normalisation": [[0.48, 0.50]]}},
        {"selection": "lnv", "title": "LNV", "final_state": ["pi-", "mu+", "e+"],
         "regions": {"signal": [[0.489, 0.498]], "masked": [[0.48, 0.505]]}},
        {"selection": "other", "title": "a control", "final_state": ["pi-", "mu+", "e+"],
         "regions": {"control": [[0.0, 1.0]]}},
    ]
    figure, numbers = masses(
        spectra, published, channel="pimue", panels=panels, label=LABEL, channels=CHANNELS
    )
    assert len(figure.axes) == 3 and len(numbers["sample"]) == 12
    assert r"\mu^+" in figure.axes[1].get_xlabel()
    # Counts from memory are not quoted as data.
    assert "published" not in numbers["drawn_as"]
    assert figure_bytes(figure, "png")
    figure, numbers = acceptance_ratio(
        {"pimue": ACCEPTANCE}, published, channels=CHANNELS, labels={"pimue": LABEL}, legends={}
    )
    assert numbers["ratio_over_published"] == [1.0] and numbers["ratio_published"] == [None]
    assert figure_bytes(figure, "png")


# ------------------------------------------------------- papers that print what the first two do


def paper_of(channel, norm, **further):
    """A paper with the inputs of 1/(N_K A) = 5.152e-12, its normalisation under `norm`."""

    def number(quantity, of, value, uncertainty=None):
        return PublishedNumber(
            quantity, of, None, f"{value:g}", value, uncertainty, 0.01 * value, "1", "high", "", "",
            "",
        )

    printed = {
        "normalisation_candidates": 20000.0, "normalisation_contamination": 0.0,
        "normalisation_branching_fraction": 1.0e-7, "normalisation_acceptance_percent": 10.0,
        "n_kaon_decays": 2.0e12,
    }
    return PublishedNumbers([
        number("upper_limit_branching_fraction", channel, 1.2e-11),
        number("signal_acceptance_percent", channel, 9.705),
        number("single_event_sensitivity", channel, 5.2e-12),
        *(number(quantity, norm, value) for quantity, value in printed.items()),
        *(number(quantity, channel, *value) for quantity, value in further.items()),
    ])


def derived(published, channel, norm, **further):
    """What follows from a paper's numbers, by quantity and channel."""
    counted = {"normalisation_channel": norm, "normalisation_sample": f"norm_{norm}", **further}
    compared = comparison_for_na62(published, {"channels": {channel: counted, norm: counted}})
    return {
        (row["quantity"], row["channel"]): row["value"]
        for row in table_rows(compared) if row["kind"] == "derived"
    }


def test_a_further_paper_that_prints_its_kaon_decays_is_compared():
    found = derived(paper_of("pimumu", "pimumu"), "pimumu", "pimumu")
    assert found["n_kaon_decays", "pimumu"] == pytest.approx(2.0e12)
    assert found["single_event_sensitivity", "pimumu"] == pytest.approx(5.152e-12, rel=1e-4)


@pytest.mark.parametrize("printed", [True, False])
def test_a_neutral_pion_counts_in_a_channel_of_any_name(printed):
    """B(pi0 -> gamma gamma) as the paper prints it, or else as the search's file has it."""
    name = "pi0_two_photon_branching_fraction_percent"
    paper = paper_of("pipi0mumu", "pimumu", **({name: (98.823, 0.034)} if printed else {}))
    further = {"mean": 0.98823, "sigma": 0.00034}
    found = derived(paper, "pipi0mumu", "pimumu", further_branching_fraction=further)
    assert found["single_event_sensitivity", "pipi0mumu"] == pytest.approx(5.213e-12, rel=1e-4)
    without = derived(paper, "pipi0mumu", "pimumu")
    assert without["single_event_sensitivity", "pipi0mumu"] == pytest.approx(5.152e-12, rel=1e-4)


def test_a_normalisation_channel_has_any_name():
    found = derived(paper_of("pimue", "pienu"), "pimue", "pienu")
    assert found["n_kaon_decays", "pienu"] == pytest.approx(2.0e12)
    assert found["single_event_sensitivity", "pimue"] == pytest.approx(5.152e-12, rel=1e-4)


def test_a_channel_that_the_search_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no channel 'pimue'; its channels are kkee"):
        comparison_for_na62(paper_of("pimue", "pienu"), {"channels": {"kkee": {}}})
