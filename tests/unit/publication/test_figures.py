"""Figures of every search, and what all figures share: their bytes, their colours."""

import io
import subprocess
import sys

import numpy as np
import printed_figures
import pytest

from lnvsearch.publication.figures.coverage import coverage_map
from lnvsearch.publication.figures.style import (
    COLOURS,
    column_figure,
    figure_bytes,
    publication_style,
)
from lnvsearch.tables import find_rows


def coverage_table(channels=("piee", "kkee", "new")):
    """Two methods, the first below nominal from 2 to 4 and at 8 events, and out of order."""
    signals = [10.0, 0.0, 2.0, 4.0, 6.0, 8.0]
    rows = [
        ("paper", channel, method, signal, low if signal in (2, 4, 8) else 0.97, 0.9)
        for channel in channels
        for method, low in (("rolke", 0.82), ("cls", 0.95))
        for signal in signals
    ]
    names = ("paper", "channel", "method", "true_signal", "coverage", "nominal")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture(scope="module")
def made():
    labels = {"piee": r"$K^+\to \pi^-e^+e^+$"}
    return {
        "coverage_map": coverage_map(coverage_table(), labels=labels),
        "coverage_map of one channel": coverage_map(coverage_table(("kkee",)), labels=labels),
    }


def test_every_figure_is_labelled_legible_and_inside_its_printed_size(made):
    printed_figures.check(made)


def test_a_channel_has_its_decay_as_title_or_its_name(made):
    figure, _ = made["coverage_map"]
    titles = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {r"$K^{+}\to \pi^{-}e^{+}e^{+}$", "kkee", "new"} <= titles


def test_a_layout_that_was_found_first_is_the_one_that_matplotlib_finds_while_it_saves():
    def drawn():
        with publication_style():
            figure, rows = column_figure(2, nrows=2, ncols=2)
            for axes in rows.flat:
                axes.plot([1.0, 2.0], [3e-9, 1e-4], label="$K^+$")
                axes.set(yscale="log", xlabel="$m_{ee}$ (GeV)", ylabel="events")
                axes.legend()
            figure.colorbar(rows[0, 0].scatter([1.0], [1e-5], c=[0.2]), ax=rows[0, :])
            figure.suptitle("few")
        return figure

    ours, theirs = drawn(), drawn()
    for file_format, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        saved = io.BytesIO()
        with publication_style():
            theirs.savefig(saved, format=file_format, metadata=metadata)
        theirs.set_layout_engine("none")
        assert figure_bytes(ours, file_format) == saved.getvalue()


def test_the_same_figure_gives_the_same_bytes():
    def drawn():
        figure, axes = column_figure()
        axes.plot([1.0, 2.0], [3.0, 1.0], label="$K^+$")
        axes.legend()
        return figure

    for file_format in ("pdf", "png"):
        assert figure_bytes(drawn(), file_format) == figure_bytes(drawn(), file_format)
    with pytest.raises(ValueError, match="pdf or png"):
        figure_bytes(drawn(), "gif")


def test_coverage_figure_draws_the_table_and_marks_what_is_below(made):
    figure, numbers = made["coverage_map"]
    # Three channels: three panels, each with its strip; the empty pair of the grid is gone.
    assert len(figure.axes) == 6
    rows = find_rows(numbers, channel="kkee", method="rolke")
    assert [row["true_signal"] for row in rows] == [0, 2, 4, 6, 8, 10]
    assert [row["under_covered"] for row in rows] == [False, True, True, False, True, False]
    assert not any(row["under_covered"] for row in find_rows(numbers, method="cls"))
    figure, _ = made["coverage_map of one channel"]
    panel, strip = figure.axes
    lines = [line.get_xydata().tolist() for line in panel.get_lines()]
    assert [[row["true_signal"], row["coverage"]] for row in rows] in lines
    assert [[0, 0.9], [1, 0.9]] in lines  # the nominal level, across the panel
    bars = [
        (path.vertices[:, 0].min(), path.vertices[:, 0].max())
        for bars in strip.collections
        for path in bars.get_paths()
    ]
    # Each bar ends half way to the next signal.
    assert bars == [(1, 3), (3, 5), (7, 9)]
    assert panel.get_xlim() == strip.get_xlim() == (0, 10)


def test_methods_are_told_by_line_style_too(made):
    figure, _ = made["coverage_map of one channel"]
    legend = figure.legends[0]
    methods = [line for line in legend.get_lines() if line.get_label() != "Nominal"]
    assert len({line.get_linestyle() for line in methods}) == len(methods) == 2
    assert len({line.get_color() for line in methods}) == 2


def test_a_method_without_a_style_is_refused():
    table = coverage_table()
    table["method"] = ["guess" if name == "cls" else name for name in table["method"]]
    with pytest.raises(ValueError, match="guess.*known are"):
        coverage_map(table, labels={})


def test_colours_are_distinct_also_in_grey():
    def luminance(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    # The two that carry most figures: blue and vermilion; and both against black.
    grey = sorted(luminance(COLOURS[name]) for name in ("black", "blue", "vermilion"))
    assert min(np.diff(grey)) > 25


def test_matplotlib_is_imported_only_for_drawing():
    code = (
        "import sys; from lnvsearch import tables; "
        "from lnvsearch.papers import besiii_2025, na62_2019, na62_2022; "
        "from lnvsearch.publication import comparison, published, summary; "
        "sys.exit(bool({'matplotlib', 'scipy', 'numpy', 'numba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
