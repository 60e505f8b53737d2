"""Tag and probe on simulated control decays: the maps that went in must come out."""

from job import job, write_table

COLUMNS = ("map", "momentum_gev", "true_probability", "measured_probability", "uncertainty")
CONTAMINATION_COLUMNS = (
    "probe", "mode", "label", "momentum_gev", "fraction", "uncertainty",
    "fraction_without_muon_signal", "uncertainty_without_muon_signal",
)
MOMENTUM_BINS = 17
#: Probes in a bin, below which nothing is stated.
FEWEST_PROBES = 10
#: What the entries of `closure` measure.
PARTICLES = {"pion": "pi+", "pion_of_muon_search": "pi+", "electron": "e+", "muon": "mu+"}


def close_identification(maps, outputs, settings, detector, n_events, base_seed):
    """Write, for every map and bin of momentum, what went in and what the probes give.

    And, for every probe, the share of other decays that its kinematic selection lets in.
    """
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
    from lnvsearch.tables import table_from_rows

    identification = IdentificationMaps.from_json(maps)
    rows, others = [], []
    for name, entry in settings.items():
        number = n_events[entry["statistics"]]
        select = Selecting(PARTICLES[name], entry, detector, number, base_seed)
        probes = select.probes(entry["mode"], f"closure_{name}")
        closed = probes.of_kind(PARTICLES[name])
        rows += closure_rows(closed, entry, identification, base_seed, f"closure_{name}")
        if entry["contamination"]:
            selected = {entry["mode"]: probes}
            for mode in entry["contamination"]:
                selected[mode] = select.probes(mode, f"closure_{name}_{mode}")
            others += contamination_rows(name, selected, entry, identification, number)
    write_table(outputs["closure"], table_from_rows(rows, COLUMNS))
    write_table(outputs["contamination"], table_from_rows(others, CONTAMINATION_COLUMNS))


class Selecting:
    """The kinematic selection of one kind of probe, on any control decay."""

    def __init__(self, particle, entry, detector, n_events, base_seed):
        from lnvsearch.experiments.na62.selection.probes import PROBES, Kinematics

        self.kinematics = Kinematics(**entry["kinematics"])
        self.function = PROBES[particle]
        self.minimum_tracks = 3 if particle == "pi+" else 1
        self.detector, self.n_events, self.base_seed = detector, n_events, base_seed

    def probes(self, mode, sample):
        """Probes of a decay mode, all chunks together."""
        from lnvsearch.experiments.na62.chain import recorded_chunks
        from lnvsearch.experiments.na62.selection.probes import Probes

        simulation = {
            "mode": mode, "options": {}, "radiation": True, "decay_in_flight": "natural",
            "detector": self.detector, "minimum_tracks": self.minimum_tracks,
        }
        return Probes.joined(
            self.function(chunk, self.detector, self.kinematics)
            for chunk in recorded_chunks(simulation, self.n_events, self.base_seed, sample)
        )


def closure_rows(probes, entry, identification, base_seed, sample):
    """What went into each map, and the share of the probes that it identifies."""
    import numpy as np

    from lnvsearch.random_streams import stream_key

    momentum, charge = probes.momentum_gev, probes.charge
    for name in entry["maps"]:
        # A stream for each map: what one map identifies says nothing of another's.
        generator = np.random.Generator(np.random.Philox(key=stream_key(base_seed, sample, name)))
        of_charge = np.ones(len(charge), dtype=bool)
        if name.endswith(("_positive", "_rich")):
            of_charge = charge > 0
        elif name.endswith("_negative"):
            of_charge = charge < 0
        probability = identification.probability(name, momentum)
        identified = generator.random(len(momentum)) < probability
        yield from binned(name, momentum[of_charge], probability[of_charge],
                          identified[of_charge], entry["momentum_gev"])


def binned(name, momentum, probability, identified, limits):
    """Rows of one map; the uncertainty is that of one probe more or less at least."""
    import numpy as np

    edges = np.linspace(*limits, MOMENTUM_BINS + 1)
    which = np.digitize(momentum, edges) - 1
    for i in range(MOMENTUM_BINS):
        here = which == i
        number = int(here.sum())
        if number < FEWEST_PROBES:
            continue
        fraction, expected = float(identified[here].mean()), float(probability[here].mean())
        uncertainty = max(np.sqrt(expected * (1.0 - expected) / number), 1.0 / number)
        yield dict(zip(COLUMNS, (
            name, float(edges[i] + edges[i + 1]) / 2.0, expected, fraction, float(uncertainty)
        ), strict=True))


def contamination_rows(probe, selected, entry, identification, n_events):
    """Share of every other decay among the probes, by kinematics and without a muon's signal.

    `selected`: mode -> its probes, the wanted one first.  Of muons the second share is empty: that
    signal is what they measure.
    """
    import numpy as np

    from lnvsearch.experiments.na62.selection.probes import shares, silent_probability
    from lnvsearch.generation.kaon import MODES

    edges = np.linspace(*entry["momentum_gev"], MOMENTUM_BINS + 1)
    scales = [MODES[mode].branching_fraction.value / n_events for mode in selected]
    momenta = [probes.momentum_gev for probes in selected.values()]
    by_kinematics = shares(momenta, scales, edges)
    silent = None
    if PARTICLES[probe] != "mu+":
        weights = [silent_probability(probes, identification) for probes in selected.values()]
        silent = shares(momenta, scales, edges, weights)
    number = np.histogram(momenta[0], edges)[0]
    for k, mode in enumerate(selected):
        for i in np.flatnonzero(number >= FEWEST_PROBES) if k > 0 else ():
            values = [by_kinematics[0][k, i], by_kinematics[1][k, i], None, None]
            if silent is not None:
                values[2:] = silent[0][k, i], silent[1][k, i]
            cells = [None if value is None else float(value) for value in values]
            yield dict(zip(CONTAMINATION_COLUMNS, (
                probe, mode, MODES[mode].label, float(edges[i] + edges[i + 1]) / 2.0, *cells
            ), strict=True))


if __name__ == "__main__":
    with job(snakemake):
        close_identification(
            maps=snakemake.input.maps,
            outputs={name: snakemake.output[name] for name in ("closure", "contamination")},
            settings=snakemake.params.settings,
            detector=snakemake.params.detector,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
        )
