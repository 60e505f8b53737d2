"""Why a number printed by the NA62 papers has no value of this project's own in a comparison."""

from __future__ import annotations

__all__ = ["NOT_SIMULATED"]

_REASONS: dict[str, str] = {
    "describes a part of the beam line or detector that the fast simulation does not need": """
        beam_pion_fraction_percent beam_proton_fraction_percent chod_hodoscopes
        chod_time_resolution_ps forward_photon_calorimeters gtk_magnets gtk_stations
        gtk_time_resolution_ps ktag_pressure_bar ktag_time_resolution_ps lkr_cell_size_cm lkr_cells
        lkr_volume_m3 muv12_modules photon_veto_angle_mrad primary_proton_momentum_gev
        rich_pion_threshold_gev rich_time_resolution_ps vacuum_pressure_mbar""",
    "a property of the simulated beam or detector: not among the settings given": """
        beam_divergence_mrad beam_momentum_spread_percent collimator_aperture_x_mm
        collimator_aperture_y_mm collimator_outer_x_m collimator_outer_y_m collimator_thickness_m
        early_collimator_size_m fiducial_volume_start_after_gtk3_m iron_wall_thickness_cm
        ktag_length_m lav_stations lkr_depth_radiation_lengths lkr_resolution_constant_percent
        lkr_resolution_noise_percent lkr_resolution_stochastic_percent magnet_to_third_chamber_m
        mnp33_kick_mev momentum_resolution_constant_percent momentum_resolution_high_percent
        momentum_resolution_low_percent momentum_resolution_slope_percent_per_gev muv3_tiles
        rich_length_m straw_chambers trim5_kick_mev""",
    "describes the data taking: it enters through the number of kaon decays only": """
        beam_particle_rate_mhz data_fraction_percent data_taking_months protons_per_spill
        protons_per_spill_high protons_per_spill_low spill_duration_s spills""",
    "a property of the trigger: not among the settings given": """
        chod_quadrants l0_lkr_energy_minimum_gev l0_muv3_tiles_minimum l0_opposite_quadrants
        trigger_downscaling trigger_downscaling_multitrack trigger_inefficiency_chod_percent
        trigger_inefficiency_other trigger_inefficiency_straw_percent""",
    "a criterion of the selection: not among the settings given": """
        control_charge_selections control_missing_momentum_minimum_gev control_vertex_charge
        ee_mass_minimum_mev electrons masked_region_high_mev masked_region_low_mev
        normalisation_region_high_mev normalisation_region_low_mev photon_candidates
        photon_distance_minimum_mm photon_energy_minimum_gev rich_angle_minimum_mrad
        signal_region_half_width_in_resolutions total_momentum_deviation_maximum_gev
        track_distance_lkr_minimum_mm track_distance_straw_minimum_mm track_momentum_maximum_gev
        track_momentum_minimum_gev transverse_momentum_maximum_mev upper_region_high_mev
        vertex_charge vertex_tracks vertex_z_difference_maximum_m""",
    "the text of section 5 names the three-body mass where section 2 has the pair's; the pair's "
    "is used": "pi_ee_mass_minimum_in_section_5_mev",
    "a criterion on times or on counted vertices: a fast simulation of single decays has no clock "
    "and no accidental tracks; what it costs is part of the flat factor": """
        lav_veto_window_ns muon_time_difference_maximum_ns photon_time_difference_maximum_ns
        pileup_sideband_far_ns pileup_sideband_near_ns rich_time_window_ns
        track_time_difference_maximum_ns trigger_time_difference_maximum_ns vertices""",
    "a criterion on E/p: identification enters as probabilities, because a fast simulation cannot "
    "predict hadronic clusters in the calorimeter": """
        electron_ep_maximum electron_ep_minimum muon_ep_maximum pion_ep_maximum""",
    "accidental activity: a fast simulation of single decays cannot predict pileup":
        "muv3_rate_mhz",
    "a property of the simulated background that this run did not measure": """
        background_events_control_region background_events_masked_region
        k3pi_rich_suppression_normalisation k3pi_rich_suppression_signal
        ke4_rich_suppression_signal radiative_photon_energy_boundary_mev
        radiative_photon_energy_selected_minimum_mev rich_background_suppression
        same_sign_enhancement_factor two_decay_fraction_of_control_background_percent
        two_decay_fraction_of_k3pi_percent""",
    "a property of the simulated decays that this run did not measure": """
        ee_mass_acceptance_loss_percent mass_resolution_mev neutral_vertex_z_resolution_m
        rich_angle_acceptance_loss_percent standard_model_acceptance_scale
        track_vertex_z_resolution_m""",
    "the size of the collaboration's simulation; this project's is a setting and its effective "
    "number of events stands beside each background": "k3pi_simulated_decays",
    "a probability of identification that the collaboration measured: a fast simulation cannot "
    "predict hadronic showers or the overlap of rings in the RICH; it can only be entered, and "
    "was not among the settings given": """
        electron_efficiency_maximum_percent electron_efficiency_minimum_percent
        electron_to_pion_probability_maximum_percent electron_to_pion_probability_minimum_percent
        identification_inefficiency_scale muv3_inefficiency_percent
        pi_minus_to_e_minus_probability_maximum_percent
        pi_minus_to_e_minus_probability_minimum_percent pi_plus_to_e_plus_high_momentum_gev
        pi_plus_to_e_plus_maximum_momentum_gev pi_plus_to_e_plus_minimum_momentum_gev
        pi_plus_to_e_plus_probability_at_high_momentum pi_plus_to_e_plus_probability_maximum
        pi_plus_to_e_plus_probability_minimum pion_efficiency_maximum_percent
        pion_efficiency_minimum_percent pion_identification_momentum_high_gev
        pion_identification_momentum_low_gev pion_to_electron_charge_difference
        pion_to_electron_lkr_probability pion_to_muon_high_momentum_gev
        pion_to_muon_low_momentum_gev pion_to_muon_probability_high_momentum_percent
        pion_to_muon_probability_low_momentum_percent positron_efficiency_maximum_percent
        positron_efficiency_minimum_percent positron_sample_contamination_percent
        rich_pion_rejection_factor""",
    "how well the collaboration's simulation describes its data, or a count of data: the data are "
    "not public and no simulation can predict them": """
        control_background_precision_auxiliary_percent control_background_precision_percent
        ee_mass_low_range_maximum_mev normalisation_background_precision_auxiliary_percent
        normalisation_background_precision_percent observed_events_control_region
        observed_events_lower_region observed_events_masked_region observed_events_upper_region
        pileup_event_mass_mev pileup_sideband_events_signal_region
        pileup_sideband_events_two_photons""",
    "a count of data in a control selection, with its background not simulated in this run": """
        control_events_pi_minus_e_minus_e_minus control_events_pi_minus_e_plus_e_minus
        control_events_pi_plus_e_minus_e_minus control_events_pi_plus_e_plus_e_plus""",
    "context, not part of the computation": """
        dalitz_branching_fraction_scale lepton_number_change standard_model_branching_fraction
        standard_model_branching_fraction_scale""",
}

#: Reason by name of the quantity; a number that was computed, simulated or entered needs none.
NOT_SIMULATED: dict[str, str] = {
    quantity: reason for reason, quantities in _REASONS.items() for quantity in quantities.split()
}
