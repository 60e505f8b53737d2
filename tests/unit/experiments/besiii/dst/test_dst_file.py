"""A DST file of the experiment, if there is one: LNVSEARCH_DST names it (none is in this project).

Tried with the ten simulated events of pybes3's own tests, test_full_mc_evt_1.dst.
"""

import os

import numpy as np
import pytest

from lnvsearch.cli import main
from lnvsearch.experiments.besiii.data_files import iterate_data
from lnvsearch.experiments.besiii.events import read_recorded

DST = os.environ.get("LNVSEARCH_DST")
pytestmark = pytest.mark.skipif(
    DST is None, reason="LNVSEARCH_DST names no DST file of the experiment; none can be distributed"
)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    pytest.importorskip("pybes3", reason="the extra [dst] is not installed: make dst")
    path = tmp_path_factory.mktemp("dst") / "out.root"
    assert main(["convert-dst", DST, str(path)]) == 0
    return path


def test_a_search_of_data_takes_the_file(converted):
    (events,) = iterate_data(converted, None)
    assert len(events) > 0
    covariance = events.track_covariance()
    assert np.all(np.linalg.eigvalsh(covariance / 1e-6)[:, -1] > 0.0)


def test_tracks_agree_with_the_particles_that_made_them(converted):
    """In the mirror as before: momenta and charges; the deviations of the right hypothesis are small."""
    events = read_recorded(converted)
    track, truth = events.track, events.truth
    known = np.flatnonzero(track["truth_index"] >= 0)
    if not len(known):
        pytest.skip("the file holds no simulated events")
    event = np.repeat(np.arange(len(events)), np.diff(events.track_offsets))[known]
    row = events.truth_offsets[event] + track["truth_index"][known]
    phi0, kappa, tan_lambda = (track[name][known] for name in ("phi0", "kappa", "tan_lambda"))
    measured = np.stack([-np.sin(phi0), np.cos(phi0), tan_lambda], axis=1) / abs(kappa)[:, np.newaxis]
    true = np.stack([truth[name][row] for name in ("px", "py", "pz")], axis=1)
    relative = np.linalg.norm(measured - true, axis=1) / np.linalg.norm(true, axis=1)
    assert np.median(relative) < 0.02
    pions = abs(truth["pdg_id"][row]) == 211
    assert np.all(np.sign(kappa[pions]) == np.sign(truth["pdg_id"][row][pions]))
    # From the point that they say: half within some standard deviations of dr.
    pulls = abs(track["dr"][known]) / np.sqrt(track["cov_dr_dr"][known])
    assert np.median(pulls) < 5.0
    for name in ("dedx", "tof"):
        chi = track[f"{name}_chi_pion"][known][pions]
        chi = chi[np.isfinite(chi)]
        assert len(chi) and np.median(abs(chi)) < 2.0, name
