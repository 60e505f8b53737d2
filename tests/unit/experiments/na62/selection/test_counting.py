"""One pass through selections and variations: tables of known numbers, and chunks that join."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.counting import (
    Variation,
    count_sample,
    read_variations,
    tables_of,
)
from lnvsearch.experiments.na62.selection.identification_maps import MAPS, correction_set
from lnvsearch.experiments.na62.selection.settings import SelectionSettings, SpectrumBins
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.selection.sample_tables import SAMPLE_COLUMNS
from lnvsearch.tables import find_rows

LNV = ("pi-", "e+", "e+")
N = 600


@pytest.fixture(scope="module")
def events(toys):
    """Half of them with a photon of 30 MeV in the large-angle veto."""
    energy = np.where(np.arange(N) % 2, 0.03, 0.0).astype(np.float32)
    return toys.events(LNV, N, 41, lav_energy_gev=energy)


@pytest.fixture(scope="module")
def variations(toys):
    """The veto at 20 and at 50 MeV."""
    selection = SelectionSettings(
        LNV, 1, [*toys.loose_cuts, {"cut": "large_angle_veto"}], ["lkr"],
        regions={"signal": [[0.4886, 0.4988]], "control": [[0.0, 0.47]]},
        spectrum=SpectrumBins(0.48, 0.5, 0.01),
    )  # fmt: skip
    nominal = Variation("nominal", "nominal", {("piee", "lnv"): selection}, toys.detector,
                        toys.maps(efficiency_pion=0.5), TriggerSettings())  # fmt: skip
    high = replace(toys.detector, lav=toys.detector.lav._replace(threshold_gev=0.05))
    return [nominal, replace(nominal, name="veto_high", detector=high)]


def counted(chunks, variations):
    written = {}

    def write(name, columns):
        written.setdefault(name, []).append(columns)

    nominal = ({"nominal": chunk} for chunk in chunks)
    return tabulated(count_sample(nominal, variations, write), variations), written


def tabulated(counts, variations):
    selections = {(v.name, place): s for v in variations for place, s in v.selections.items()}
    return tables_of(counts, selections, {v.name: v.events for v in variations}, "signal_piee")


def test_acceptances_are_weights_over_generated_events(events, variations):
    tables, written = counted([events], variations)
    (candidates,) = written["piee_lnv"]
    number = len(candidates["weight"])
    assert 20 < number < N / 2 and np.all(candidates["weight"] == 0.5)
    place = {"sample": "signal_piee", "selection": "lnv", "channel": "piee"}
    (signal,) = find_rows(tables["acceptance"], variation="nominal", region="signal", **place)
    assert signal["acceptance"] == pytest.approx(0.5 * number / N)
    assert (signal["effective_events"], signal["generated_events"]) == (number, N)
    (control,) = find_rows(tables["acceptance"], variation="nominal", region="control", **place)
    assert control["acceptance"] == 0.0
    bins = find_rows(tables["spectra"], variation="nominal", **place)
    assert [(row["mass_low_gev"], row["mass_high_gev"]) for row in bins] == [(0.48, 0.49), (0.49, 0.5)]
    assert bins[1]["acceptance"] == pytest.approx(signal["acceptance"]) and bins[0]["acceptance"] == 0
    flow = find_rows(tables["cutflow"], variation="nominal", **place)
    assert flow[-1]["cut"] == "trigger"
    assert flow[-1]["cumulative_efficiency"] == pytest.approx(signal["acceptance"])


def test_every_variation_has_its_rows_and_the_first_its_candidates(events, variations):
    tables, written = counted([events], variations)
    assert set(written) == {"piee_lnv", "Generated"}
    assert {name: values[0] for name, values in written["Generated"][0].items()} == {
        "n_generated": N, "sum_weight": N, "sum_squared_weight": N,
    }  # fmt: skip
    for kind, table in tables.items():
        assert tuple(table) == SAMPLE_COLUMNS[kind]
        assert set(table["variation"]) == {"nominal", "veto_high"}
    low, high = (
        find_rows(tables["acceptance"], variation=name, region="signal")[0]["acceptance"]
        for name in ("nominal", "veto_high")
    )
    assert high == pytest.approx(2 * low, rel=0.3)
    # What the nominal veto costs is the share that passes the other one.
    (loss,) = find_rows(tables["losses"], variation="nominal", condition="large_angle_veto")
    assert loss["relative_loss"] == pytest.approx(1.0 - low / high)


def test_chunks_join_without_a_seam(events, variations):
    whole, _ = counted([events], variations)
    parts, written = counted(events.parts(N // 3), variations)
    assert len(written["piee_lnv"]) == 3 and len(written["Generated"]) == 1
    for kind, table in whole.items():
        for name, column in table.items():
            assert parts[kind][name] == pytest.approx(column, nan_ok=True), (kind, name)


def test_counts_of_parts_join_to_the_same_bits(events, variations):
    """However the chunks are divided among jobs, and kept on file between them."""
    chunks = [{"nominal": part} for part in events.parts(N // 5)]
    whole = tabulated(count_sample(chunks, variations, lambda *_: None), variations)
    for cut in (1, 2, 4):
        counts = [
            one
            for part in (chunks[:cut], chunks[cut:])
            for one in pickle.loads(pickle.dumps(count_sample(part, variations, lambda *_: None)))
        ]
        assert tabulated(counts, variations) == whole


def test_a_variation_of_the_detector_has_events_and_sums_of_its_own(events, variations):
    """Its candidates are in a folder of its name; what is generated for it is counted for it."""
    nominal = variations[0]
    other = replace(nominal, name="material_up", events="material_up")
    few = next(events.parts(N // 2))
    chunks = [{"nominal": events}, {"material_up": replace(few, n_generated=N // 2)}]
    written = {}
    counts = count_sample(
        chunks, [nominal, other], lambda name, columns: written.update({name: columns})
    )
    tables = tabulated(counts, [nominal, other])
    assert set(written) == {"piee_lnv", "Generated", "material_up/piee_lnv", "material_up/Generated"}
    assert written["material_up/Generated"]["n_generated"] == [N // 2]
    alone, _ = counted([replace(few, n_generated=N // 2)], [replace(nominal, name="material_up")])
    for kind, table in alone.items():
        rows = find_rows(tables[kind], variation="material_up")
        assert rows == find_rows(table, variation="material_up"), kind


def test_variations_are_read_with_their_maps(toys, tmp_path):
    import json

    anchors = dict.fromkeys(MAPS, {"momentum_gev": [10.0], "probability": [0.5]})
    path = tmp_path / "maps.json"
    path.write_text(json.dumps(correction_set(anchors)))
    detector = {name: section._asdict() for name, section in vars(toys.detector).items()}
    lnv = {"final_state": list(LNV), "charge": 1, "cuts": toys.loose_cuts}
    trigger = {"chains": {"any": {"downscaling": 2.0}}, "inefficiency": {"lkr": 0.1}}
    settings = {
        "nominal": {"events": "nominal", "selections": {"piee": {"lnv": lnv}},
                    "detector": detector, "trigger": trigger},
        "loose": {"events": "nominal", "selections": {"piee": {"lnv": {**lnv, "cuts": []}}},
                  "detector": detector, "trigger": trigger},
    }  # fmt: skip
    nominal, loose = read_variations(settings, [path] * 2)
    assert nominal.detector == loose.detector == toys.detector
    assert (nominal.name, loose.name, loose.events) == ("nominal", "loose", "nominal")
    assert loose.selections["piee", "lnv"].cuts == []
    assert nominal.selections["piee", "lnv"].cuts == toys.loose_cuts
    assert nominal.trigger.inefficiency == {"lkr": 0.1}
