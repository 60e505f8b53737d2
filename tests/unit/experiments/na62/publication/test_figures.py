"""The figures of the NA62 papers: what is drawn is what went in; invented numbers throughout."""

import invented_na62 as invented
import numpy as np
import printed_figures
import pytest
import quick_yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.figures.acceptance import (
    acceptance_ratio,
    dalitz_area_fractions,
    dalitz_limits,
    draw_dalitz,
)
from lnvsearch.experiments.na62.publication.figures.beam_line import layout
from lnvsearch.experiments.na62.publication.figures.identification import (
    muon_identification,
    pion_and_electron_identification,
)
from lnvsearch.experiments.na62.publication.figures.spectra import masses
from lnvsearch.experiments.na62.publication.figures.style import printed_regions, style_of
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.publication.figures.style import figure_bytes
from lnvsearch.tables import find_rows, number_of_rows, table_from_rows, table_rows

DETECTOR = invented.ROOT / "config" / "detectors" / "na62.yaml"


@pytest.fixture(scope="module")
def published():
    return {paper: invented.published(paper) for paper in invented.PAPERS}


@pytest.fixture(scope="module")
def detector():
    return quick_yaml.load(DETECTOR.read_text(encoding="utf-8"))


FINAL_STATES = {"piee": ("pi-", "e+", "e+"), "pimumu": ("pi-", "mu+", "mu+")}
DECAYS = {name: invented.LABELS[f"signal_{name}"] for name in ("piee", "pimumu", "pipi0ee")}


def dalitz(candidates, sums):
    return draw_dalitz(candidates, sums, final_states=FINAL_STATES, labels=DECAYS)


def ratio(paper):
    return acceptance_ratio(
        invented.acceptance(paper), invented.published(paper), channels=invented.channels(paper),
        labels=DECAYS, legends=invented.legends(paper),
    )


def of_paper(paper, figure, spectra=None, **changed):
    """A figure of masses of one of the papers."""
    settings = invented.masses(paper, figure) | changed
    spectra = spectra or invented.spectra(settings["channel"])
    return masses(spectra, invented.published(paper), **settings)


@pytest.fixture(scope="module")
def made(detector):
    candidates, sums = {}, {}
    for channel in ("piee", "pimumu"):
        candidates[channel], sums[channel] = invented.dalitz_candidates(channel)
    return {
        "layout": layout(detector),
        "2019 figure2": of_paper("na62_2019", "figure2"),
        "2019 figure3": of_paper("na62_2019", "figure3"),
        "2022 figure2": pion_and_electron_identification(invented.identification()),
        "2022 figure3": of_paper("na62_2022", "figure3"),
        "2022 figure4": of_paper("na62_2022", "figure4"),
        "2022 figure5": of_paper("na62_2022", "figure5"),
        "dalitz": dalitz(candidates, sums),
        "dalitz of one": dalitz({"piee": candidates["piee"]}, sums),
        "ratio 2019": ratio("na62_2019"),
        "ratio 2022": ratio("na62_2022"),
    }


def test_every_figure_is_labelled_legible_and_inside_its_printed_size(made):
    printed_figures.check(made)


def test_spectra_draw_every_bin_of_every_sample(made):
    for name, channel, selections in (
        ("2019 figure2", "piee", ("sm", "lnv", "sm_auxiliary", "lnv_auxiliary")),
        ("2019 figure3", "pimumu", ("sm", "lnv")),
        ("2022 figure4", "piee", ("lnv", "lnv_missing_momentum")),
        ("2022 figure5", "pipi0ee", ("lnv",)),
    ):
        numbers = made[name][1]
        drawn = {
            (row["selection"], row["sample"], row["mass_low_gev"]): row["expected_events"]
            for row in table_rows(numbers)
            if row["drawn_as"] != "published"
        }
        expected = {
            (row["selection"], row["sample"], round(row["mass_low_gev"], 9)): row["expected_events"]
            for row in table_rows(invented.spectra(channel))
            if row["selection"] in selections
        }
        assert drawn == pytest.approx(expected), name


