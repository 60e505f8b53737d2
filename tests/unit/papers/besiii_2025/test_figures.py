"""The figures: the numbers written with a figure are those drawn, labels and fonts are fit for print."""

import math

import numpy as np
import printed_figures
import pytest

from lnvsearch.papers.besiii_2025.figures.acceptance import draw_acceptance
from lnvsearch.papers.besiii_2025.figures.candidates import (
    draw_masses,
    draw_probabilities,
    pseudo_data,
)
from lnvsearch.papers.besiii_2025.figures.diagrams import figure1
from lnvsearch.papers.besiii_2025.figures.efficiency import (
    calibration_curve,
    efficiency_vs_mass,
    modelling,
)
from lnvsearch.papers.besiii_2025.figures.limits import figure3
from lnvsearch.papers.besiii_2025.figures.selection import cut_flow, punzi_curve
from lnvsearch.publication.figures.style import mark_small_statistics
from lnvsearch.statistics import methods
from lnvsearch.tables import find_rows

_CUTS = ("generated", "acceptance", "kinematic_fit")


@pytest.fixture(scope="module")
def made(published, shared_results):
    """Return every figure with its numbers, from small made-up inputs."""
    results = shared_results
    rng = np.random.default_rng(20250)
    first, second = rng.uniform(0.5, 2.0, (2, 4000))
    flow = {
        "sample": ["signal_phsp"] * 3,
        "variation": ["nominal"] * 3,
        "cut": list(_CUTS),
        "events_in": [100, 100, 70],
        "events_out": [100, 70, 0],
        "cumulative_efficiency": [1.0, 0.7, 0.0],
        "cumulative_efficiency_uncertainty": [0.0, 0.05, 0.0],
    }
    punzi = {
        "chi_square_cut": [40, 10, 20],
        "efficiency": [0.16, 0.12, 0.15],
        "background": [0.4, 0.0, 0.0],
        "figure_of_merit": [0.075, 0.08, 0.1],
    }
    calibration = {
        "low_momentum_scale": [0.0, 2.0, 1.0],
        "efficiency": [0.19, 0.15, 0.17],
        "efficiency_uncertainty": [0.001, 0.001, 0.001],
    }
    return {
        "figure1": figure1(),
        "figure2": draw_masses(
            rng.normal(3.097, 0.008, 5000), [3.0952], window_gev=(3.07, 3.12)
        ),
        "figure3": figure3(results["scan"], published),
        "efficiency_vs_mass": efficiency_vs_mass(results["efficiencies"], published),
        "modelling": modelling(results["systematics_by_mass"], published),
        "calibration_curve": calibration_curve(
            calibration, published,
            {
                "values": {"nominal": {"value": 2.0, "simulated_uncertainty": 0.001}},
                "allowed": [0.0, 2.0], "simulated_at_ends": [0.19, 0.15],
            },
        ),
        "cut_flow": cut_flow(flow, samples=["signal_phsp"]),
        "punzi_curve": punzi_curve(published, punzi),
        "chi_square_probability": draw_probabilities(
            {"flat": rng.chisquare(4, 5000)}
        ),
        "acceptance_map": draw_acceptance(first, second, rng.random(4000) < 0.15),
    }


def test_every_figure_is_labelled_legible_and_inside_its_printed_size(made):
    printed_figures.check(made)


