"""NA62, CERN-EP-2022-018: K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻π⁰e⁺e⁺ in the data of 2016–18."""

from dataclasses import replace

from lnvsearch.experiments.na62 import publication as shared
from lnvsearch.publication.contents import Content

TABLES = shared.TABLES | {
    "table1": Content(f"{__name__}.tables.table1", ("published", "background/piee")),
    "table2": Content(
        f"{__name__}.tables.table2", ("published", "background/pipi0ee"), ("compared",)
    ),
}
FIGURES = shared.FIGURES
COMPARISON = replace(shared.COMPARISON, function=f"{__name__}.comparison.compare")
HEADINGS = shared.HEADINGS
