"""BESIII 2025, J/ψ → K⁺K⁺e⁻e⁻ + c.c.: all tables and figures, and the comparison."""

from lnvsearch.publication.contents import Content
from lnvsearch.publication.figures import COVERAGE_MAP

_FIGURES = f"{__name__}.figures"

TABLES = {
    "table1": Content(f"{__name__}.tables.table1", ("published", "systematics")),
    "table2": Content(
        f"{__name__}.tables.table2",
        ("published", "efficiencies", "systematics_by_mass", "scan"),
        ("in_mass_bin", "inputs"),
    ),
}

FIGURES = {
    "figure1": Content(f"{_FIGURES}.diagrams.figure1"),
    "figure2": Content(
        f"{_FIGURES}.candidates.figure2",
        ("published", "selected/nominal", "spectra", "user_selected"),
        ("window_gev", "base_seed"),
    ),
    "figure3": Content(f"{_FIGURES}.limits.figure3", ("published", "scan")),
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
    "acceptance_map": Content(f"{_FIGURES}.candidates.acceptance_map", ("selected/nominal",)),
    "calibration_curve": Content(
        f"{_FIGURES}.efficiency.calibration_curve",
        ("published", "calibration_trials", "calibration_record"),
    ),
    "coverage_map": COVERAGE_MAP,
}

COMPARISON = Content(
    f"{__name__}.comparison.compare",
    (
        "published", "efficiencies", "systematics", "systematics_by_mass", "scan", "background",
        "validation", "limits",
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

#: Columns of the tables; a pair is what stands in Markdown and in LaTeX.
HEADINGS = {
    "source": "Source",
    "kind": "Kind",
    "variation": "Variation",
    "published_percent": "Published (%)",
    "this_work_percent": "This work (%)",
    "statistical_uncertainty_percent": ("Statistical uncertainty (%)", r"$\pm$ stat.\ (\%)"),
    "in_total": "In total",
    "note": "Note",
    "mass_gev": ("m(ν_M) (GeV/c²)", r"$m_{\nu_M}$ (GeV/$c^2$)"),
    "efficiency_published": ("ε published (%)", r"$\varepsilon^{\mathrm{pub}}$ (\%)"),
    "efficiency_simulated": ("ε simulated (%)", r"$\varepsilon^{\mathrm{sim}}$ (\%)"),
    "efficiency_simulated_uncertainty": ("± (%)", r"$\pm$ (\%)"),
    "observed": ("N observed", r"$N^{\mathrm{obs}}$"),
    "background": ("N background", r"$N^{\mathrm{bkg}}$"),
    "systematic_published": ("Δ published (%)", r"$\Delta^{\mathrm{pub}}$ (\%)"),
    "systematic_simulated": ("Δ simulated (%)", r"$\Delta^{\mathrm{sim}}$ (\%)"),
    "limit_published": ("Limit published", r"$\mathcal{B}^{\mathrm{pub}}$"),
    "limit_derived": ("Limit derived", r"$\mathcal{B}^{\mathrm{der}}$"),
    "limit_simulated": ("Limit simulated", r"$\mathcal{B}^{\mathrm{sim}}$"),
    "efficiency_uncalibrated": ("ε uncalibrated (%)", r"$\varepsilon^{\mathrm{uncal}}$ (\%)"),
    "efficiency_uncalibrated_uncertainty": ("± (%)", r"$\pm$ (\%)"),
    "inputs": "Inputs",
    "limit_uncalibrated": ("Limit uncalibrated", r"$\mathcal{B}^{\mathrm{uncal}}$"),
}
