"""NA62, Phys. Lett. B 797 (2019) 134794: K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻μ⁺μ⁺ in the data of 2017."""

from dataclasses import replace

from lnvsearch.experiments.na62 import publication as shared
from lnvsearch.publication.contents import Content

TABLES = shared.TABLES | {
    "table1": Content(f"{__name__}.tables.table1", ("published", "closure")),
    "table2": Content(
        f"{__name__}.tables.table2", ("published", "background/pimumu"), ("compared",)
    ),
    "table3": Content(
        f"{__name__}.tables.table3", ("published", "sensitivity"), ("channels", "compared")
    ),
}
FIGURES = shared.FIGURES
COMPARISON = replace(shared.COMPARISON, function=f"{__name__}.comparison.compare")
HEADINGS = shared.HEADINGS
