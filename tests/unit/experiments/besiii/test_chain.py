"""Samples in chunks: the same events whatever the chunks, for every kind of sample."""

import numpy as np
import pytest

from lnvsearch.experiments.besiii import chain
from lnvsearch.experiments.besiii.chain import Generation, Simulation, cocktail_mode, simulate
from lnvsearch.experiments.besiii.detector.simulate import simulate as simulate_detector
from lnvsearch.experiments.besiii.events import iterate_recorded, read_recorded, write_recorded

STREAMS = {"base_seed": 7, "sample": "toy"}
SIGNAL = {"parent": "J/psi(1S)", "daughters": ["K+", "e-", "K+", "e-"]}


def generation(root, kind="decay", **changed):
    """Settings of a signal, cocktail or inclusive sample."""
    table = {
        "file": str(root / "resources/besiii_2025_cocktail.csv"),
        "sample": "bkg_kkpi0_dalitz",
    }
    return Generation.from_mapping({
        "decay": SIGNAL if kind == "decay" else None,
        "cocktail": table if kind == "cocktail" else None,
        "beam": {"momentum_x_gev": 0.034, "momentum_z_spread_gev": 0.001},
        "final_state_radiation": True,
        "charge_conjugate": True,
        **changed,
    })


def columns(chunks):
    """All arrays of events that come in chunks, by name."""
    chunks = list(chunks)
    join = np.concatenate
    counts = {"track": [np.diff(c.track_offsets) for c in chunks],
              "truth": [np.diff(c.truth_offsets) for c in chunks]}
    return {
        "event_number": join([c.event_number for c in chunks]),
        "weight": join([c.weight for c in chunks]),
        **{f"n_{name}": join(parts) for name, parts in counts.items()},
        **{name: join([c.track[name] for c in chunks]) for name in chunks[0].track},
        **{f"truth_{name}": join([c.truth[name] for c in chunks]) for name in chunks[0].truth},
    }


def assert_the_same_bits(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert np.array_equal(one[name], other[name], equal_nan=True), name


@pytest.mark.parametrize("kind", ["decay", "cocktail", "inclusive"])
def test_events_do_not_depend_on_the_chunks(root, response, monkeypatch, kind):
    settings = Simulation(generation(root, kind), response)
    events = chain.generate(settings.generation, 700, **STREAMS)
    whole = simulate_detector(events, response, **STREAMS)
    monkeypatch.setattr(chain, "EVENTS_PER_CHUNK", 150)
    chunks = list(simulate(settings, 700, **STREAMS))
    assert [len(chunk) for chunk in chunks] == [150, 150, 150, 150, 100]
    assert {chunk.n_generated for chunk in chunks} == {700}
    assert all(chunk.metadata == whole.metadata for chunk in chunks)
    assert_the_same_bits(columns(chunks), columns([whole]))


def test_a_file_gives_back_the_same_bits(root, response, tmp_path, monkeypatch):
    """Weights of backgrounds, too, may be computed from the file."""
    monkeypatch.setattr(chain, "EVENTS_PER_CHUNK", 200)
    settings = Simulation(generation(root, "cocktail"), response)
    chunks = list(simulate(settings, 500, **STREAMS))
    write_recorded(tmp_path / "events.root", iter(chunks))
    back = list(iterate_recorded(tmp_path / "events.root", 200))
    assert_the_same_bits(columns(back), columns(chunks))
    whole = read_recorded(tmp_path / "events.root")
    assert (whole.n_generated, whole.metadata) == (500, {"sample": "toy", "base_seed": 7})


def test_settings_choose_what_is_generated(root):
    signal = generation(root)
    assert signal.decay.final_state == ("K+", "e-", "K+", "e-")
    assert signal.radiation is not None
    assert generation(root, final_state_radiation=False).radiation is None
    assert generation(root, "inclusive").decay is None
    assert "pi0" in str(generation(root, "cocktail").decay)


def test_a_background_that_is_not_in_the_table_is_named(root):
    with pytest.raises(ValueError, match="cocktail.csv: no sample 'bkg_nothing'; add a line"):
        cocktail_mode(root / "resources/besiii_2025_cocktail.csv", "bkg_nothing")