def test_figure1_diagrams_conserve_charge_at_every_vertex():
    _, numbers = figure1()
    charge = {
        "c": 2 / 3, "c~": -2 / 3, "u": 2 / 3, "s~": 1 / 3, "Z": 0, "gamma": 0, "nu_M": 0,
        "e-": -1, "e+": 1, "W+": 1,
    }  # fmt: skip
    # The drawn ends follow the fermion's number: these carry their charge from end to start.
    backwards = {("s~", True), ("e+", True)}
    for diagram in ("two_majorana", "one_majorana"):
        lines = find_rows(numbers, diagram=diagram)
        balance: dict = {}
        for line in lines:
            start, end = (line["x_start"], line["y_start"]), (line["x_end"], line["y_end"])
            if (line["particle"], line["kind"] == "antifermion") in backwards:
                start, end = end, start
            balance[start] = balance.get(start, 0) - charge[line["particle"]]
            balance[end] = balance.get(end, 0) + charge[line["particle"]]
        vertices = {point for point in balance if 1.0 < point[0] < 9.0}
        assert len(vertices) == 6
        assert all(abs(balance[point]) < 1e-12 for point in vertices)
        final = sorted(
            line["particle"] for line in lines if 9.3 in (line["x_start"], line["x_end"])
        )
        assert final == ["e-", "e-", "s~", "s~", "u", "u"]


def test_figure2_counts_every_candidate_in_range(made):
    _, numbers = made["figure2"]
    assert sum(numbers["data_candidates"]) == 1
    assert sum(numbers["signal_candidates"]) == 5000
    assert max(numbers["signal_scaled"]) == 1.0
    window = [
        low for low, inside in zip(numbers["mass_low_gev"], numbers["in_window"], strict=True)
        if inside
    ]
    assert window[0] == pytest.approx(3.07) and window[-1] == pytest.approx(3.118)


def test_figure3_draws_the_scan_and_every_published_limit_that_has_digits(
    made, results, published
):
    _, numbers = made["figure3"]
    angles = ("nominal", "pair_one_plus_cos2", "pair_v_minus_a")
    simulated = [f"{name}{end}" for name in angles for end in ("", "_without_mass_bin")]
    for kind, variant in (
        *(("simulated", name) for name in simulated), ("derived", "nominal"),
    ):  # fmt: skip
        drawn = find_rows(numbers, series=f"{kind}_{variant}")
        rows = find_rows(results["scan"], kind=kind, variant=variant, method="rolke")
        assert [(row["mass_gev"], row["upper_branching_fraction"]) for row in drawn] == [
            (row["mass_gev"], row["upper_branching_fraction"]) for row in rows
        ]
    drawn = {row["mass_gev"]: row for row in find_rows(numbers, series="published")}
    expected = {
        number.mass_gev: number
        for number in published
        if number.quantity == "upper_limit_branching_fraction"
        and number.mass_gev is not None
        and number.value is not None
    }
    assert drawn.keys() == expected.keys()
    for mass, number in expected.items():
        assert drawn[mass]["upper_branching_fraction"] == number.value
        assert drawn[mass]["reading_confidence"] == number.reading_confidence


def test_doubtful_published_points_are_hollow(made):
    figure, _ = made["figure3"]
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["Published"].get_markerfacecolor() == "black"
    assert lines["Published, doubtful reading"].get_markerfacecolor() == "white"


def test_efficiency_figure_draws_the_table(made, results):
    _, numbers = made["efficiency_vs_mass"]
    drawn = find_rows(numbers, series="simulated_nominal")
    rows = find_rows(results["efficiencies"], model="two_majorana", variation="nominal")
    assert [row["efficiency_percent"] for row in drawn] == pytest.approx(
        [100 * row["efficiency_in_bin"] for row in rows]
    )
    angles = ("nominal", "pair_one_plus_cos2", "pair_v_minus_a")
    series = {name for name in numbers["series"] if name.startswith("simulated")}
    assert series == {
        "simulated_uncalibrated",
        *(f"simulated_{name}{end}" for name in angles for end in ("", "_without_mass_bin")),
    }
    whole = find_rows(numbers, series="simulated_nominal_without_mass_bin")
    assert [row["efficiency_percent"] for row in whole] == pytest.approx(
        [100 * row["efficiency"] for row in rows]
    )
    at_low_mass = find_rows(numbers, series="published", mass_gev=0.575)[0]
    assert at_low_mass["uncertainty_percent"] == pytest.approx(8.97 * 0.2)


