"""The map of a recast: what is drawn, and that it can be printed."""

from pathlib import Path

import numpy as np
import printed_figures
import pytest

from lnvsearch.publication.figures.recast import recast_map
from lnvsearch.publication.published import read_published
from lnvsearch.recast_grid import GRID_COLUMNS
from lnvsearch.tables import table_from_rows

ROOT = Path(__file__).parents[3]
MASSES, LIFETIMES = np.linspace(0.25, 0.38, 5), [0.0, *np.geomspace(0.1, 1e9, 12)]


def grid(limits=True):
    return table_from_rows(
        [
            {
                "mass_gev": mass, "lifetime_ps": lifetime, "chirality": chirality,
                "acceptance": 0.1 / (1.0 + lifetime / 100.0),
                "branching_fraction_limit": 4e-11 * (1.0 + lifetime / 100.0) if limits else None,
            }
            for mass in MASSES for lifetime in LIFETIMES for chirality in ("isotropic", "v_minus_a")
        ],
        GRID_COLUMNS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def published():
    return read_published(ROOT / "resources/published/na62_2019/numbers.csv")


def made(table, published):
    return recast_map(
        table, published, decay_label=r"$K^+\to\mu^+N$", published_channel="pimumu"
    )


def test_map_is_fit_for_print_and_holds_the_published_point(published):
    figure, numbers = made(grid(), published)
    printed_figures.check({"recast_pimumu": (figure, numbers)})
    assert len(numbers["mass_gev"]) == 5 * 13 * 2 + 1
    assert numbers["branching_fraction_limit"][-1] == 4.2e-11
    assert numbers["acceptance"][-1] == pytest.approx(0.0981)
    assert len(figure.axes) == 3


def test_no_line_crosses_a_mass_without_a_limit(published):
    """Its column has no colour: neither acceptances nor the published limit are drawn there."""
    from matplotlib.contour import ContourSet

    table, (before, lost, after) = grid(), MASSES[1:4]
    table["branching_fraction_limit"] = [
        None if mass == lost else limit
        for mass, limit in zip(table["mass_gev"], table["branching_fraction_limit"], strict=True)
    ]
    figure, _ = made(table, published)
    lines = [one for axes in figure.axes for one in axes.collections if isinstance(one, ContourSet)]
    places = np.concatenate([path.vertices[:, 0] for line in lines for path in line.get_paths()])
    assert len(lines) == 4 and places.min() == MASSES[0] and places.max() == MASSES[-1]
    assert not np.any((places > before + 1e-9) & (places < after - 1e-9))


def test_a_grid_without_any_limit_is_refused(published):
    with pytest.raises(ValueError, match=r"raise statistics\.recast"):
        made(grid(limits=False), published)
