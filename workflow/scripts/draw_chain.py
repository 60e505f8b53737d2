"""The README's picture: a search from decay to limit, as SVG."""

from job import job


def draw_chain(output, cutflow, limits, final_state, sample, method):
    """Write the SVG; it has no date, and identifiers that depend on nothing else."""
    import matplotlib

    from lnvsearch.files import read_json, written_whole
    from lnvsearch.publication.chain_picture import chain_steps, drawn_chain
    from lnvsearch.tables import read_csv

    title = "".join(final_state).translate({ord("+"): "⁺", ord("-"): "⁻"})
    steps = chain_steps(f"→ {title}", read_csv(cutflow), read_json(limits), sample=sample, method=method)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "chain", "font.family": ["sans-serif"]}):
        with written_whole(output) as temporary:
            drawn_chain(steps).savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    with job(snakemake):
        draw_chain(
            output=snakemake.output.picture,
            cutflow=snakemake.input.cutflow,
            limits=snakemake.input.limits,
            **snakemake.params.drawn,
        )