def test_modelling_figure_takes_the_common_part_out(made):
    _, numbers = made["modelling"]
    (row,) = find_rows(numbers, series="published", mass_gev=0.575)
    assert row["modelling_percent"] == pytest.approx(math.sqrt(20.0**2 - 7.0**2))
    (row,) = find_rows(numbers, series="published", mass_gev=1.0)
    assert row["modelling_percent"] == 0.0


def test_curves_come_sorted_and_complete(made):
    _, punzi = made["punzi_curve"]
    assert punzi["chi_square_cut"] == [10, 20, 40]
    assert punzi["relative_figure_of_merit"] == pytest.approx([0.8, 1.0, 0.75])
    _, calibration = made["calibration_curve"]
    assert calibration["low_momentum_scale"] == [0.0, 1.0, 2.0]
    assert calibration["chosen"] == [False, False, True]
    assert calibration["efficiency_percent"] == pytest.approx([19, 17, 15])
    _, flow = made["cut_flow"]
    assert flow["cut"] == list(_CUTS)
    assert flow["cumulative_efficiency"] == [1.0, 0.7, 0.0]


def test_probability_density_has_area_one_and_map_counts_all(made):
    _, numbers = made["chi_square_probability"]
    assert sum(numbers["candidates"]) == 5000
    assert np.mean(numbers["density"]) == pytest.approx(1.0)
    _, numbers = made["acceptance_map"]
    assert sum(numbers["generated"]) == 4000
    ratio = np.array(numbers["selected"]) / np.array(numbers["generated"])
    assert numbers["efficiency"] == pytest.approx(ratio.tolist())


def test_a_figure_with_too_few_events_says_so(published):
    nothing = {
        "figure2": draw_masses([], [], window_gev=(3.07, 3.12)),
        "probabilities": draw_probabilities({"empty": []}),
        "acceptance": draw_acceptance([1.0], [1.1], [True]),
        "punzi": punzi_curve(published, {
            "chi_square_cut": [10, 20], "efficiency": [0.0, 0.0], "background": [0.0, 0.0],
            "figure_of_merit": [0.0, 0.0],
        }),
    }
    for name, (figure, _) in nothing.items():
        assert any("Too few events" in t.get_text() for t in printed_figures.texts(figure)), name
    printed_figures.check({name: made for name, made in nothing.items() if name != "probabilities"})


def test_few_events_are_written_over_a_figure_of_events_alone(made):
    for draw, is_marked in ((lambda: draw_masses([3.1], [], window_gev=(3.07, 3.12)), True),
                            (figure1, False)):
        figure, _ = draw()
        mark_small_statistics(figure, "")
        assert not any("test" in text.get_text() for text in printed_figures.texts(figure))
        mark_small_statistics(figure, "Test configuration: 2,000 events, not 100,000")
        marks = [t for t in printed_figures.texts(figure) if "2,000 events" in t.get_text()]
        assert len(marks) == is_marked


def test_the_published_event_of_figure2_lies_across_its_window():
    figure, _ = draw_masses(
        [3.09, 3.10, 3.10], [], window_gev=(3.07, 3.12), published_events=1.0,
        branching_fraction_per_candidate=1e-9,
    )
    (bar,) = figure.axes[0].containers[-1:]
    segment = bar[2][0].get_segments()[0]
    assert segment[:, 0] == pytest.approx([3.07, 3.12]) and list(segment[:, 1]) == [1.0, 1.0]
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    # Two candidates in the highest bin, drawn as one.
    assert any(r"5\times10^{-10}" in text for text in legend)
    assert "Published: 1 in the window, mass not printed" in legend