def test_the_top_of_the_stack_is_the_sum(made):
    figure, _ = made["2019 figure3"]
    panel = figure.axes[1]
    rows = find_rows(invented.spectra("pimumu"), selection="lnv")
    in_bin = {}
    for row in rows:
        if not row["sample"].startswith("signal"):
            key = row["mass_low_gev"]
            in_bin[key] = in_bin.get(key, 0.0) + row["expected_events"]
    tops = [
        patch.get_data().values
        for patch in panel.patches
        if hasattr(patch, "get_data") and not patch.get_fill()
    ]
    assert any(np.allclose(top, list(in_bin.values())) for top in tops)


def test_only_printed_counts_are_quoted_as_data(made, published):
    expected = {
        "2019 figure2": {"normalisation_candidates", "observed_events_control_region",
                         "observed_events_masked_region", "observed_events"},
        "2022 figure5": {"observed_events_control_region", "observed_events"},
    }
    for name, quantities in expected.items():
        rows = find_rows(made[name][1], drawn_as="published")
        assert {row["sample"] for row in rows} == quantities
        paper = published[f"na62_{name[:4]}"]
        for row in rows:
            assert row["published_events"] == paper.value(row["sample"], channel=row["channel"])
            assert row["expected_events"] is None
    quoted = " ".join(text.get_text() for text in printed_figures.texts(made["2022 figure3"][0]))
    assert "11041" in quoted and "9922" in quoted


def data_of(selection, events):
    """A user's events in the bins of the invented spectra; None: closed."""
    edges = np.linspace(0.35, 0.60, 51)
    return table_from_rows(
        [
            {"channel": "piee", "selection": selection, "mass_low_gev": low, "mass_high_gev": high, "events": number}
            for low, high, number in zip(edges[:-1], edges[1:], events, strict=True)
        ],
        ("channel", "selection", "mass_low_gev", "mass_high_gev", "events"),
    )


def test_a_user_s_events_are_points_in_open_bins():
    events = [0] * 50
    events[3], events[40] = 4, 2_000_000
    events[24:31] = [None] * 7
    drawn = []
    for data in (data_of("lnv", events), None):
        figure, numbers = of_paper("na62_2022", "figure4", user_spectra=data)
        drawn.append((figure, numbers))
        assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    (figure, numbers), (_, without) = drawn
    points = {row["mass_low_gev"]: row["data_events"]
              for row in table_rows(numbers) if row["drawn_as"] == "data"}  # fmt: skip
    open_bins = [number for number in events if number is not None]
    assert list(points.values()) == open_bins and len(points) == 43
    # All else is as without them, and the largest point is inside the panel.
    others = [row for row in table_rows(numbers) if row["drawn_as"] != "data"]
    assert [{k: v for k, v in row.items() if k != "data_events"} for row in others] == table_rows(
        without
    )
    assert "data_events" not in without
    lnv, control = figure.axes[:2]
    assert lnv.get_ylim()[1] > 2_000_000 > control.get_ylim()[1]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "Data (user's file)" in legend
    (line,) = [line for line in lnv.lines if line.get_marker() == "o"]
    assert line.get_ydata().tolist() == [4, 2_000_000]


def printed(paper, channel):
    return printed_regions(Numbers(invented.published(paper), invented.channels(paper)), channel)


def test_regions_are_the_papers():
    kaon = particles.mass_gev("K+")
    mumu = printed("na62_2019", "pimumu")
    assert mumu.normalisation == (0.484, 0.504) and mumu.masked is None
    assert mumu.signal == pytest.approx((kaon - 3.3e-3, kaon + 3.3e-3))
    ee = printed("na62_2022", "piee")
    assert ee.masked == pytest.approx((0.470, 0.505))
    assert ee.signal == pytest.approx((0.4886, 0.4988))
    four = printed("na62_2022", "pipi0ee")
    assert four.signal == (0.484, 0.504) and four.masked is None
    assert four.normalisation == ee.normalisation


