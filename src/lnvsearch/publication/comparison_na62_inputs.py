"""Why a number printed by the NA62 papers has neither a derived nor a simulated value here."""

from __future__ import annotations

__all__ = ["NOT_SIMULATED"]

_REASONS: dict[str, str] = {
    "describes the beam line or the detector; no NA62 events are simulated": """
        beam_divergence_mrad beam_momentum_spread_percent beam_pion_fraction_percent
        beam_proton_fraction_percent chod_hodoscopes chod_quadrants chod_time_resolution_ps
        collimator_aperture_x_mm collimator_aperture_y_mm collimator_outer_x_m collimator_outer_y_m
        collimator_thickness_m early_collimator_size_m fiducial_volume_start_after_gtk3_m
        forward_photon_calorimeters gtk_magnets gtk_stations gtk_time_resolution_ps
        iron_wall_thickness_cm ktag_length_m ktag_pressure_bar ktag_time_resolution_ps lav_stations
        lkr_cell_size_cm lkr_cells lkr_depth_radiation_lengths lkr_resolution_constant_percent
        lkr_resolution_noise_percent lkr_resolution_stochastic_percent lkr_volume_m3
        magnet_to_third_chamber_m mnp33_kick_mev momentum_resolution_constant_percent
        momentum_resolution_high_percent momentum_resolution_low_percent
        momentum_resolution_slope_percent_per_gev muv12_modules muv3_tiles photon_veto_angle_mrad
        primary_proton_momentum_gev rich_length_m rich_pion_threshold_gev rich_time_resolution_ps
        straw_chambers trim5_kick_mev vacuum_pressure_mbar""",
    "describes the data taking; it enters through the number of kaon decays only": """
        beam_particle_rate_mhz data_fraction_percent data_taking_months muv3_rate_mhz
        protons_per_spill protons_per_spill_high protons_per_spill_low spill_duration_s spills
        trigger_downscaling trigger_downscaling_multitrack trigger_inefficiency_chod_percent
        trigger_inefficiency_other trigger_inefficiency_straw_percent""",
    "a criterion of trigger or selection; no NA62 events are simulated": """
        control_charge_selections control_missing_momentum_minimum_gev control_vertex_charge
        ee_mass_minimum_mev electron_ep_maximum electron_ep_minimum electrons
        l0_lkr_energy_minimum_gev l0_muv3_tiles_minimum l0_opposite_quadrants lav_veto_window_ns
        masked_region_high_mev masked_region_low_mev muon_ep_maximum muon_time_difference_maximum_ns
        normalisation_region_high_mev normalisation_region_low_mev photon_candidates
        photon_distance_minimum_mm photon_energy_minimum_gev photon_time_difference_maximum_ns
        pi_ee_mass_minimum_in_section_5_mev pileup_sideband_far_ns pileup_sideband_near_ns
        pion_ep_maximum rich_angle_minimum_mrad rich_time_window_ns
        signal_region_half_width_in_resolutions total_momentum_deviation_maximum_gev
        track_distance_lkr_minimum_mm track_distance_straw_minimum_mm track_momentum_maximum_gev
        track_momentum_minimum_gev track_time_difference_maximum_ns transverse_momentum_maximum_mev
        trigger_time_difference_maximum_ns upper_region_high_mev vertex_charge vertex_tracks
        vertex_z_difference_maximum_m vertices""",
    "an outcome of the experiment's full simulation; no NA62 events are simulated": """
        background_events_control_region background_events_masked_region
        ee_mass_acceptance_loss_percent k3pi_rich_suppression_normalisation
        k3pi_rich_suppression_signal k3pi_simulated_decays ke4_rich_suppression_signal
        mass_resolution_mev neutral_vertex_z_resolution_m radiative_photon_energy_boundary_mev
        radiative_photon_energy_selected_minimum_mev rich_angle_acceptance_loss_percent
        rich_background_suppression same_sign_enhancement_factor standard_model_acceptance_scale
        track_vertex_z_resolution_m two_decay_fraction_of_control_background_percent
        two_decay_fraction_of_k3pi_percent""",
    "a measured identification probability, and an input of simulations only": """
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
    "seen in, or compared with, the collaboration's data, which are not public": """
        control_background_precision_auxiliary_percent control_background_precision_percent
        control_events_pi_minus_e_minus_e_minus control_events_pi_minus_e_plus_e_minus
        control_events_pi_plus_e_minus_e_minus control_events_pi_plus_e_plus_e_plus
        ee_mass_low_range_maximum_mev normalisation_background_precision_auxiliary_percent
        normalisation_background_precision_percent observed_events_control_region
        observed_events_lower_region observed_events_masked_region observed_events_upper_region
        pileup_event_mass_mev pileup_sideband_events_signal_region
        pileup_sideband_events_two_photons""",
    "context, not part of the computation": """
        dalitz_branching_fraction_scale lepton_number_change standard_model_branching_fraction
        standard_model_branching_fraction_scale""",
}

#: Reason by name of the quantity; a number that was computed, simulated or entered needs none.
NOT_SIMULATED: dict[str, str] = {
    quantity: reason for reason, quantities in _REASONS.items() for quantity in quantities.split()
}
