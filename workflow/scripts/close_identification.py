"""Tag and probe on simulated control decays: the maps that went in must come out."""

from job import job, write_table

COLUMNS = ("map", "momentum_gev", "true_probability", "measured_probability", "uncertainty")
MOMENTUM_BINS = 17
#: Windows of the kinematic selections, GeV and GeV^2: wide beside the resolutions.
TOTAL_MOMENTUM_GEV = 2.5
TRANSVERSE_MOMENTUM_GEV = 0.030
MISSING_MASS_SQUARED_GEV2 = 0.010


def close_identification(maps, output, settings, detector, n_events, base_seed):
    """Write, for every map and bin of momentum, what went in and what the probes give."""
    import numpy as np
    from kaon_simulation import recorded_chunks

    from lnvsearch.publication.table_files import table_from_rows
    from lnvsearch.random_streams import stream_key
    from lnvsearch.selection.identification_maps import IdentificationMaps

    identification = IdentificationMaps.from_json(maps)
    rows = []
    for particle, entry in settings.items():
        sample = f"closure_{particle}"
        simulation = {
            "mode": entry["mode"], "options": {}, "radiation": True, "decay_in_flight": "natural",
            "detector": detector, "minimum_tracks": 3 if particle == "pion" else 1,
        }
        chunks = recorded_chunks(simulation, n_events[entry["statistics"]], base_seed, sample)
        probes = [PROBES[particle](chunk, detector) for chunk in chunks]
        momentum, charge = (np.concatenate(column) for column in zip(*probes, strict=True))
        for name in entry["maps"]:
            # A stream for each map: what one map identifies says nothing of another's.
            generator = np.random.Generator(
                np.random.Philox(key=stream_key(base_seed, sample, name))
            )
            of_charge = np.ones(len(charge), dtype=bool)
            if name.endswith(("_positive", "_rich")):
                of_charge = charge > 0
            elif name.endswith("_negative"):
                of_charge = charge < 0
            probability = identification.probability(name, momentum)
            identified = generator.random(len(momentum)) < probability
            rows += binned(name, momentum[of_charge], probability[of_charge],
                           identified[of_charge], entry["momentum_gev"])
    write_table(output, table_from_rows(rows, COLUMNS))


def pions_of_k3pi(chunk, detector):
    """Momenta and charges of the pions of three-track vertices with the beam's momentum."""
    import numpy as np

    from lnvsearch.selection.na62 import fit_vertices

    vertices = fit_vertices(chunk, detector)
    beam = detector["beam"]
    axis = np.array([beam["slope_x"]["value"], beam["slope_y"]["value"], 1.0])
    axis /= np.linalg.norm(axis)
    total = vertices.momentum_gev.sum(axis=1)
    along = total @ axis
    across = np.linalg.norm(total - np.outer(along, axis), axis=1)
    good = np.abs(np.linalg.norm(total, axis=1) - beam["momentum_gev"]["value"]) < TOTAL_MOMENTUM_GEV
    good &= across < TRANSVERSE_MOMENTUM_GEV
    rows, columns = vertices.event_index[good], vertices.track_index[good]
    track = {
        name: np.take_along_axis(chunk.track[name][rows], columns, axis=1).ravel()
        for name in ("momentum_gev", "charge", "true_pdg_id")
    }
    undecayed = np.abs(track["true_pdg_id"]) == 211
    return track["momentum_gev"][undecayed], track["charge"][undecayed]


def positrons_of_ke3(chunk, detector):
    """Momenta and charges of single positive tracks beside a pi0, with no mass missing."""
    import numpy as np

    from lnvsearch import particles

    clusters = np.asarray(chunk.cluster["energy_gev"], dtype=float)
    one = (np.sum(chunk.track["charge"] != 0, axis=1) == 1) & (np.sum(clusters > 2.0, axis=1) == 2)
    track = {name: values[one, 0] for name, values in chunk.track.items()}
    order = np.argsort(-clusters[one], axis=1)[:, :2]
    energy, x, y = (
        np.take_along_axis(np.asarray(chunk.cluster[name], dtype=float)[one], order, axis=1)
        for name in ("energy_gev", "x_m", "y_m")
    )
    z_front, z_reference = detector["lkr"]["z_m"]["value"], detector["spectrometer"]["chamber_z_m"]["value"][0]
    separation = np.hypot(x[:, 0] - x[:, 1], y[:, 0] - y[:, 1])
    z = z_front - separation * np.sqrt(energy.prod(axis=1)) / particles.mass_gev("pi0")
    x_decay = track["x_m"] + track["slope_x"] * (z - z_reference)
    y_decay = track["y_m"] + track["slope_y"] * (z - z_reference)
    flight = np.stack([x - x_decay[:, None], y - y_decay[:, None],
                       np.broadcast_to((z_front - z)[:, None], x.shape)], axis=-1)
    flight /= np.linalg.norm(flight, axis=-1, keepdims=True)
    pion = np.concatenate([(energy[..., None] * flight).sum(axis=1), energy.sum(axis=1)[:, None]], axis=1)
    positron = four_momentum(track["momentum_gev"], track["slope_x"], track["slope_y"], 0.0)
    beam = detector["beam"]
    kaon = four_momentum(*(np.full(len(z), beam[name]["value"]) for name in
                           ("momentum_gev", "slope_x", "slope_y")), particles.mass_gev("K+"))
    missing = kaon - pion - positron
    mass_squared = missing[:, 3] ** 2 - np.sum(missing[:, :3] ** 2, axis=1)
    good = (np.abs(mass_squared) < MISSING_MASS_SQUARED_GEV2) & (track["true_pdg_id"] == -11)
    return track["momentum_gev"][good], track["charge"][good]


def four_momentum(momentum, slope_x, slope_y, mass):
    """(n, 4) from the size of the momentum and its slopes."""
    import numpy as np

    pz = momentum / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return np.stack([pz * slope_x, pz * slope_y, pz, np.hypot(momentum, mass)], axis=1)


def binned(name, momentum, probability, identified, limits):
    """Rows of one map; the uncertainty is that of one probe more or less at least."""
    import numpy as np

    edges = np.linspace(*limits, MOMENTUM_BINS + 1)
    which = np.digitize(momentum, edges) - 1
    for i in range(MOMENTUM_BINS):
        here = which == i
        number = int(here.sum())
        if number < 10:
            continue
        fraction, expected = float(identified[here].mean()), float(probability[here].mean())
        uncertainty = max(np.sqrt(expected * (1.0 - expected) / number), 1.0 / number)
        yield dict(zip(COLUMNS, (
            name, float(edges[i] + edges[i + 1]) / 2.0, expected, fraction, float(uncertainty)
        ), strict=True))


PROBES = {"pion": pions_of_k3pi, "electron": positrons_of_ke3}


if __name__ == "__main__":
    with job(snakemake):
        close_identification(
            maps=snakemake.input.maps,
            output=snakemake.output.closure,
            settings=snakemake.params.settings,
            detector=snakemake.params.detector,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
        )
