"""Kaon decays and single-event sensitivity of the user's own events, from their known decay."""

from job import job, write_json


def normalise_kaon_data(counts, sensitivity, output, channel):
    """Write N_K and the sensitivity with the published and with this simulation's acceptance.

    N_K takes the published acceptance of the known decay, which the flat factor gives to the
    simulated one, too.  `exposure` is the number of kaon decays over the published one.
    """
    from compute_sensitivity import estimate

    from lnvsearch.publication.results import read_json
    from lnvsearch.sensitivity import recomputed
    from lnvsearch.tables import find_rows, read_csv

    known = channel["normalisation"]
    place = {name: known[name] for name in ("channel", "selection", "region")}
    (row,) = find_rows(read_csv(counts), **place)
    record = {"normalisation_candidates": row["events"], "normalisation": place}
    published = channel["recomputation"]
    own = {**published, "candidates": row["events"]}
    if row["events"] == 0:
        record["without_sensitivity"] = (
            f"no candidate of the known decay in {known['channel']}_{known['selection']}, region "
            f"{known['region']}: there is nothing to count kaon decays with"
        )
        write_json(output, record)
        return
    predicted = read_json(sensitivity)["simulated"]["nominal"]
    simulated = {
        "mean": predicted["signal_acceptance"],
        "sigma": predicted["signal_acceptance_uncertainty"],
    }
    decays, with_published = recomputed(own)
    _, with_simulated = recomputed({**own, "signal_acceptance": simulated})
    record |= {
        "exposure": decays.mean / recomputed(published)[0].mean,
        "n_kaon_decays": estimate(decays),
        "single_event_sensitivity": {
            "published_acceptances": estimate(with_published),
            "simulated_acceptances": estimate(with_simulated),
        },
    }
    write_json(output, record)


if __name__ == "__main__":
    with job(snakemake):
        normalise_kaon_data(
            counts=snakemake.input.counts,
            sensitivity=snakemake.input.sensitivity,
            output=snakemake.output.sensitivity,
            channel=snakemake.params.channel,
        )
