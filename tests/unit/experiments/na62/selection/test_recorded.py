"""The user's own events: what is counted, and that what is closed cannot be told from the outputs."""

from dataclasses import replace

import numpy as np
import pytest
import uproot

from lnvsearch.event_files import tree_file
from lnvsearch.experiments.na62.event_files import iterate_data, write_spectrometer
from lnvsearch.experiments.na62.selection.recorded import RecordedSettings, count_recorded
from lnvsearch.experiments.na62.selection.select import fit_vertices, select
from lnvsearch.selection.mass_regions import in_region
from lnvsearch.tables import table_rows

#: Selections with a closed region, and its windows.
CLOSED = {"piee_lnv": [[0.470, 0.505]], "pipi0ee_lnv": [[0.484, 0.504]]}


def run(folder, path, paper, *, is_unblinded):
    """The tables, and the file of candidates."""
    settings = replace(
        RecordedSettings.from_mapping(paper.data_parameters()), is_unblinded=is_unblinded
    )
    candidates = folder / "candidates.root"
    with tree_file(candidates) as write:
        tables = count_recorded(
            iterate_data(path, 25_000, rich_for=settings.with_rich), settings, write
        )
    return {**tables, "candidates": candidates}


def masses(outputs):
    with uproot.open(outputs["candidates"]) as file:
        return {
            name.split(";")[0]: file[name]["mass_gev"].array(library="np") for name in file.keys()
        }


def counts(outputs):
    return {
        (row["channel"], row["selection"], row["region"]): row["events"]
        for row in table_rows(outputs["counts"])
    }


@pytest.fixture(scope="module")
def opened(kaon_pseudo_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    return run(folder, kaon_pseudo_data.path, kaon_pseudo_data.paper, is_unblinded=True)


@pytest.fixture(scope="module")
def closed(kaon_pseudo_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("closed")
    return run(folder, kaon_pseudo_data.path, kaon_pseudo_data.paper, is_unblinded=False)


def test_open_counts_are_the_sums_of_the_weights(kaon_pseudo_data, opened):
    """Decisions on what was drawn against probabilities on what it was drawn from."""
    settings = RecordedSettings.from_mapping(kaon_pseudo_data.paper.data_parameters())
    found, tested = counts(opened), 0
    for (channel, name), selection in settings.selections.items():
        weighted = [
            select(chunk, replace(selection, trigger=()), detector=settings.detector,
                   identification=kaon_pseudo_data.maps,
                   vertices=fit_vertices(chunk, settings.detector)).candidates
            for chunk in kaon_pseudo_data.simulated
        ]  # fmt: skip
        mass, weight = (
            np.concatenate([table[key] for table in weighted]) for key in ("mass_gev", "weight")
        )
        for region, window in selection.regions.items():
            expected = weight[in_region(mass, window)].sum()
            number = int(found[channel, name, region])
            assert abs(number - expected) < 4.0 * np.sqrt(expected) + 1.0, (channel, name)
            tested += expected > 50
    assert tested >= 6  # normalisation channel twice, signal and masked region, the other signal, control


def test_candidates_have_weights_of_one_and_no_truth(opened):
    with uproot.open(opened["candidates"]) as file:
        tree = file["piee_lnv"].arrays(library="np")
    assert len(tree["weight"]) > 100 and np.all(tree["weight"] == 1.0)
    assert np.all(np.isnan(tree["true_z_vertex_m"]))


def test_what_is_closed_is_in_no_output(opened, closed):
    full, left = masses(opened), masses(closed)
    for name, windows in CLOSED.items():
        assert np.any(in_region(full[name], windows))
        outside = full[name][~in_region(full[name], windows)]
        assert np.array_equal(left[name], outside)
    for row in table_rows(closed["counts"]):
        is_closed = row["selection"] == "lnv" and row["region"].startswith(("signal", "masked"))
        assert (row["events"] is None) == is_closed
    for row in table_rows(closed["spectra"]):
        low, high = float(row["mass_low_gev"]), float(row["mass_high_gev"])
        windows = CLOSED.get(f"{row['channel']}_{row['selection']}", [])
        overlaps = any(low < end - 1e-9 and high > begin + 1e-9 for begin, end in windows)
        assert (row["events"] is None) == overlaps, row


def test_what_is_open_is_the_same_either_way(opened, closed):
    one, other = counts(opened), counts(closed)
    for place, number in other.items():
        if number is not None:
            assert number == one[place], place
    assert int(other["piee", "sm", "normalisation"]) > 1000
    flows = [
        [row for row in table_rows(outputs["cutflow"]) if row["selection"] != "lnv"]
        for outputs in (opened, closed)
    ]
    assert flows[0] == flows[1] and flows[0]


def test_a_closed_flow_ends_with_the_open_candidates(closed):
    left = masses(closed)
    for name in CLOSED:
        channel = name.removesuffix("_lnv")
        flow = [row for row in table_rows(closed["cutflow"])
                if (row["channel"], row["selection"]) == (channel, "lnv")]  # fmt: skip
        assert flow[0]["cut"] == "open_and_identified"
        assert float(flow[-1]["events_out"]) == len(left[name])
        assert all(float(r["events_out"]) <= float(r["events_in"]) for r in flow)


def unidentified(kaon_pseudo_data, numbers_of):
    """The same events, but for those in the closed regions, which are nothing any more.

    Their electrons leave more energy than any particle of their momenta, or their photons too little; all else stays.
    """
    for chunk, numbers in zip(kaon_pseudo_data.drawn, numbers_of, strict=True):
        track, cluster = dict(chunk.track), dict(chunk.cluster)
        for part, name, factor, concerned in (
            (track, "lkr_energy_gev", 8.0, "piee_lnv"),
            (cluster, "energy_gev", 0.01, "pipi0ee_lnv"),
        ):
            rows_of = np.isin(chunk.event["event_number"], numbers[concerned])
            part[name] = np.where(rows_of[:, np.newaxis], factor * part[name], part[name])
        yield replace(chunk, track=track, cluster=cluster)


def test_closed_outputs_do_not_depend_on_what_is_closed(kaon_pseudo_data, closed, tmp_path):
    """With and without several hundred signal events: the same files to the last byte."""
    paper = kaon_pseudo_data.paper
    numbers_of = []
    for i, chunk in enumerate(kaon_pseudo_data.drawn):
        write_spectrometer(tmp_path / f"{i}.root", chunk)
        folder = tmp_path / str(i)
        folder.mkdir()
        found = run(folder, tmp_path / f"{i}.root", paper, is_unblinded=True)
        with uproot.open(found["candidates"]) as file:
            tables = {name: file[name].arrays(library="np") for name in CLOSED}
        numbers_of.append({
            name: table["event_number"][in_region(table["mass_gev"], CLOSED[name])]
            for name, table in tables.items()
        })
    assert sum(len(numbers["piee_lnv"]) for numbers in numbers_of) > 100
    assert sum(len(numbers["pipi0ee_lnv"]) for numbers in numbers_of) > 50
    write_spectrometer(tmp_path / "without.root", unidentified(kaon_pseudo_data, numbers_of))
    other = run(tmp_path, tmp_path / "without.root", paper, is_unblinded=False)
    for kind in ("cutflow", "counts", "spectra"):
        assert closed[kind] == other[kind], kind
    one, two = masses(closed), masses(other)
    assert all(np.array_equal(one[name], two[name]) for name in one)
