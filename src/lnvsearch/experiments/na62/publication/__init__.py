"""What the papers of NA62 share: every table and figure that any search there can have.

Names are those of a search's file, under `tables` and `figures`.  A paper with something of its own
has a module in `lnvsearch.papers` that begins with these.
"""

from lnvsearch.publication import assumptions, branching_fractions
from lnvsearch.publication.contents import Content
from lnvsearch.publication.figures import COVERAGE_MAP, RECAST_MAP

_TABLES = f"{__name__}.tables"
_FIGURES = f"{__name__}.figures"

TABLES = {
    "sensitivity": Content(
        f"{_TABLES}.search.sensitivities", ("published", "sensitivity", "limits"), ("compared",),
        short=("channel", "quantity", "published", "derived", "simulated"),
    ),
    "backgrounds": Content(f"{_TABLES}.search.backgrounds", ("published", "background"),
        short=("channel", "process", "region", "published", "simulated", "effective_events"),
    ),
    "data_driven": Content(
        f"{_TABLES}.control.data_driven", ("published", "transferred", "background"),
        short=("process", "region", "published", "data_driven", "data_driven_all", "simulated"),
    ),
    "probe_contamination": Content(
        f"{_TABLES}.identification.probe_contamination", ("published", "contamination"),
        short=("probe", "decay", "extreme", "momentum_gev", "share", "share_without_muon_signal",
               "published"),
    ),
    "validation": Content(
        f"{_TABLES}.validation.validation",
        ("published", "validation", "acceptance"),
        ("channels", "compared"),
        short=("quantity", "channel", "published", "simulated", "uncertainty", "status"),
        short_rows={"variant": "nominal"},
    ),
    "systematics": Content(
        f"{_TABLES}.validation.systematics", ("systematics",),
        short=("channel", "description", "relative_difference_percent", "uncertainty_percent"),
        short_rows={"quantity": "single_event_sensitivity"},
    ),
    "vertex_conditions": Content(
        f"{_TABLES}.vertex.vertex_conditions",
        ("published", "acceptance", "background"),
        ("channels", "vertex_variations"),
        short=("channel", "quantity", "published", "simulated", "vertex_from_*", "track_chi_square_*"),
        short_rows={"region": "signal"},
    ),
    "assumptions": Content(
        f"{_TABLES}.assumptions.assumptions", ("systematics", "background"), ("assumptions",),
        short=assumptions.SHORT, short_rows={"headline": "single-event sensitivity (limit)"},
    ),
    "branching_fractions": Content(
        f"{_TABLES}.branching_fractions.branching_fractions",
        ("published", "pdg", "other_fractions", "background", "limits"), ("channels",),
        short=branching_fractions.SHORT,
    ),
    # Of the user's own data, where there are any.
    "data_counts": Content(f"{_TABLES}.data.data_counts", ("published", "user_counts")),
    "data_sensitivity": Content(
        f"{_TABLES}.data.data_sensitivity", ("published", "user_sensitivity", "limits")
    ),
}

FIGURES = {
    "coverage_map": COVERAGE_MAP,
    "recast": RECAST_MAP,
    "layout": Content(f"{_FIGURES}.beam_line.layout", (), ("detector", "data_sets")),
    "identification": Content(
        f"{_FIGURES}.identification.pion_and_electron_identification", ("closure",)
    ),
    "muon_identification": Content(f"{_FIGURES}.identification.muon_identification", ("closure",)),
    "masses": Content(
        f"{_FIGURES}.spectra.masses",
        ("published", "spectra/{channel}", "user_spectra"),
        ("channel", "panels", "label", "channels"),
    ),
    "acceptance_dalitz": Content(
        f"{_FIGURES}.acceptance.acceptance_dalitz", ("dalitz_candidates",), ("signals", "labels")
    ),
    "acceptance_ratio": Content(
        f"{_FIGURES}.acceptance.acceptance_ratio",
        ("published", "acceptance"),
        ("channels", "labels", "legends"),
    ),
}


COMPARISON = Content(
    f"{__name__}.comparison.compare",
    (
        "published", "companion", "reasons", "acceptance", "background", "limits", "sensitivity",
        "validation",
    ),
    ("channels", "compared", "entered", "title"),
    compares=(
        "upper_limit_branching_fraction", "observed_events", "confidence_level_percent",
        "single_event_sensitivity", "single_event_sensitivity_uncertainty",
        "signal_acceptance_percent", "further_branching_fraction_percent",
        "normalisation_candidates", "normalisation_contamination",
        "normalisation_branching_fraction", "normalisation_acceptance_percent",
        "n_kaon_decays", "n_kaon_decays_ratio",
        *(f"n_kaon_decays_{part}_uncertainty" for part in ("statistical", "external", "systematic")),
        "kaon_decay_rate_mhz", "beam_momentum_gev", "fiducial_volume_length_m",
        "beam_kaon_fraction_percent", "beam_particle_rate_mhz",
        "background_events", "background_events_uncertainty",
        "background_events_control_region", "background_events_masked_region",
        *(f"background_{process}_{name}" for process in ("{process}", "total")
          for name in ("events", "*_region_events")),
        # What is measured on simulated events.
        "mass_resolution_mev", "*_vertex_z_resolution_m", "ee_mass_acceptance_loss_percent",
        "rich_angle_acceptance_loss*_percent", "rich_identification_loss*_percent",
        "large_angle_veto_loss*_percent", "control_normalisation_acceptance_loss_percent",
        "k3pi_acceptance_of_package*_percent",
    ),
)

HEADINGS = {
    **assumptions.HEADINGS,
    **branching_fractions.HEADINGS,
    "quantity": "Quantity",
    "particle": "Particle",
    "process": "Process",
    "region": "Region",
    "channel": "Channel",
    "variant": "Variant",
    "unit": "Unit",
    "extreme": "Extreme",
    "published": "Published",
    "derived": "Derived",
    "simulated": "Simulated",
    "user_data": "User's data",
    "user_data_published_acceptances": "User's data, published acceptances",
    "user_data_simulated_acceptances": "User's data, simulated acceptances",
    "effective_events": "Effective events",
    "published_masked_region": "Published, masked region without the signal region",
    "simulated_masked_region": "Simulated, masked region without the signal region",
    "simulated_control_region": "Simulated, control region",
    "control_events_derived": "Control events, derived",
    "weight_per_control_event_derived": "Weight of a control event, derived",
    "control_events": "Control events, simulated",
    "weight_per_control_event": "Weight of a control event, simulated",
    "data_driven": "From control sample",
    "data_driven_precision": "Its precision in data",
    "data_driven_all": "From control sample, all decays in it",
    "probe": "Probe",
    "decay": "Other decay",
    "share": "Share by kinematics (%)",
    "share_without_muon_signal": "Share without muon signal (%)",
    "momentum_gev": "Momentum (GeV)",
    "normalised": "Simulated, normalised below the signal",
    "observed": "Observed (published)",
    "published_minimum": "Published, least",
    "published_maximum": "Published, largest",
    "sample": "Sample",
    "selection": "Selection",
    "uncertainty_percent": "± (%)",
    "input_minimum": "Entered, least",
    "input_maximum": "Entered, largest",
    "closure_minimum": "Closure, least",
    "closure_maximum": "Closure, largest",
    "uncertainty": "Uncertainty",
    "status": "Status",
    "note": "Note",
    "variation": "Variation",
    "description": "What is changed",
    "nominal": "Nominal",
    "varied": "Varied",
    "relative_difference_percent": "Relative difference (%)",
}
