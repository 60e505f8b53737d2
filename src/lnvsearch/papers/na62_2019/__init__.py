"""NA62, Phys. Lett. B 797 (2019) 134794: K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻μ⁺μ⁺ in the data of 2017."""

from dataclasses import replace

from lnvsearch.experiments.na62 import publication as shared
from lnvsearch.publication.contents import Content

TABLES = shared.TABLES | {
    "table1": Content(
        f"{__name__}.tables.table1", ("published", "closure"),
        short=("particle", "quantity", "unit", "published_minimum", "published_maximum",
               "closure_minimum", "closure_maximum"),
    ),
    "table2": Content(
        f"{__name__}.tables.table2", ("published", "background/pimumu"), ("compared",),
        short=("process", "published", "simulated", "published_masked_region",
               "simulated_masked_region"),
    ),
    "table3": Content(
        f"{__name__}.tables.table3",
        ("published", "sensitivity", "background"),
        ("channels", "compared"),
        short=("channel", "quantity", "unit", "published", "derived", "simulated"),
    ),
}
FIGURES = shared.FIGURES
COMPARISON = replace(
    shared.COMPARISON,
    function=f"{__name__}.comparison.compare",
    compares=(
        *shared.COMPARISON.compares,
        "improvement_factor", "previous_limit_branching_fraction", "data_fraction_percent",
        "spills", "trigger_downscaling*", "track_momentum_*_gev", "momentum_resolution_*_percent",
        "k3pi_rich_suppression_normalisation", "k3pi_rich_suppression_signal",
        "ke4_rich_suppression_signal", "rich_background_suppression",
        "two_decay_fraction_of_control_background_percent",
    ),
)
HEADINGS = shared.HEADINGS