def test_the_regions_that_were_applied_are_drawn_and_others_of_the_paper_marked(made):
    """A user who moves the signal region sees both."""
    panels = invented.masses("na62_2022", "figure4")["panels"]
    lnv = panels[0] | {"regions": panels[0]["regions"] | {"signal": [[0.490, 0.498]]}}
    figure, _ = of_paper("na62_2022", "figure4", panels=[lnv, *panels[1:]])

    def lines(figure, style):
        return [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == style]

    assert lines(figure, "-.") == pytest.approx([488.6, 498.8])
    drawn = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert {490.0, 498.0} <= {round(x, 6) for x in drawn}
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "published region" in legend
    # Where they are the same, nothing is marked.
    for name in ("2019 figure2", "2019 figure3", "2022 figure3", "2022 figure4", "2022 figure5"):
        legend = [text.get_text() for text in made[name][0].legends[0].get_texts()]
        assert "published region" not in legend, name


def test_a_hypothesis_is_drawn_by_the_legend_of_the_searchs_file():
    acceptance = invented.acceptance("na62_2019")
    figure, numbers = acceptance_ratio(
        acceptance, invented.published("na62_2019"), channels=invented.channels("na62_2019"),
        labels=DECAYS, legends={"harder_cut": "A harder cut"},
    )
    assert set(numbers["variation"]) == {"nominal", "harder_cut"}
    assert "A harder cut" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_processes_of_one_panel_are_told_apart_by_more_than_colour():
    for channel in ("piee", "pimumu", "pipi0ee"):
        samples = {
            name for name in invented.spectra(channel)["sample"] if name.startswith("bkg_")
        }
        styles = {style_of(name, "background") for name in samples}
        assert len(styles) == len(samples)
    soft, hard = ("bkg_pipi0_dalitz_gamma_soft", "bkg_pipi0_dalitz_gamma")
    assert style_of(soft, "background") != style_of(hard, "background")


def test_bad_spectra_are_named():
    with pytest.raises(ValueError, match="no selection 'sm_rich'"):
        rows = find_rows(invented.spectra("piee"), selection="sm")
        of_paper("na62_2022", "figure3", table_from_rows(rows, list(rows[0])))
    rows = table_rows(invented.spectra("pipi0ee"))
    rows.pop(3)
    with pytest.raises(ValueError, match="gaps or overlap"):
        of_paper("na62_2022", "figure5", table_from_rows(rows, list(rows[0])))
    rows = table_rows(invented.spectra("pipi0ee"))[1:]
    with pytest.raises(ValueError, match="different bins"):
        of_paper("na62_2022", "figure5", table_from_rows(rows, list(rows[0])))


def test_samples_too_small_to_fill_anything_still_make_figures():
    empty = {
        channel: invented.spectra(channel) | {
            "expected_events": [0.0] * number_of_rows(invented.spectra(channel))}
        for channel in ("piee", "pipi0ee")
    }
    one = invented.spectra("piee")
    one["expected_events"] = [0.0] * (number_of_rows(one) - 1) + [2.0]
    nothing = {name: np.array([]) for name in ("weight", "true_mass_1_gev", "true_mass_2_gev")}
    for figure, numbers in (
        of_paper("na62_2019", "figure2", empty["piee"]),
        of_paper("na62_2022", "figure4", one),
        of_paper("na62_2022", "figure5", empty["pipi0ee"]),
        dalitz({"piee": nothing}, {"piee": 100.0}),
    ):
        assert figure_bytes(figure, "png").startswith(b"\x89PNG")
        assert number_of_rows(numbers) > 0


def test_control_samples_are_not_stacked():
    rows = table_rows(invented.spectra("pipi0ee"))
    control = [{**row, "sample": "control_pions"} for row in rows if "ee_sm" in row["sample"]]
    table = table_from_rows(rows + control, list(rows[0]))
    _, numbers = of_paper("na62_2022", "figure5", table)
    assert "control_pions" not in numbers["sample"]


