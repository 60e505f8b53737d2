"""The tutorial's notebook: every cell runs, and what its text says of the numbers is so."""

import json

import matplotlib.pyplot as plt
import pytest

NOTEBOOK = "docs/tutorial/a_search_in_twenty_minutes.ipynb"


@pytest.fixture(scope="module")
def run(root):
    """Run all cells one after the other; what they leave, and what they print."""
    import contextlib
    import io

    cells = json.loads((root / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    namespace, printed = {}, io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(root / "docs" / "tutorial")
        patch.setattr(plt, "show", lambda: None)
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), NOTEBOOK, "exec"), namespace)
    figures = [plt.figure(number) for number in plt.get_fignums()]
    yield namespace, printed.getvalue(), figures
    plt.close("all")


def test_the_efficiency_is_near_the_published_one(run):
    namespace, _, _ = run
    # Uncalibrated: 16.6 % within the statistics of 20,000 decays; the text says "a bit higher".
    assert 0.1568 < namespace["efficiency"] < 0.176
    assert namespace["background_flow"].events_out[-1] == 0


def test_the_limit_is_what_the_text_says(run):
    namespace, printed, _ = run
    limit = namespace["rolke"].interval(
        namespace["measured"](1, namespace["efficiency"]), confidence_level=0.90
    ).upper / namespace["N_JPSI"]
    assert limit == pytest.approx(2.2e-9, rel=0.05)
    assert f"       1   {limit:.2e}" in printed
    paper = namespace["rolke"].interval(namespace["measured"](1, 0.1568), confidence_level=0.90)
    assert paper.upper / namespace["N_JPSI"] == pytest.approx(2.3e-9, rel=0.02)


def test_every_figure_shows_something(run):
    _, _, figures = run
    assert len(figures) == 4
    for figure in figures:
        (axes,) = figure.axes
        assert axes.get_xlabel() or len(axes.get_xticklabels()) > 5
        assert axes.lines or axes.patches


def test_events_of_both_experiments_are_drawn(run):
    namespace, _, _ = run
    assert set(abs(namespace["candidate"].truth["pdg_id"][:4])) == {11, 321}
    for name in ("signal", "background", "na62_signal", "na62_background"):
        figure = namespace[f"{name}_picture"]
        assert len(figure.axes) >= 2
        assert all(axes.lines or axes.patches for axes in figure.axes)


def test_outputs_are_not_kept(root):
    cells = json.loads((root / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)
