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
    """Generate and record a few events of every sample, and send them through its selections."""
    from lnvsearch.experiments.na62.chain import simulate
    from lnvsearch.experiments.na62.selection.counting import Variation, count_sample
    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps

    for sample in parameters.values():
        recorded = simulate(sample["simulation"], 2000, base_seed=0, sample="warm_up")
        maps = IdentificationMaps.from_anchors(sample["identification"]["maps"])
        nominal = Variation.from_mapping("nominal", sample["selection"], maps)
        count_sample(recorded, [nominal], "warm_up", lambda name, columns: None)


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