def test_layout_is_the_detectors(made, detector):
    _, numbers = made["layout"]
    (row,) = [r for r in find_rows(numbers, element="STRAW2") if r["part"] == "+x"]
    spectrometer = {name: leaf["value"] for name, leaf in detector["spectrometer"].items()}
    centre = spectrometer["hole_centre_x_m"][1]
    # The corner of the square of u and v, in the plane that is drawn.
    assert row["x_low_m"] == pytest.approx(centre + 2.0**0.5 * spectrometer["hole_half_size_m"])
    assert row["x_high_m"] == spectrometer["outer_radius_m"]
    assert 0.5 * (row["z_begin_m"] + row["z_end_m"]) == pytest.approx(
        spectrometer["chamber_z_m"][1])
    stations = {r["element"] for r in table_rows(numbers) if r["element"].startswith("LAV")}
    assert len(stations) == len(detector["lav"]["front_z_m"]["value"]) == 12
    beam = find_rows(numbers, element="beam")
    # The beam passes through every hole of the spectrometer.
    for z, hole in zip(spectrometer["chamber_z_m"], spectrometer["hole_centre_x_m"], strict=True):
        piece = next(r for r in beam if r["z_begin_m"] <= z <= r["z_end_m"])
        share = (z - piece["z_begin_m"]) / (piece["z_end_m"] - piece["z_begin_m"])
        x = piece["x_low_m"] + share * (piece["x_high_m"] - piece["x_low_m"])
        assert abs(x - hole) < spectrometer["hole_half_size_m"]


def test_layout_has_the_collimator_of_the_data(made, detector):
    small, large = (
        detector["upstream"][name]["value"]
        for name in ("early_collimator_half_width_m", "collimator_half_width_x_m")
    )
    for periods, width in (
        ((), large), (("run_2017",), small), (("run_2016", "run_2017"), small),
        (("run_2017", "run_2018"), large),
    ):  # fmt: skip
        _, numbers = layout(detector, periods)
        found = {abs(row["x_high_m"]) for row in find_rows(numbers, element="collimator", part="+x")}
        assert found == {width}, periods
    assert small == 0.075


def test_a_panel_without_events_says_so():
    rows = table_rows(invented.spectra("pipi0ee"))
    nothing = table_from_rows(
        [{**row, "expected_events": 0.0, "uncertainty": 0.0} for row in rows], list(rows[0])
    )
    figure, _ = of_paper("na62_2022", "figure5", nothing)
    assert any("Too few events" in t.get_text() for t in printed_figures.texts(figure))


def test_layout_takes_plain_numbers_and_names_what_is_missing(made, detector):
    plain = {
        section: {key: leaf["value"] for key, leaf in leaves.items()}
        for section, leaves in detector.items()
        if isinstance(leaves, dict)
    }
    _, numbers = layout(plain)
    assert numbers["x_high_m"] == made["layout"][1]["x_high_m"]
    del plain["lkr"]["z_m"]
    with pytest.raises(ValueError, match=r"lkr\.z_m"):
        layout(plain)


def test_labels_of_the_layout_keep_their_order_and_distance():
    from lnvsearch.experiments.na62.publication.figures import beam_line as module

    wanted = np.array([100.0, 100.1, 100.2, 150.0, 240.0, 241.0, 262.0])
    places = module._spread(wanted)
    assert np.all(np.diff(places) >= module._LABEL_SPACING_M - 1e-9)
    assert places[1] == pytest.approx(100.1)
    assert places[3] == pytest.approx(150.0)


def test_closure_draws_what_went_in_and_out(made):
    _, numbers = made["2022 figure2"]
    rows = find_rows(numbers, map="efficiency_electron_lkr")
    maps = find_rows(invented.identification(), map="efficiency_electron_lkr")
    assert [row["true_probability"] for row in rows] == pytest.approx(
        [1 - row["true_probability"] for row in maps])
    both = find_rows(numbers, map="pion_to_electron_positive")
    parts = [
        find_rows(numbers, map=name)
        for name in ("pion_to_electron_lkr_positive", "pion_to_electron_rich")
    ]
    for row, first, second in zip(both, *parts, strict=True):
        assert row["true_probability"] == pytest.approx(
            first["true_probability"] * second["true_probability"])
        assert row["uncertainty"] / row["measured_probability"] == pytest.approx(np.hypot(
            first["uncertainty"] / first["measured_probability"],
            second["uncertainty"] / second["measured_probability"]))
    with pytest.raises(ValueError, match="none of"):
        pion_and_electron_identification({name: [] for name in invented.identification()})


