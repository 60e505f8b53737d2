"""Generate the events of one sample."""

from job import job


def generate_events(output, generation, n_events, base_seed, sample, cocktail=None):
    """Write `n_events` generated events of `sample` to `output`."""
    from lnvsearch.experiments.besiii.chain import generate
    from lnvsearch.generation.events import write_generated

    write_generated(output, generate(generation, n_events, base_seed, sample, cocktail))


if __name__ == "__main__":
    with job(snakemake):
        generate_events(
            output=snakemake.output.events,
            generation=snakemake.params.generation,
            n_events=snakemake.params.n_events,
            base_seed=snakemake.params.base_seed,
            sample=snakemake.wildcards.sample,
            cocktail=next(iter(snakemake.input.get("cocktail", [])), None),
        )
