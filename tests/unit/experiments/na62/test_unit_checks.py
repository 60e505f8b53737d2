"""Columns in other units, of another sign or of another plane contradict the others, and are named."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.na62.data_checks import check_recorded
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.unit_checks import check_agreement

KICK_GEV, TO_MAGNET_M, BEHIND_M = 0.27, 14.0, 22.0


def made(n_events=80):
    """Three straight tracks and two clusters an event, with a thin magnet."""
    random = np.random.default_rng(8)
    shape = (n_events, 3)
    distance = np.repeat(random.uniform(10.0, 75.0, (n_events, 1)), 3, axis=1)
    charge = np.tile(np.array([1, 1, -1], dtype="int8"), (n_events, 1))
    momentum = random.uniform(10.0, 40.0, shape)
    slope = {axis: random.normal(0.0, 0.005, shape) for axis in "xy"}
    behind = {"x": slope["x"] - charge * KICK_GEV / momentum, "y": slope["y"]}
    track = {"charge": charge, "momentum_gev": momentum, "chi_square": random.chisquare(3, shape),
             "lkr_energy_gev": 0.9 * momentum,
             "muv3_tile": random.integers(-1, 148, shape).astype("int16")}  # fmt: skip
    for axis in "xy":
        track |= {
            f"slope_{axis}": slope[axis], f"downstream_slope_{axis}": behind[axis],
            f"{axis}_m": distance * slope[axis],
            f"downstream_{axis}_m": (distance + TO_MAGNET_M) * slope[axis] + BEHIND_M * behind[axis],
        }  # fmt: skip
    cluster = {"energy_gev": random.uniform(2.0, 20.0, (n_events, 2))}
    cluster |= {name: random.uniform(-1.0, 1.0, (n_events, 2)) for name in ("x_m", "y_m")}
    event = {"event_number": np.arange(n_events), "lav_energy_gev": random.uniform(0.1, 10.0, n_events)}
    return SpectrometerEvents(event, track, cluster, n_events, n_events, n_events, {})


def changed(name, factor):
    part, _, column = name.partition(".")
    events = made()
    columns = getattr(events, part)
    return replace(events, **{part: {**columns, column: columns[column] * factor}})


def test_what_belongs_together_is_accepted_and_few_tracks_tell_nothing():
    check_agreement("own.root", made())
    few = made(5)
    check_agreement("own.root", replace(few, track={**few.track, "x_m": 5.0 * few.track["x_m"]}))


@pytest.mark.parametrize("factor", [1000.0, 0.001, 10.0, 0.1, 57.3, 0.01745, -1, 0.0])
@pytest.mark.parametrize("name", [
    "track.momentum_gev", "track.x_m", "track.y_m", "track.slope_x", "track.slope_y", "track.downstream_x_m",
    "track.downstream_y_m", "track.downstream_slope_x", "track.downstream_slope_y",
])  # fmt: skip
def test_a_track_s_column_in_another_unit_is_refused(name, factor):
    if (name, factor) == ("track.momentum_gev", -1):
        return  # no momentum of a file is negative
    with pytest.raises(EventFileError, match=r"own\.root: branch track_\w+: .*; write "):
        check_agreement("own.root", changed(name, factor))


@pytest.mark.parametrize(("name", "factor", "words"), [
    ("track.momentum_gev", 1.5, "track_momentum_gev: half of all changes of slope_x"),
    ("track.charge", -1, "negative total charge, but the beam is of positive kaons"),
    ("track.chi_square", 1000.0, "track_chi_square: half of all chi squares"),
    ("track.lkr_energy_gev", 0.0, "track_lkr_energy_gev is 0 for all of 240 tracks"),
    ("track.lkr_energy_gev", 0.001, "track_lkr_energy_gev: half of all energies over momenta"),
    ("cluster.energy_gev", 1000.0, "cluster_energy_gev: half of all clusters in GeV .*from MeV"),
    ("cluster.x_m", 1000.0, "cluster_x_m is wrong in .* write m .from mm"),
    ("cluster.y_m", 0.001, "cluster_y_m: half of all distances"),
    ("event.lav_energy_gev", 1000.0, "lav_energy_gev: half of all photons in GeV"),
])  # fmt: skip
def test_what_has_one_meaning_is_named(name, factor, words):
    with pytest.raises(EventFileError, match=rf"own\.root: branch .*{words}"):
        check_agreement("own.root", changed(name, factor))


def with_columns(part, **columns):
    events = made()
    return replace(events, **{part: {**getattr(events, part), **columns}})


def test_what_medians_do_not_show_is_refused_by_name():
    track, cluster = made().track, made().cluster
    is_first = np.arange(80)[:, np.newaxis] < 25
    impact = {a: track[f"downstream_{a}_m"] + 22.2 * track[f"downstream_slope_{a}"] for a in "xy"}
    for part, columns, words in (
        ("track", {"momentum_gev": np.where(is_first, 1e3, 1.0) * track["momentum_gev"]},
         "track_momentum_gev: 31% of all momenta in GeV are above .* in all parts of the file"),
        ("track", {name: -track[name] for name in track if "x" in name}, "track_slope_x: 100% .* exchange the signs of x"),
        ("track", {"lkr_energy_gev": track["lkr_energy_gev"] / track["momentum_gev"]}, "track_lkr_energy_gev: half"),
        ("track", {"lkr_energy_gev": 0.1 * track["lkr_energy_gev"]}, "track_lkr_energy_gev: half"),
        ("track", {f"{a}_m": track[f"{a}_m"] + 10.0 * track[f"slope_{a}"] for a in "xy"}, "track_y_m: half .* plane"),
        ("track", {"chi_square": np.exp(-track["chi_square"] / 2)}, "track_chi_square: half"),
        ("track", {"muv3_tile": track["muv3_tile"] * 0}, "track_muv3_tile is 0 in 240 of 240"),
        ("track", {"x_m": np.where(is_first & (np.arange(3) < 1) & (np.arange(80)[:, None] < 2), 1e200, track["x_m"])},
         "track_x_m is wrong in 2 of 240"),
        ("cluster", {f"{a}_m": 0.1 * cluster[f"{a}_m"] for a in "xy"}, "cluster_x_m: half"),
        ("cluster", {"energy_gev": np.ones((80, 3)), **{f"{a}_m": impact[a] for a in "xy"}},
         "cluster_energy_gev: 100% of the tracks have a cluster where they reach"),
    ):  # fmt: skip
        with pytest.raises(EventFileError, match=rf"own\.root: branch {words}"):
            check_agreement("own.root", with_columns(part, **columns))


@pytest.mark.parametrize(("name", "factor", "words"), [
    ("track.momentum_gev", 1e3, "momenta in GeV .* above the 0.27 to 500 .*from MeV"),
    ("track.momentum_gev", 1e-3, "momenta in GeV .* below the 0.27 to 500"),
    ("track.lkr_energy_gev", 1e3, "energies in GeV .* above the 0 to 500 .*from MeV"),
    ("track.x_m", 1e3, "distances in m .* above the 0 to 2 .*from mm"),
    ("track.slope_y", 57.3, "slopes .* above the 0 to 0.15"),
    ("track.downstream_slope_x", 1e3, "slopes .*from mrad"),
    ("cluster.energy_gev", 1e3, "energies in GeV .*from MeV"),
    ("cluster.y_m", 1e3, "distances in m .*from mm"),
    ("event.lav_energy_gev", 1e3, "energies in GeV .*from MeV"),
])  # fmt: skip
def test_one_run_of_twenty_in_other_units_is_refused(name, factor, words):
    part, _, column = name.partition(".")
    events = made(400)
    check_recorded("own.root", events)
    values = getattr(events, part)[column].copy()
    values[7::20] *= factor
    branch = column if part == "event" else f"{part}_{column}"
    with pytest.raises(EventFileError, match=rf"own\.root: branch {branch}: \d+ of \d+ {words}"):
        check_recorded("own.root", replace(events, **{part: {**getattr(events, part), column: values}}))


def test_a_few_tracks_that_were_measured_wrongly_are_accepted():
    events = made(400)
    momentum = events.track["momentum_gev"].copy()
    momentum[:1] *= 1e3
    check_recorded("own.root", replace(events, track={**events.track, "momentum_gev": momentum}))


def test_charges_that_contradict_how_tracks_bend_are_refused():
    events = made()
    charge = events.track["charge"].copy()
    charge[::2] = charge[::2, ::-1]
    with pytest.raises(EventFileError, match="track_charge contradicts how 33% of the tracks bend"):
        check_agreement("own.root", replace(events, track={**events.track, "charge": charge}))


@pytest.mark.parametrize("number", [-999.0, 99.0, 9999.0, 1e9, -1e30])
@pytest.mark.parametrize(("name", "fix"), [
    ("track.lkr_energy_gev", "write 0 outside the calorimeter"), ("track.chi_square", "leave out what is no track"),
    ("track.momentum_gev", "leave out"), ("track.downstream_slope_x", "leave out"), ("cluster.x_m", "leave out what is no cluster"),
    ("cluster.energy_gev", "leave out"), ("event.lav_energy_gev", "write 0 for no photon"),
])  # fmt: skip
def test_a_single_number_for_what_is_not_there_is_refused(name, number, fix):
    part, _, column = name.partition(".")
    events = made(400)
    values = getattr(events, part)[column].copy()
    values[7] = number
    branch = column if part == "event" else f"{part}_{column}"
    with pytest.raises(EventFileError, match=rf"own\.root: branch {branch} is \S+ in \d of \d+ places, .*; {fix}"):
        check_recorded("own.root", replace(events, **{part: {**getattr(events, part), column: values}}))


def test_momenta_in_the_place_of_energies_are_refused():
    events = made()
    momentum = events.track["momentum_gev"]
    energy = momentum.astype("float32")
    energy[0] = 0.0
    with pytest.raises(EventFileError, match="track_lkr_energy_gev is track_momentum_gev for 100% of 237 tracks; write"):
        check_agreement("own.root", replace(events, track={**events.track, "lkr_energy_gev": energy}))
    half = np.where(np.arange(80)[:, np.newaxis] % 2, momentum, 0.9 * momentum)  # as pseudo-data are
    check_agreement("own.root", replace(events, track={**events.track, "lkr_energy_gev": half}))
