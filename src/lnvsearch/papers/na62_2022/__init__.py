"""NA62, CERN-EP-2022-018: K⁺ → π⁻e⁺e⁺ and K⁺ → π⁻π⁰e⁺e⁺ in the data of 2016–18."""

from dataclasses import replace

from lnvsearch.experiments.na62 import publication as shared
from lnvsearch.publication.contents import Content

TABLES = shared.TABLES | {
    "table1": Content(f"{__name__}.tables.table1", ("published", "background/piee"),
        short=("region", "process", "published", "simulated", "normalised", "observed"),
    ),
    "table2": Content(
        f"{__name__}.tables.table2", ("published", "background/pipi0ee"), ("compared",),
        short=("region", "process", "published", "derived", "simulated", "observed"),
    ),
}
FIGURES = shared.FIGURES
COMPARISON = replace(
    shared.COMPARISON,
    function=f"{__name__}.comparison.compare",
    compares=(
        *shared.COMPARISON.compares,
        "improvement_factor", "acceptance_ratio_pipi0ee_to_piee", "protons_per_spill_high",
        "signal_region_low_mev", "signal_region_high_mev", "signal_region_width_in_resolutions",
        "control_normalisation_candidates", "control_n_kaon_decays_change_percent",
        "control_events_*", "background_{process}_*_region_uncertainty",
        "background_total_*_region_uncertainty",
    ),
)
HEADINGS = shared.HEADINGS
