"""Compile the kernels of one experiment by sending a few events through its whole chain."""

from job import job


def warm_up_collider(parameters):
    """Generate, simulate and select a few events, with all options of the search."""
    from lnvsearch.experiments.besiii.chain import Simulation, simulate
    from lnvsearch.experiments.besiii.selection.kkee import select
    from lnvsearch.experiments.besiii.selection.state import Selection

    simulation = Simulation.from_mapping(parameters["simulation"])
    (recorded,) = simulate(simulation, 2000, base_seed=0, sample="warm_up")
    select(recorded, Selection.of_decays(**parameters["selection"]))


def warm_up_kaons(parameters):
    """Generate and record a few events of every sample, and find their vertices and photons."""
    from lnvsearch.experiments.na62.chain import recorded_chunks
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
    from lnvsearch.experiments.na62.selection.select import select

    for sample in parameters.values():
        (recorded,) = recorded_chunks(sample["simulation"], 2000, 0, "warm_up")
        maps = IdentificationMaps.from_anchors(sample["identification"]["maps"])
        settings = sample["selection"]
        for named in settings["selections"].values():
            select(
                recorded, next(iter(named.values())), detector=settings["detector"],
                identification=maps, trigger=settings["trigger"],
            )


if __name__ == "__main__":
    with job(snakemake):
        from pathlib import Path

        from searches.besiii.search import ColliderSearch
        from searches.load import load_papers

        root = Path(snakemake.scriptdir).resolve().parents[1]
        for paper in load_papers(snakemake.config, root, "the configuration").values():
            if paper.settings["detector"] == snakemake.wildcards.detector:
                warm_up = warm_up_collider if isinstance(paper, ColliderSearch) else warm_up_kaons
                warm_up(paper.warm_up_parameters())
