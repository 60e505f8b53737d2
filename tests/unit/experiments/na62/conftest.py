"""Events of the spectrometer as they are stored."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    TRACK_BRANCHES,
    SpectrometerEvents,
)


def columns(random, schema, shape):
    """Numbers of the size that the spectrometer measures: metres, slopes of per mille."""
    scale = {"x_m": 0.1, "y_m": 0.1, "slope_x": 1e-3, "slope_y": 1e-3}
    return {
        name: (scale.get(name.removeprefix("downstream_"), 1.0) * (1.0 + 10.0 * random.random(shape))).astype(kind)
        for name, (kind, _) in schema.items()
    }


@pytest.fixture
def events():
    """Five events with 3, 4, 3, 5, 3 tracks and 0, 2, 1, 0, 0 clusters."""
    random = np.random.default_rng(3)
    event = columns(random, EVENT_BRANCHES, 5)
    event["event_number"] = np.arange(10, 15)
    event["true_mass_1_gev"][2] = np.nan
    track = columns(random, TRACK_BRANCHES, (5, 5))
    track["charge"] = np.where(random.random((5, 5)) < 0.5, -1, 1).astype("int8")
    cluster = columns(random, CLUSTER_BRANCHES, (5, 2))
    for part, counts in ((track, [3, 4, 3, 5, 3]), (cluster, [0, 2, 1, 0, 0])):
        for column in part.values():
            column[np.arange(column.shape[1]) >= np.array(counts)[:, np.newaxis]] = 0
    return SpectrometerEvents(event, track, cluster, 7, 6.5, 6.25, {"sample": "toy"})
