"""Recast for an on-shell N: lifetimes by weights against samples of one lifetime, and flat decays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.recast import NeutrinoSearch, lifetime_sums, selected_decays, varied_sums
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.generation.flight import FixedLifetime, FlightProposal
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.selection.mass_regions import in_region

ROOT = Path(__file__).parents[4]
PROPOSAL = FlightProposal(prompt_share=0.3, shortest_m=0.01, longest_m=100.0)
#: Channel -> search, mode of N, mode without N.
CHANNELS = {
    "piee": ("na62_2022", "pi_ee", "pi_ee_lnv"),
    "pimumu": ("na62_2019", "pi_mumu", "pi_mumu_lnv"),
}
LIFETIMES = (0.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4)
#: Acceptances (%) of a prototype with other cuts and geometry, before the hole of the straw chambers.
PROTOTYPE = {
    "piee": (9.3, 8.7, 6.1, 2.9, 1.1, 0.37, 0.04),
    "pimumu": (15.2, 14.9, 12.1, 6.4, 2.7, 0.86, 0.09),
}


@pytest.fixture(scope="module", params=CHANNELS)
def channel(request):
    return request.param


@pytest.fixture(scope="module")
def search(channel):
    return geometry_and_cuts(*CHANNELS[channel][:2], channel)


def geometry_and_cuts(paper, mode, channel):
    """No identification, no trigger."""
    content = quick_yaml.load((ROOT / f"config/papers/{paper}.yaml").read_text())
    selection = content["channels"][channel]["selections"]["lnv"]
    selection = {**selection, "identification": [], "trigger": []}
    detector = quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    return NeutrinoSearch(
        mode, Na62Detector.from_settings(detector), SelectionSettings.from_mapping(selection),
        "signal", IdentificationMaps.from_anchors(content["identification"]["maps"]),
        TriggerSettings(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def weighted(search):
    """(acceptance, uncertainty) by lifetime of one sample of 0.30 GeV, isotropic."""
    sums = lifetime_sums(search, 0.3, PROPOSAL, LIFETIMES, 400_000, base_seed=1, sample="proposal")
    rows = [row for row in sums.rows() if row["chirality"] == "isotropic"]
    return {row["lifetime_ps"]: row for row in rows}


@pytest.mark.parametrize("lifetime", [0.0, 30.0, 300.0])
def test_weights_agree_with_a_sample_of_that_lifetime(search, weighted, lifetime):
    n = 160_000
    _, rows, weight = selected_decays(
        search, 0.3, FixedLifetime(lifetime), n_events=n, first_event=0, base_seed=2, sample="fixed"
    )
    acceptance, found = weight.sum() / n, weighted[lifetime]
    uncertainty = np.hypot(np.sqrt(len(rows)) / n, found["acceptance_statistical"])
    assert found["acceptance"] == pytest.approx(acceptance, abs=4 * uncertainty)
    assert found["acceptance_statistical"] < 0.03 * found["acceptance"]


def test_flights_fall_as_the_prototypes(channel, weighted):
    """Flat below 10 ps, as 1/lifetime above 300 ps; the shape is the prototype's to its rounding."""
    shape = np.array([weighted[lifetime]["acceptance"] for lifetime in LIFETIMES])
    prototype = np.array(PROTOTYPE[channel])
    rounding = 0.06 + 0.006 / prototype
    assert (np.abs(shape / shape[0] / (prototype / prototype[0]) - 1.0) < rounding).all()
    assert shape[6] / shape[5] == pytest.approx(0.1, rel=0.07)


@pytest.mark.parametrize("lifetime", [0.0, 10.0, 100.0])
def test_weights_agree_with_samples_of_one_lifetime_where_a_pi0_is_asked_for(lifetime):
    search, n = geometry_and_cuts("na62_2022", "pi_pi0_ee", "pipi0ee"), 80_000
    sums = lifetime_sums(search, 0.25, PROPOSAL, (lifetime,), n, base_seed=1, sample="proposal")
    found = next(row for row in sums.rows() if row["chirality"] == "isotropic")
    _, rows, weight = selected_decays(
        search, 0.25, FixedLifetime(lifetime), n_events=n, first_event=0, base_seed=2, sample="fixed"
    )
    uncertainty = np.hypot(np.sqrt(len(rows)) / n, found["acceptance_statistical"])
    assert len(rows) > 50
    assert found["acceptance"] == pytest.approx(weight.sum() / n, abs=4 * uncertainty)


def test_a_tighter_vertex_costs_flights_more_than_prompt_decays(search):
    """chi^2 goes as the square of the distance between the vertices: the length that passes as its root."""
    tight = tuple(
        {**cut, "chi_square_maximum": 10.0} if cut["cut"] == "one_vertex" else cut
        for cut in search.selection.cuts
    )
    nominal, other = varied_sums(
        search, (search.selection, replace(search.selection, cuts=tight)), 0.3, PROPOSAL, (0.0, 1e4),
        60_000, base_seed=1, sample="proposal",
    )  # fmt: skip
    kept = other.weight["isotropic"] / nominal.weight["isotropic"]
    assert 0.95 < kept[0] < 1.0
    assert kept[1] / kept[0] == pytest.approx(np.sqrt(10.0 / 25.0), abs=0.06)


def test_flat_decays_are_a_mixture_of_prompt_ones(channel, search, weighted):
    """Decays flat in phase space whose pion and lepton have the mass of N are prompt decays of N."""
    decays = generate_kaon_decays(
        CHANNELS[channel][2], 400_000, base_seed=3, sample="flat", radiation=False
    )
    momentum = decays.four_momentum
    mass = np.stack([_mass(momentum[:, 0] + momentum[:, lepton]) for lepton in (1, 2)], axis=1)
    recorded = simulate_spectrometer(decays, search.detector, base_seed=3, sample="flat")
    found = select(
        recorded, search.selection, detector=search.detector.response,
        identification=search.identification,
    ).candidates  # fmt: skip
    passed = np.zeros(len(decays), dtype=bool)
    passed[found["event_number"][in_region(found["mass_gev"], search.selection.regions["signal"])]] = True
    near = np.abs(mass - 0.3) < 0.012
    n = near.sum()
    acceptance = (near & passed[:, None]).sum() / n
    uncertainty = np.hypot(np.sqrt(acceptance / n), weighted[0.0]["acceptance_statistical"])
    assert weighted[0.0]["acceptance"] == pytest.approx(acceptance, abs=4 * uncertainty)


def _mass(momentum):
    return np.sqrt(momentum[:, 3] ** 2 - np.sum(momentum[:, :3] ** 2, axis=1))


def test_tracks_of_n_start_where_it_decays(search):
    """Fitted vertices of pion and lepton follow the flight: an N that flies 8 m has no good vertex."""
    for length, passes in ((0.0, True), (8.0, False)):
        class Fixed:
            def lengths(self, choice, uniform, boost):
                return np.full(len(boost), length)

        _, rows, _ = selected_decays(
            search, 0.3, Fixed(), n_events=20_000, first_event=0, base_seed=4, sample="near"
        )
        assert (len(rows) > 1000) == passes
