"""Kaon decays: conservation, weights, reproducibility, and the table of modes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation.kaon import (
    MODES,
    generate_kaon_decays,
    generate_selected_kaon_decays,
)
from lnvsearch.generation.kaon.primary import KAON_MASS_GEV

N = 2_000


def make(mode, n=N, **options):
    return generate_kaon_decays(mode, n, **{"base_seed": 5, "sample": "toy"} | options)


def charge_of(code):
    return particles.charge(int(code))


@pytest.mark.parametrize("radiation", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_four_momentum_mass_shell_charge_and_weights(mode, radiation):
    decays = make(mode, radiation=radiation, options={"aim": True})
    n_final = len(MODES[mode].final_state)
    assert decays.four_momentum.shape == (N, n_final + (3 if radiation else 0), 4)
    assert np.array_equal(decays.event_number, np.arange(N))
    total = decays.four_momentum.sum(axis=1)
    assert np.abs(total - [0.0, 0.0, 0.0, KAON_MASS_GEV]).max() < 1e-12
    mass = np.array([particles.mass_gev(name) if "nu" not in name else 0.0
                     for name in MODES[mode].final_state])
    momentum = decays.four_momentum[:, :n_final]
    shell = momentum[..., 3] ** 2 - np.sum(momentum[..., :3] ** 2, axis=-1) - mass**2
    assert np.abs(shell).max() < 1e-12
    assert np.all(momentum[..., 3] > 0.0)
    assert sum(map(charge_of, decays.pdg_id)) == 1
    assert [particles.name(int(code)) for code in decays.pdg_id[:n_final]] == list(
        MODES[mode].final_state
    )
    # Aimed decays have a few heavy weights: many events, for a spread that means something.
    weight = make(mode, 20 * N, radiation=radiation, options={"aim": True}).weight
    assert np.array_equal(weight[:N], decays.weight)
    assert np.all(weight > 0.0)
    assert abs(weight.mean() - 1.0) < 4.0 * weight.std() / math.sqrt(len(weight)) + 1e-12


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.endswith("_lnv")])
def test_signals_are_uniform_with_weight_one(mode):
    assert np.all(make(mode).weight == 1.0)
    assert MODES[mode].branching_fraction is None


def test_weights_have_mean_one_to_a_per_mille():
    """The norms of the four-body modes are constants: a large sample tests them."""
    for mode, n in (("e_nu_ee", 60_000), ("pi_pi0_ee_sm", 60_000), ("mu_nu_mumu", 20_000),
                    ("pi_pi0_dalitz", 400_000), ("pi_pi0_double_dalitz", 100_000)):
        weight = make(mode, n, radiation=False).weight
        error = weight.std() / math.sqrt(n)
        assert error < 0.005
        assert abs(weight.mean() - 1.0) < 3.5 * error + 1e-3


def test_uniform_decays_fill_the_dalitz_plot_uniformly():
    momentum = make("pi_ee_lnv", 200_000, radiation=False).four_momentum
    energy = momentum[:, :, 3]
    assert np.allclose(energy.sum(axis=1), KAON_MASS_GEV)
    # At fixed pion energy the electrons' energies are uniform over their range.
    pion_momentum = np.linalg.norm(momentum[:, 0, :3], axis=1)
    share = (energy[:, 1] - energy[:, 2]) / pion_momentum
    counts, _ = np.histogram(share, bins=20, range=(-1, 1))
    assert np.sum((counts - len(share) / 20) ** 2) / (len(share) / 20) < 19 + 4 * math.sqrt(38)
    # And the pion's spectrum is that of phase space, dN/dE ~ momentum (massless electrons).
    mass = particles.mass_gev("pi-")
    top = 0.5 * (KAON_MASS_GEV**2 + mass**2) / KAON_MASS_GEV
    edges = np.linspace(mass, top, 16)
    shape = lambda e: 0.5 * (  # noqa: E731
        e * np.sqrt(np.maximum(e * e - mass**2, 0.0))
        - mass**2 * np.log((e + np.sqrt(np.maximum(e * e - mass**2, 0.0))) / mass)
    )
    expected = np.diff(shape(edges)) / shape(top) * len(energy)
    counts, _ = np.histogram(energy[:, 0], bins=edges)
    assert np.sum((counts - expected) ** 2 / expected) < 14 + 4 * math.sqrt(28)


@pytest.mark.parametrize("mode", ["pi_ee_lnv", "e_nu_pi0_dalitz", "e_nu_ee", "pi_pi0_pi0_dalitz"])
def test_chunks_join_without_a_seam(mode):
    options = {"aim": True}
    whole = make(mode, 5_000, options=options)
    first = make(mode, 1_234, options=options)
    rest = make(mode, 5_000 - 1_234, first_event=1_234, options=options)
    joined = np.concatenate([first.four_momentum, rest.four_momentum])
    assert np.array_equal(whole.four_momentum, joined)
    assert np.array_equal(whole.weight, np.concatenate([first.weight, rest.weight]))
    assert np.array_equal(whole.event_number[1_234:], rest.event_number)


def test_seed_and_sample_change_the_events():
    mode = "e_nu_pi0_dalitz"
    reference = make(mode).four_momentum
    assert np.array_equal(reference, make(mode).four_momentum)
    assert not np.any(reference == make(mode, base_seed=6).four_momentum, where=reference != 0)
    assert not np.any(reference == make(mode, sample="b").four_momentum, where=reference != 0)


def test_decays_that_are_chosen_are_those_of_all():
    mode, n = "pi_ee_sm", 10_000

    def choose(decays):
        rows = np.flatnonzero(decays.event_number % 3 == 0)
        return replace(
            decays, event_number=decays.event_number[rows], weight=3.0 * decays.weight[rows],
            four_momentum=decays.four_momentum[rows], generated_weight=decays.weight[rows],
        )

    whole = make(mode, n)
    chosen, n_generated, sum_weight, _ = generate_selected_kaon_decays(
        mode, n, base_seed=5, sample="toy", choose=choose
    )
    assert n_generated == n
    assert sum_weight == pytest.approx(whole.weight.sum(), rel=1e-12)
    assert np.array_equal(chosen.event_number, np.arange(0, n, 3))
    assert np.array_equal(chosen.four_momentum, whole.four_momentum[::3])
    assert np.array_equal(chosen.generated_weight, whole.weight[::3])
    assert np.array_equal(chosen.weight, 3.0 * whole.weight[::3])


def test_no_events():
    assert len(make("pi_pi_pi", 0)) == 0
    kept, n, sum_weight, _ = generate_selected_kaon_decays(
        "e_nu_ee", 0, base_seed=1, sample="toy", options={"largest_missing_gev": 1.0}
    )
    assert (len(kept), n, sum_weight) == (0, 0, 0.0)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"mode": "pi_tau"}, "pi_tau"),
        ({"n_events": -1}, "n_events"),
        ({"first_event": -1}, "first_event"),
        ({"options": {"aimed": True}}, "aimed"),
        ({"options": {"flat_fraction": 1.0}}, "flat_fraction"),
        ({"options": {"largest_missing_gev": 0.0}}, "largest_missing_gev"),
        ({"sample": ""}, "sample"),
    ],
)
def test_errors_name_what_is_wrong(change, message):
    arguments = {"mode": "pi_ee_lnv", "n_events": 1, "base_seed": 1, "sample": "toy"} | change
    with pytest.raises(ValueError, match=message):
        generate_kaon_decays(
            arguments.pop("mode"), arguments.pop("n_events"), **arguments
        )


def test_table_of_modes():
    for name, mode in MODES.items():
        assert mode.label.startswith(r"$K^+\to") and mode.label.endswith("$")
        if mode.branching_fraction is None:
            continue
        fraction = mode.branching_fraction
        assert 0.0 < fraction.uncertainty < 0.11 * fraction.value < 0.1, name
        assert fraction.source and fraction.provenance in ("published", "derived")
    assert MODES["pi_pi0_dalitz"].branching_fraction.value == pytest.approx(2.427e-3, rel=1e-3)
    assert MODES["e_nu_pi0_dalitz"].final_state == ("e+", "e+", "e-", "gamma", "nu(e)")
    assert MODES["e_nu_pi0_dalitz"].missing == (3, 4)
    assert MODES["pi_pi0_pi0_dalitz"].missing == (3,)
    assert MODES["pi_pi0_ee_sm"].missing == ()
