"""Figures as files; apart from `output`, since what is loaded here loads figures by name."""

from __future__ import annotations

from output import write_table


def write_figure(outputs, figure, numbers) -> None:
    """Write a figure as PDF and PNG, and the table of what it draws; `outputs`: pdf, png and csv."""
    from lnvsearch.files import written_whole
    from lnvsearch.publication.figures.style import figure_bytes

    for kind in ("pdf", "png"):
        with written_whole(outputs[kind]) as temporary:
            temporary.write_bytes(figure_bytes(figure, kind))
    write_table(outputs["csv"], numbers)
