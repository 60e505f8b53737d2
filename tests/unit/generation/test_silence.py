"""Particles that certainly have no photon, found for many decays at once."""

import numpy as np

from lnvsearch.generation.eikonal import FLIGHT_COLUMNS
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.generation.radiation import MAXIMUM_PHOTONS, radiate
from lnvsearch.generation.silence import find_silent
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key

PARENT = mass_gev("J/psi(1S)")
MASS = np.array([mass_gev(name) for name in ("K+", "e-", "pi0", "e-")])
CHARGE = np.array([1.0, -1.0, 0.0, -1.0])
SPIN_HALF = np.array([False, True, False, True])
KEY = stream_key(2, "silence", "radiation")
EVENTS, CUT_GEV = 2000, 1e-4 * PARENT


def test_decays_of_silent_particles_have_no_photon():
    momenta = generate_phase_space(PARENT, MASS, EVENTS, stream_key(2, "silence", "phase_space"))
    silent = np.zeros((4, EVENTS), dtype=bool)
    find_silent(KEY, 50, PARENT, CUT_GEV, MASS, CHARGE, 0, 4, momenta, silent)
    photon, flight = np.empty((MAXIMUM_PHOTONS, 4)), np.empty((4, FLIGHT_COLUMNS))
    counts = np.array([
        radiate(KEY, 50 + i, PARENT, CUT_GEV, MASS, CHARGE, SPIN_HALF, 0, 4, momenta[i], photon, 0, flight)
        for i in range(EVENTS)
    ])  # fmt: skip
    assert np.all(silent[2]), "a neutral particle does not radiate"
    assert not np.any(counts[np.all(silent, axis=0)])
    # Photons of the others may still be refused; most are not.
    loud = np.mean(~np.all(silent, axis=0))
    assert np.mean(counts > 0) <= loud < 2.0 * np.mean(counts > 0)