def test_closure_of_muons_draws_both_ways():
    _, numbers = muon_identification(invented.identification())
    assert set(numbers["map"]) == {"pion_to_muon", "muon_to_pion"}
    lost = find_rows(numbers, map="muon_to_pion")
    assert all(row["true_probability"] == pytest.approx(0.0015) for row in lost)
    with pytest.raises(ValueError, match="none of"):
        muon_identification({name: [] for name in invented.identification()})


@pytest.mark.parametrize("lepton", ["e+", "mu+"])
def test_shares_of_the_dalitz_plane_are_those_of_decays_uniform_in_it(lepton):
    edges, shares = dalitz_area_fractions(lepton, 12)
    assert shares.sum() == pytest.approx(1.0)
    # The two leptons have one mass: exact one way, midpoint rule the other way.
    assert np.abs(shares - shares.T).max() < 2e-4
    kaon, pion, mass = (particles.mass_gev(name) for name in ("K+", "pi+", lepton))
    rng = np.random.Generator(np.random.Philox(11))
    x, y = rng.uniform(edges[0], edges[-1], (2, 400_000))
    low, high = dalitz_limits(x, kaon, pion, mass)
    inside = (y > low) & (y < high)
    counts, _, _ = np.histogram2d(x[inside], y[inside], [edges, edges])
    expected = shares * inside.sum()
    well = expected > 25
    chi_square = float(((counts - expected)[well] ** 2 / expected[well]).sum())
    assert abs(chi_square - well.sum()) < 5 * np.sqrt(2 * well.sum())


def test_limits_of_the_dalitz_plane_are_momentum_conservation():
    """At its ends the invariant mass of the leptons is between 2 m and M - m_pi."""
    kaon, pion, mass = (particles.mass_gev(name) for name in ("K+", "pi+", "mu+"))
    x = np.linspace((pion + mass) ** 2, (kaon - mass) ** 2, 500)
    low, high = dalitz_limits(x, kaon, pion, mass)
    total = kaon**2 + pion**2 + 2 * mass**2
    pair_low, pair_high = total - x - high, total - x - low
    assert pair_low.min() == pytest.approx(4 * mass**2, rel=1e-3)
    assert pair_high.max() == pytest.approx((kaon - pion) ** 2, rel=1e-3)


def test_dalitz_acceptance_is_flat_where_it_was_made_flat(made):
    _, numbers = made["dalitz"]
    rows = find_rows(numbers, channel="pimumu")
    whole = max(row["share_of_generated"] for row in rows)
    well = [row for row in rows if row["share_of_generated"] > 0.9 * whole]
    # Kept with probability 0.2 and weight 0.5.
    pulls = [(row["acceptance"] - 0.1) / row["uncertainty"] for row in well]
    assert len(pulls) > 100 and abs(np.mean(pulls)) < 0.4
    columns, _ = invented.dalitz_candidates("pimumu")
    assert sum(row["selected_weight"] for row in rows) == pytest.approx(columns["weight"].sum())
    with pytest.raises(ValueError, match="pipi0ee"):
        dalitz({"pipi0ee": columns}, {"pipi0ee": 1.0})


def test_acceptance_ratio_draws_default_and_hypotheses(made):
    _, numbers = made["ratio 2019"]
    found = {(row["channel"], row["variation"]): row for row in table_rows(numbers)}
    assert set(found) == {
        ("piee", "nominal"), ("piee", "physical_radiation"),
        ("pimumu", "nominal"), ("pimumu", "hypothesis_b_outer_tiles"),
    }
    assert found["piee", "nominal"]["ratio"] == pytest.approx(0.060 / 0.066)
    assert found["pimumu", "hypothesis_b_outer_tiles"]["ratio"] == pytest.approx(0.15 / 0.14)
    assert found["piee", "nominal"]["ratio_published"] == pytest.approx(3.87 / 4.98)
    _, numbers = made["ratio 2022"]
    (row,) = find_rows(numbers, channel="pipi0ee")
    assert row["ratio"] == pytest.approx(0.060 / 0.0084)
