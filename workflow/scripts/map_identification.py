"""Map the probabilities to take a particle for an electron or a kaon."""

from job import job, with_calibration, write_table

SPECIES = ("e-", "e+", "mu-", "mu+", "pi+", "pi-", "K+", "K-", "p", "p~")


def map_identification(probabilities, table, detector, overlays, selection, n_samples, base_seed):
    """Sample the response on a grid; write it as arrays (.npz) and as a table (CSV)."""
    import numpy as np

    from lnvsearch import particles
    from lnvsearch.experiments.besiii.detector.misidentification import identification_probability
    from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
    from lnvsearch.experiments.besiii.selection.background_weights import estimate_probability
    from lnvsearch.experiments.besiii.selection.kkee import identified_as
    from lnvsearch.files import written_whole
    from lnvsearch.tables import table_from_rows

    response = BesiiiResponse.from_mapping(with_calibration(detector, overlays))
    momentum = np.round(np.arange(0.05, 1.65, 0.05), 3)
    cos_theta = np.round(np.arange(0.1, 1.0, 0.2), 3)
    arrays = {"momentum_gev": momentum, "absolute_cos_theta": cos_theta}
    rows = []
    for name in SPECIES:
        code = particles.pdg_id(name)
        found = identification_probability(
            response,
            code,
            momentum,
            cos_theta,
            n_samples=n_samples,
            base_seed=base_seed,
            cuts=lambda track: identified_as(track, selection),
        )
        arrays[f"{code}_found"] = found.n_found
        for identity in ("electron", "kaon"):
            arrays[f"{code}_{identity}_identified"] = found.n_identified[identity]
            values, _ = estimate_probability(found.n_identified[identity], found.n_found)
            rows += [
                {"species": name, "identified_as": identity, "momentum_gev": float(p),
                 "absolute_cos_theta": float(c), "probability": float(values[i, j])}
                for i, p in enumerate(momentum)
                for j, c in enumerate(cos_theta)
            ]
    with written_whole(probabilities) as temporary:
        with open(temporary, "wb") as stream:
            np.savez(stream, **arrays)
    write_table(table, table_from_rows(rows, list(rows[0])))


if __name__ == "__main__":
    with job(snakemake):
        map_identification(
            probabilities=snakemake.output.probabilities,
            table=snakemake.output.table,
            detector=snakemake.params.detector,
            overlays=snakemake.input.get("calibration", []),
            selection=snakemake.params.selection,
            n_samples=snakemake.params.n_samples,
            base_seed=snakemake.params.base_seed,
        )
