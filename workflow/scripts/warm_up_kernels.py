"""Compile the kernels by sending a few events through the whole chain."""

from job import job


def warm_up_kernels(papers):
    """Generate, simulate and select a few events of each search, with all its options."""
    from simulation import generate, selection_arguments

    from lnvsearch.detector import besiii
    from lnvsearch.detector.response import BesiiiResponse
    from lnvsearch.selection import besiii_kkee

    for parameters in papers.values():
        events = generate(parameters["generation"], 2000, 0, "warm_up")
        response = BesiiiResponse.from_mapping(parameters["detector"])
        recorded = besiii.simulate(events, response, base_seed=0, sample="warm_up")
        besiii_kkee.select(
            recorded,
            parameters["selection"]["cuts"],
            **selection_arguments(parameters["selection"]),
        )


if __name__ == "__main__":
    with job(snakemake):
        from pathlib import Path

        from paper import load_papers

        papers = load_papers(snakemake.config, Path(snakemake.scriptdir).resolve().parents[1], "the configuration")
        warm_up_kernels(
            {name: paper.warm_up_parameters() for name, paper in papers.items() if paper.is_simulated}
        )
