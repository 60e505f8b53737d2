"""BESIII 2025, J/ψ → K⁺K⁺e⁻e⁻ + c.c.: all tables and figures, and the comparison."""

from lnvsearch.papers.besiii_2025.headings import HEADINGS
from lnvsearch.publication import assumptions, branching_fractions
from lnvsearch.publication.contents import Content
from lnvsearch.publication.figures import COVERAGE_MAP, RECAST_MAP

__all__ = ["COMPARISON", "FIGURES", "HEADINGS", "TABLES"]

_FIGURES = f"{__name__}.figures"

TABLES = {
    "table1": Content(f"{__name__}.tables.table1", ("published", "systematics"), short=(
        "source", "kind", "published_percent", "this_work_percent", "statistical_uncertainty_percent",
    )),
    "table2": Content(
        f"{__name__}.tables.table2",
        ("published", "efficiencies", "systematics_by_mass", "scan"),
        ("in_mass_bin", "inputs"),
        short=(
            "mass_gev", "efficiency_published", "efficiency_simulated", "observed", "background",
            "systematic_published", "limit_published", "limit_derived", "limit_simulated",
        ),
    ),
    "pair_angles": Content(
        f"{__name__}.readings.pair_angles", ("published", "efficiencies"),
        ("in_mass_bin", "weighted_variations"),
        short=(
            "mass_gev", "limit_published", "efficiency_isotropic", "limit_ratio_one_plus_cos2",
            "limit_moved_one_plus_cos2", "limit_ratio_v_minus_a", "limit_moved_v_minus_a",
        ),
    ),
    "scan_readings": Content(
        f"{__name__}.readings.scan_readings", ("published", "efficiencies"),
        short=(
            "angles", "mass_bin", "masses", "rms_deviation_percent", "largest_deviation_percent",
            "largest_deviation_mass_gev", "mean_deviation_above_percent", "slope_percent_per_gev",
        ),
    ),
    "assumptions": Content(
        f"{__name__}.assumptions.assumptions", ("efficiencies", "calibration_record"),
        ("assumptions",), short=assumptions.SHORT,
    ),
    "data_counts": Content(f"{__name__}.data_tables.data_counts", ("published", "user_counts")),
    "data_sensitivity": Content(
        f"{__name__}.data_tables.data_sensitivity", ("published", "user_sensitivity", "limits")
    ),
    "branching_fractions": Content(
        f"{__name__}.branching_fractions.branching_fractions",
        ("pdg", "other_fractions", "background", "limits"), short=branching_fractions.SHORT,
    ),
}

FIGURES = {
    "figure1": Content(f"{_FIGURES}.diagrams.figure1"),
    "figure2": Content(
        f"{_FIGURES}.candidates.figure2",
        ("published", "selected/nominal", "spectra", "user_spectra"),
        ("window_gev", "base_seed"),
    ),
    "figure3": Content(
        f"{_FIGURES}.limits.figure3", ("published", "scan"),
        ("in_mass_bin", "bounded", "confidence_level"),
    ),
    "efficiency_vs_mass": Content(
        f"{_FIGURES}.efficiency.efficiency_vs_mass", ("published", "efficiencies"), ("in_mass_bin",)
    ),
    "cut_flow": Content(f"{_FIGURES}.selection.cut_flow", ("cutflow",), ("samples",)),
    "chi_square_probability": Content(
        f"{_FIGURES}.candidates.chi_square_probability",
        ("selected/ideal", "selected/radiation_off", "selected/nominal"),
    ),
    "punzi_curve": Content(f"{_FIGURES}.selection.punzi_curve", ("published", "punzi")),
    "modelling": Content(f"{_FIGURES}.efficiency.modelling", ("published", "systematics_by_mass")),
    "acceptance_map": Content(f"{_FIGURES}.acceptance.acceptance_map", ("selected/nominal",)),
    "calibration_curve": Content(
        f"{_FIGURES}.efficiency.calibration_curve",
        ("published", "calibration_trials", "calibration_record"),
    ),
    "coverage_map": COVERAGE_MAP,
    "recast": RECAST_MAP,
}

COMPARISON = Content(
    f"{__name__}.comparison.compare",
    (
        "published", "reasons", "efficiencies", "systematics", "systematics_by_mass", "scan",
        "background", "validation", "limits",
    ),
    ("entered",),
    compares=(
        "efficiency_percent", "efficiency_used_in_limit_percent", "n_generated_phase_space",
        "systematic_{process}_percent", "systematic_total_percent",
        "observed_events", "background_events",
        "upper_limit_signal_events", "upper_limit_branching_fraction", "upper_limit_range_high",
        "upper_limit_range_low", "mass_scan_highest_in_text_gev", "mass_scan_step_gev",
        "signal_window_half_width_in_resolutions",
    ),
)
