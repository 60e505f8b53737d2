"""Add up the backgrounds: the cocktail, the inclusive check, the continuum."""

from job import job, write_json, write_table


def collect_background(modes, inclusive, table, total, n_parent, continuum):
    """Write the cocktail's table and the total with its parts."""
    import math

    from lnvsearch.experiments.besiii.selection.continuum import OffResonance, continuum_events
    from lnvsearch.tables import read_csv, table_from_rows, table_rows

    rows = [row for path in modes for row in table_rows(read_csv(path))]
    write_table(table, table_from_rows(rows, list(rows[0])))
    expected = sum(row["expected_events"] for row in rows)
    uncertainty = math.hypot(*(row["expected_events_uncertainty"] for row in rows))

    flow = table_rows(read_csv(inclusive))
    n_generated, survived = flow[0]["events_in"], flow[-1]["events_out"]
    points = [OffResonance(**point) for point in continuum["points"]]
    from_continuum = continuum_events(
        points,
        luminosity_per_pb=continuum["on_resonance_luminosity_per_pb"],
        energy_gev=continuum["on_resonance_energy_gev"],
    )
    write_json(total, {
        "cocktail_events": expected,
        "cocktail_events_uncertainty": uncertainty,
        "inclusive_generated": n_generated,
        "inclusive_survived": survived,
        # With none left of n, all that is known is b < -ln(0.1) N/n at 90 % confidence.
        "inclusive_upper_limit_90": -math.log(0.1) * n_parent / n_generated
        if survived == 0 else None,
        "inclusive_expected_events": survived * n_parent / n_generated,
        "continuum_events": from_continuum,
        "continuum_luminosities_provenance": continuum["provenance"],
        "background_events": expected + from_continuum,
        "background_events_uncertainty": uncertainty,
    })


if __name__ == "__main__":
    with job(snakemake):
        collect_background(
            modes=snakemake.input.modes,
            inclusive=snakemake.input.inclusive,
            table=snakemake.output.table,
            total=snakemake.output.total,
            n_parent=snakemake.params.n_parent,
            continuum=snakemake.params.continuum,
        )
