"""Headings of the columns of BESIII's tables; a pair is what stands in Markdown and in LaTeX."""

from lnvsearch.publication import assumptions, branching_fractions

__all__ = ["HEADINGS"]

_MASS_PLUS_MINUS = ("± (%)", r"$\pm$ (\%)")

HEADINGS = {
    **assumptions.HEADINGS,
    **branching_fractions.HEADINGS,
    "source": "Source",
    "kind": "Kind",
    "variation": "Variation",
    "published_percent": "Published (%)",
    "this_work_percent": "This work (%)",
    "statistical_uncertainty_percent": ("Statistical uncertainty (%)", r"$\pm$ stat.\ (\%)"),
    "in_total": "In total",
    "note": "Note",
    # The user's own events.
    "channel": "Channel",
    "selection": "Selection",
    "region": "Region",
    "quantity": "Quantity",
    "published": "Published",
    "user_data": "User's data",
    "user_data_published_efficiency": "User's data, published efficiency",
    "user_data_simulated_efficiency": "User's data, simulated efficiency",
    # Table 2.
    "mass_gev": ("m(ν_M) (GeV/c²)", r"$m_{\nu_M}$ (GeV/$c^2$)"),
    "efficiency_published": ("ε published (%)", r"$\varepsilon^{\mathrm{pub}}$ (\%)"),
    "efficiency_simulated": ("ε simulated (%)", r"$\varepsilon^{\mathrm{sim}}$ (\%)"),
    "efficiency_simulated_uncertainty": _MASS_PLUS_MINUS,
    "observed": ("N observed", r"$N^{\mathrm{obs}}$"),
    "background": ("N background", r"$N^{\mathrm{bkg}}$"),
    "systematic_published": ("Δ published (%)", r"$\Delta^{\mathrm{pub}}$ (\%)"),
    "systematic_simulated": ("Δ simulated (%)", r"$\Delta^{\mathrm{sim}}$ (\%)"),
    "limit_published": ("Limit published", r"$\mathcal{B}^{\mathrm{pub}}$"),
    "limit_derived": ("Limit derived", r"$\mathcal{B}^{\mathrm{der}}$"),
    "limit_simulated": ("Limit simulated", r"$\mathcal{B}^{\mathrm{sim}}$"),
    "efficiency_one_plus_cos2": ("ε, 1 + cos²θ (%)", r"$\varepsilon^{1+\cos^2\theta}$ (\%)"),
    "efficiency_one_plus_cos2_uncertainty": _MASS_PLUS_MINUS,
    "limit_one_plus_cos2": ("Limit, 1 + cos²θ", r"$\mathcal{B}^{1+\cos^2\theta}$"),
    "efficiency_v_minus_a": ("ε, V − A (%)", r"$\varepsilon^{V-A}$ (\%)"),
    "efficiency_v_minus_a_uncertainty": _MASS_PLUS_MINUS,
    "limit_v_minus_a": ("Limit, V − A", r"$\mathcal{B}^{V-A}$"),
    "efficiency_without_mass_bin": (
        "ε without mass bin (%)", r"$\varepsilon^{\mathrm{no\ bin}}$ (\%)",
    ),
    "efficiency_without_mass_bin_uncertainty": _MASS_PLUS_MINUS,
    "limit_without_mass_bin": ("Limit without mass bin", r"$\mathcal{B}^{\mathrm{no\ bin}}$"),
    "efficiency_in_mass_bin": ("ε in mass bin (%)", r"$\varepsilon^{\mathrm{bin}}$ (\%)"),
    "efficiency_in_mass_bin_uncertainty": _MASS_PLUS_MINUS,
    "limit_in_mass_bin": ("Limit in mass bin", r"$\mathcal{B}^{\mathrm{bin}}$"),
    "efficiency_uncalibrated": ("ε uncalibrated (%)", r"$\varepsilon^{\mathrm{uncal}}$ (\%)"),
    "efficiency_uncalibrated_uncertainty": _MASS_PLUS_MINUS,
    "limit_uncalibrated": ("Limit uncalibrated", r"$\mathcal{B}^{\mathrm{uncal}}$"),
    "inputs": "Inputs",
    # What the angles of the pair do.
    "efficiency_isotropic": ("ε, isotropic (%)", r"$\varepsilon^{\mathrm{iso}}$ (\%)"),
    "efficiency_isotropic_uncertainty": _MASS_PLUS_MINUS,
    "limit_ratio_one_plus_cos2": (
        "Limit, 1 + cos²θ/isotropic",
        r"$\mathcal{B}^{1+\cos^2\theta}/\mathcal{B}^{\mathrm{iso}}$",
    ),
    "limit_ratio_one_plus_cos2_uncertainty": ("±", r"$\pm$"),
    "limit_moved_one_plus_cos2": (
        "Published limit × ratio, 1 + cos²θ", r"$\mathcal{B}^{\mathrm{pub}}$, $1+\cos^2\theta$",
    ),
    "limit_ratio_v_minus_a": (
        "Limit, V − A/isotropic", r"$\mathcal{B}^{V-A}/\mathcal{B}^{\mathrm{iso}}$",
    ),
    "limit_ratio_v_minus_a_uncertainty": ("±", r"$\pm$"),
    "limit_moved_v_minus_a": (
        "Published limit × ratio, V − A", r"$\mathcal{B}^{\mathrm{pub}}$, $V-A$",
    ),
    # How far the readings of the scan are from the printed efficiencies.
    "angles": "Angles of the pair",
    "mass_bin": "Mass bin",
    "masses": "Legible masses",
    "rms_deviation_percent": "Deviation, rms (%)",
    "largest_deviation_percent": "Largest (%)",
    "largest_deviation_mass_gev": ("at (GeV/c²)", r"at (GeV/$c^2$)"),
    "masses_above": "Masses from 0.9 GeV",
    "mean_deviation_above_percent": "Mean from 0.9 GeV (%)",
    "slope_percent_per_gev": "Slope from 0.9 GeV (%/GeV)",
}  # fmt: skip
