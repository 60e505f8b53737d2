"""A search beyond the two papers: whatever its paper does not print is left out, not an error."""

import pytest

from lnvsearch.experiments.na62.publication.comparison import comparison_for_na62, summary_for_na62
from lnvsearch.experiments.na62.publication.figures.acceptance import (
    dalitz_area_fractions,
    dalitz_limits,
)
from lnvsearch.experiments.na62.publication.tables import text as tables_na62
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
)
from lnvsearch.publication import figures
from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.published import COLUMNS, read_published
from lnvsearch.tables import find_rows, table_rows

LABEL = r"$K^+\to\pi^-\mu^+e^+$"


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
BACKGROUND = table(
    "sample, label, variation, selection, region, expected_events, statistical_uncertainty, "
    "systematic_uncertainty, effective_events",
    ("bkg_ke4", "Ke4", "nominal", "lnv", "signal", 0.3, 0.1, 0.0, 9.0),
    ("bkg_new", "new", "nominal", "lnv", "signal", 0.2, 0.1, 0.0, 4.0),
    ("bkg_k3pi", "K3pi", "nominal", "lnv", "signal", 0.0, 900.0, 0.0, 0.0),
    ("signal_pimue", "signal", "nominal", "lnv", "signal", 5.0, 0.1, 0.0, 2500.0),
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
    "acceptance": {"pimue": ACCEPTANCE},
    "background": {"pimue": BACKGROUND},
    "sensitivity": {"pimue": SENSITIVITY},
    "limits": {"pimue": LIMITS},
}


def test_samples_are_found_by_their_names(published):
    ratio, sigma = acceptance_ratios({"pimue": ACCEPTANCE}, "pimue")["nominal"]
    assert ratio == pytest.approx(0.055 / 0.08) and 0 < sigma < 0.02
    assert published_ratio(published, "pimue") is None


def test_only_what_is_certain_is_tested(published):
    comparison = comparison_for_na62(published, RESULTS)
    tests = [row for row in table_rows(comparison) if is_test(row)]
    assert [(row["quantity"], row["kind"]) for row in tests] == [
        ("upper_limit_branching_fraction", "simulated")
    ]
    assert tests[0]["ratio"] == pytest.approx(4.08 / 4.2)
    assert tests[0]["uncertainty"] == pytest.approx(0.03 * 4.08e-11)
    text = summary_for_na62(comparison, published, RESULTS)
    assert text.startswith("# the example") and "None is known" in text


def test_a_search_that_has_published_nothing_yet_has_an_empty_comparison(tmp_path, published):
    path = tmp_path / "numbers.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    nothing = read_published(path)
    comparison = comparison_for_na62(nothing, RESULTS)
    assert not comparison["quantity"]
    assert "The paper prints 0 numbers" in summary_for_na62(comparison, nothing, RESULTS)


def test_the_table_of_backgrounds_adds_up_what_is_left(published):
    rows = table_rows(tables_na62.backgrounds(published, {"pimue": BACKGROUND}))
    assert [row["sample"] for row in rows] == ["bkg_ke4", "bkg_new", "bkg_k3pi", "total"]
    assert rows[2]["simulated"] == "< 2100"  # 2.3 times what one event might have counted
    assert rows[-1]["simulated"] == "0.50 ± 0.14"
    assert rows[-1]["published"] == ""  # from memory: not legible


def test_the_table_of_sensitivities_has_the_limit(published):
    found = tables_na62.sensitivities(published, {"pimue": SENSITIVITY}, {"pimue": LIMITS})
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
        "selection, sample, label, mass_low_gev, mass_high_gev, expected_events, uncertainty",
        *(
            (selection, sample, sample, low, high, 2.0, 0.5)
            for selection, samples in {
                "sm": ["norm_piee"], "lnv": ["signal_pimue", "bkg_ke4"], "other": ["bkg_ke4"],
            }.items()
            for sample in samples
            for low, high in zip(edges[:-1], edges[1:], strict=True)
        ),
    )
    panels = [
        {"selection": "sm", "title": "known", "final_state": ["pi+", "e+", "e-"],
         "regions": {"normalisation": [[0.48, 0.50]]}},
        {"selection": "lnv", "title": "LNV", "final_state": ["pi-", "mu+", "e+"],
         "regions": {"signal": [[0.489, 0.498]], "masked": [[0.48, 0.505]]}},
        {"selection": "other", "title": "a control", "final_state": ["pi-", "mu+", "e+"],
         "regions": {"control": [[0.0, 1.0]]}},
    ]
    figure, numbers = figures.na62_masses(
        spectra, published, channel="pimue", panels=panels, label=LABEL
    )
    assert len(figure.axes) == 3 and len(numbers["sample"]) == 12
    assert r"\mu^+" in figure.axes[1].get_xlabel()
    # Counts from memory are not quoted as data.
    assert "published" not in numbers["drawn_as"]
    assert figures.figure_bytes(figure, "png")
    figure, numbers = figures.na62_acceptance_ratio(
        {"pimue": ACCEPTANCE}, published, labels={"pimue": LABEL}
    )
    assert numbers["ratio_over_published"] == [1.0] and numbers["ratio_published"] == [None]
    assert figures.figure_bytes(figure, "png")


def test_no_figure_has_the_name_of_a_module():
    """A module, once imported, would stand in the function's place."""
    import pkgutil

    modules = {module.name for module in pkgutil.iter_modules(figures.__path__)}
    assert not modules & set(figures.__all__)
