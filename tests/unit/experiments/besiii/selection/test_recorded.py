"""The user's own events in the selection: what is closed changes nothing that is written."""

from dataclasses import replace

import numpy as np
import pytest
import uproot
from printed_figures import texts

from lnvsearch.event_files import read_tree, tree_file
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import write_recorded
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.recorded import select_data
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay
from lnvsearch.papers.besiii_2025.figures.candidates import figure2
from lnvsearch.publication.published import read_published

WINDOW = [3.07, 3.12]


def hidden(events, spoiled):
    """Events of which some leave no energy in the calorimeter: none of their tracks is an electron."""
    tracks = np.repeat(spoiled, np.diff(events.track_offsets))
    energy = np.where(tracks, 0.0, events.track["emc_energy"])
    return replace(events, track={**events.track, "emc_energy": energy.astype("float32")})


@pytest.fixture(scope="module")
def files(response, selection, tmp_path_factory):
    """Two files of the same events; those in the window are candidates in the first one only."""
    streams = {"base_seed": 5, "sample": "data"}
    decays = generate(Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"]), 3000, **streams)
    events = simulate(decays, response, **streams)
    found, _ = select(events, selection)
    inside = (found["mass_gev"] >= WINDOW[0]) & (found["mass_gev"] <= WINDOW[1])
    assert inside.sum() > 300 and (~inside).sum() > 30
    folder = tmp_path_factory.mktemp("data")
    write_recorded(folder / "with.root", events)
    spoiled = np.isin(events.event_number, found["event_number"][inside])
    write_recorded(folder / "without.root", hidden(events, spoiled))
    return {name: folder / f"{name}.root" for name in ("with", "without")}


@pytest.fixture(scope="module")
def given(settings, selection):
    """As the workflow gives them, by whether the window is open."""
    from searches.besiii.search import _blinded

    def of(is_unblinded):
        cuts = settings["selection"] if is_unblinded else _blinded(settings["selection"])
        values = {
            "parent": "J/psi(1S)", "cuts": cuts, "final_state": ["K+", "K+", "e-", "e-"],
            "momentum_x_gev": selection.total_four_momentum[0],
            "magnetic_field_t": selection.magnetic_field_t,
        }
        assert Selection.of_decays(**values)
        return {
            "selection": values, "channel": "kkee", "selection_name": "lnv",
            "window_gev": WINDOW, "is_unblinded": is_unblinded,
            "mass_bins": {"masses_gev": [0.9, 1.1], "width_gev": 0.2, "masses": "fitted"},
        }

    return of


def trees(path):
    with uproot.open(path) as file:
        return {name: file[name].arrays(library="np") for name in file.keys(cycle=False)}


def test_nothing_that_is_written_depends_on_what_is_closed(files, given, tmp_path):
    tables, written = {}, {}
    for name, file in files.items():
        path = tmp_path / f"{name}.root"
        tables[name], written[name] = select_data(file, given(False), path), trees(path)
    assert tables["with"] == tables["without"]
    assert set(written["with"]) == set(written["without"]) == {"Candidates"}
    one, other = (written[name]["Candidates"] for name in files)
    assert len(one["mass_gev"]) > 30
    for column in one:
        assert np.array_equal(one[column], other[column], equal_nan=True), column
    opened = [
        select_data(file, given(True), tmp_path / "open.root")["counts"]["events"]
        for file in files.values()
    ]
    assert opened[0][0] > 300 and opened[1][0] == 0
    # Bins of the mass scan: within 25 MeV of one mass for both pairs, in the window.
    in_bins = opened[0][3:]
    assert len(in_bins) == 2 and 0 < sum(in_bins) <= opened[0][0] and sum(opened[1][3:]) == 0
    assert tables["with"]["counts"]["region"][3:] == ["mass_bin_0.900", "mass_bin_1.100"]
    assert tables["with"]["counts"]["events"][3:] == [None, None]


def test_closed_bins_are_empty_in_the_table_and_hatched_in_the_figure(
    files, given, root, tmp_path
):
    spectra = {
        name: select_data(files["with"], given(is_open), tmp_path / f"{name}.root")["spectra"]
        for name, is_open in (("closed", False), ("open", True))
    }
    bins = list(zip(spectra["closed"]["mass_low_gev"], spectra["closed"]["mass_high_gev"], strict=True))
    inside = [low < WINDOW[1] - 1e-9 and high > WINDOW[0] + 1e-9 for low, high in bins]
    assert [n is None for n in spectra["closed"]["events"]] == inside and sum(inside) == 25
    signal = str(tmp_path / "signal.root")
    with tree_file(signal) as write:
        write("Candidates", read_tree(tmp_path / "open.root", "Candidates"))
        write("Generated", {"selected": np.ones(1000, dtype=bool)})
    published = read_published(root / "resources/published/besiii_2025/numbers.csv")
    drawn = {
        name: figure2(published, signal, {}, table, window_gev=WINDOW, base_seed=1)
        for name, table in spectra.items()
    }
    assert drawn["closed"][1]["data_candidates"] == spectra["closed"]["events"]
    assert drawn["open"][1]["data_candidates"] == spectra["open"]["events"]
    hatched = [p for p in drawn["closed"][0].axes[0].patches if p.get_hatch() == "xxx"]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in hatched] == [pytest.approx(WINDOW)]
    assert not [p for p in drawn["open"][0].axes[0].patches if p.get_hatch() == "xxx"]
    for figure, _ in drawn.values():
        said = " ".join(text.get_text() for text in texts(figure))
        assert "recorded data" in said and "simulated events" not in said
    n_open = sum(n or 0 for n in spectra["closed"]["events"])
    said = " ".join(text.get_text() for text in texts(drawn["closed"][0]))
    assert f"closed bins left out: {n_open}" in said