def test_figure3_expects_the_limit_without_an_event(made, results):
    _, numbers = made["figure3"]
    scan = find_rows(results["scan"], kind="simulated", variant="nominal", method="rolke")
    expected = find_rows(numbers, series="expected_nominal")
    assert [row["mass_gev"] for row in expected] == sorted(row["mass_gev"] for row in scan)
    for row in scan:
        (drawn,) = find_rows(numbers, series="expected_nominal", mass_gev=row["mass_gev"])
        if row["background"] == 0:
            # Without background nothing is expected: the limit is that of no event.
            none = methods.counting_experiment(
                0, 0.0, 0.0, row["efficiency"], row["efficiency_uncertainty"]
            )
            upper = methods.interval("rolke", none, 0.90, bounded=False).upper
            one = row["upper_branching_fraction"] / row["upper_events"]
            assert drawn["upper_branching_fraction"] == pytest.approx(one * upper)
        low, high = (
            find_rows(numbers, series=f"expected_nominal_{end}_95", mass_gev=row["mass_gev"])[0]
            for end in ("low", "high")
        )
        assert low["upper_branching_fraction"] <= drawn["upper_branching_fraction"]
        assert drawn["upper_branching_fraction"] <= high["upper_branching_fraction"]


def test_the_punzi_figure_says_that_without_background_it_is_the_efficiency(published):
    for background, said in ((0.0, True), (1e-4, True), (0.5, False)):
        rows = {"chi_square_cut": [10, 20], "efficiency": [0.1, 0.2],
                "background": [background] * 2, "figure_of_merit": [0.05, 0.1]}
        figure, _ = punzi_curve(published, rows)
        shown = any("is the efficiency" in t.get_text() for t in printed_figures.texts(figure))
        assert shown == said


def test_the_cut_flow_speaks_in_words(made):
    figure, _ = made["cut_flow"]
    axes = figure.axes[0]
    assert axes.get_xticklabels()[-1].get_text() == "kinematic fit converges"
    assert axes.get_legend().get_texts()[0].get_text() == "Phase space"
    assert "50" in [label.get_text() for label in axes.get_yticklabels()]


def test_bad_inputs_are_named(published):
    with pytest.raises(ValueError, match="one entry an event"):
        draw_acceptance([1.0, 1.1], [1.0], [True])
    flow = dict.fromkeys(("sample", "variation", "cut", "cumulative_efficiency"), [])
    with pytest.raises(ValueError, match="signal_phsp"):
        cut_flow(flow, samples=["signal_phsp"])
    with pytest.raises(ValueError, match="1 to 5"):
        cut_flow(flow, samples=[])
    empty = {n: [] for n in ("chi_square_cut", "efficiency", "background", "figure_of_merit")}
    with pytest.raises(ValueError, match="no rows"):
        punzi_curve(published, empty)


def test_another_window_than_the_published_one_is_marked_too():
    for printed, lines in ((None, 0), ((3.07, 3.12), 0), ((3.06, 3.13), 2)):
        figure, _ = draw_masses(
            [3.09, 3.10], [3.1], window_gev=(3.07, 3.12), published_window_gev=printed
        )
        marked = [line for line in figure.axes[0].lines if line.get_linestyle() == "-."]
        assert [line.get_xdata()[0] for line in marked] == list(printed or ())[:lines]
        legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert ("Published window" in legend) == bool(lines)


def test_pseudo_data_are_one_draw_of_the_sum_of_all_backgrounds():
    spectra = {
        "sample": ["bkg_a"] * 2 + ["bkg_b"] * 2,
        "mass_low_gev": [3.0, 3.1] * 2,
        "mass_high_gev": [3.1, 3.2] * 2,
        "expected_events": [400.0, 0.0, 500.0, 100.0],
    }
    masses, expected = pseudo_data(spectra, 1)
    assert expected == pytest.approx(1000.0)
    low, high = (np.sum(np.isclose(masses, centre)) for centre in (3.05, 3.15))
    assert low + high == len(masses)
    assert abs(low - 900) < 5 * 30 and abs(high - 100) < 5 * 10
    assert np.array_equal(masses, pseudo_data(spectra, 1)[0])
    assert not np.array_equal(masses, pseudo_data(spectra, 2)[0])
