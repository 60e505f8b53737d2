"""The numbers of the BESIII response, each with its unit, its allowed range and its meaning.

Values and their sources live in config/detectors/besiii.yaml; this module holds none.  The
sections are named tuples, so that numba kernels take them as they are.
"""

from __future__ import annotations

from typing import NamedTuple

from lnvsearch.detector.parameters import number, read, switch, with_values

__all__ = ["BesiiiResponse"]


class Beam(NamedTuple):
    """Collision point and solenoid."""

    magnetic_field_t: number("T", 0.1, 3, "solenoid field along +z")
    momentum_x_gev: number("GeV", -0.2, 0.2, "momentum of the pair of beams along x")
    momentum_z_spread_gev: number("GeV", 0, 0.1, "spread of the pair's momentum along z")
    spot_x_cm: number("cm", 0, 1, "spread of the collision point in x")
    spot_y_cm: number("cm", 0, 1, "spread of the collision point in y")
    spot_z_cm: number("cm", 0, 10, "spread of the collision point in z")


class Acceptance(NamedTuple):
    """Which particles are found as tracks."""

    efficiency: number("1", 0, 1, "probability to find a track far above threshold")
    cos_theta_edge: number("1", 0.5, 1, "|cos theta| at which half of the tracks are lost")
    cos_theta_width: number("1", 1e-4, 0.1, "Gaussian width of that edge")
    light_pt_threshold_gev: number("GeV", 0, 0.5, "half-efficiency pT of e, mu, pi")
    light_pt_width_gev: number("GeV", 1e-4, 0.2, "Gaussian width of that turn-on")
    kaon_p_threshold_gev: number("GeV", 0, 0.5, "half-efficiency momentum of kaons")
    kaon_p_width_gev: number("GeV", 1e-4, 0.2, "Gaussian width of that turn-on")
    proton_p_threshold_gev: number("GeV", 0, 0.8, "half-efficiency momentum of protons")
    proton_p_width_gev: number("GeV", 1e-4, 0.2, "Gaussian width of that turn-on")


class Tracking(NamedTuple):
    """Covariance of the helix; scattering terms go as 1/(beta p) and a power of sin theta."""

    kappa_resolution_per_gev: number("1/GeV", 0, 0.1, "sigma(pT)/pT^2 at high momentum")
    kappa_scattering: number("1", 0, 0.1, "sigma(pT)/pT times beta sin^0.5 theta")
    phi0_resolution_rad: number("rad", 0, 0.1, "sigma(phi0) at high momentum")
    phi0_scattering_rad_gev: number("rad GeV", 0, 0.1, "scattering term of sigma(phi0), times 1/(beta p sin^1.5 theta)")
    tan_lambda_resolution: number("1", 0, 0.1, "sigma(tan lambda) at high momentum")
    tan_lambda_scattering_gev: number("GeV", 0, 0.1, "scattering term of sigma(tan lambda), times 1/(beta p sin^2.5 theta)")
    dr_resolution_cm: number("cm", 0, 1, "sigma(dr) at high momentum")
    dr_scattering_cm_gev: number("cm GeV", 0, 1, "scattering term of sigma(dr), times 1/(beta p sin^1.5 theta)")
    dz_resolution_cm: number("cm", 0, 5, "sigma(dz) at high momentum")
    dz_scattering_cm_gev: number("cm GeV", 0, 1, "scattering term of sigma(dz), times 1/(beta p sin^2.5 theta)")
    correlation_dr_phi0: number("1", -0.99, 0.99, "correlation of dr and phi0")
    correlation_phi0_kappa: number("1", -0.99, 0.99, "correlation of phi0 and kappa")
    correlation_dz_tan_lambda: number("1", -0.99, 0.99, "correlation of dz and tan lambda")


class Pulls(NamedTuple):
    """Ratio of the true errors to those of the covariance."""

    enabled: switch("whether true errors exceed the covariance")
    core_scale: number("1", 0.1, 5, "true error divided by that of the covariance, core")
    tail_scale: number("1", 0.1, 20, "true error divided by that of the covariance, tail")
    tail_fraction: number("1", 0, 1, "fraction of tracks in the tail, separately for r-phi and z")


class KaonDecay(NamedTuple):
    """Decay in flight: if a particle decays inside the radius, its track is lost."""

    effective_radius_m: number("m", 0, 2, "radius that a kaon has to survive")
    pion_effective_radius_m: number("m", 0, 2, "radius that a pion has to survive")


class Material(NamedTuple):
    """Thicknesses at normal incidence, and radii."""

    beam_pipe_x0: number("X0", 0, 0.5, "thickness of the beam pipe")
    beam_pipe_radius_cm: number("cm", 0, 10, "radius of the beam pipe")
    inner_wall_x0: number("X0", 0, 0.5, "thickness of the chamber's inner wall")
    inner_wall_radius_cm: number("cm", 0, 20, "radius of the chamber's inner wall")
    chamber_x0: number("X0", 0, 0.5, "thickness of gas and wires")


class Emc(NamedTuple):
    """Electromagnetic calorimeter: geometry, resolution, response to hadrons."""

    barrel_radius_m: number("m", 0.1, 3, "radius of the barrel's front")
    barrel_cos_theta: number("1", 0, 1, "|cos theta| at which the barrel ends")
    end_cap_cos_theta_minimum: number("1", 0, 1, "|cos theta| at which the end cap begins")
    end_cap_cos_theta_maximum: number("1", 0, 1, "|cos theta| at which the end cap ends")
    barrel_resolution: number("1", 1e-4, 0.5, "sigma(E)/E at 1 GeV, barrel")
    end_cap_resolution: number("1", 1e-4, 0.5, "sigma(E)/E at 1 GeV, end cap")
    constant_fraction: number("1", 0, 1, "share of sigma(E)/E at 1 GeV that is a constant term")
    shower_threshold_gev: number("GeV", 0, 0.2, "smallest energy of a shower")
    merging_angle_rad: number("rad", 0, 0.5, "photons closer than this to a track's shower add to its energy")
    minimum_ionising_energy_gev: number("GeV", 0, 1, "energy that a fast muon leaves")
    minimum_ionising_spread: number("1", 0, 1, "relative spread of that energy")
    pion_interaction_probability: number("1", 0, 1, "probability that a pion interacts in the crystals")
    kaon_plus_interaction_probability: number("1", 0, 1, "probability that a K+ interacts in the crystals")
    kaon_minus_interaction_probability: number("1", 0, 1, "probability that a K- interacts in the crystals")
    proton_interaction_probability: number("1", 0, 1, "probability that a proton interacts in the crystals")
    antiproton_interaction_probability: number("1", 0, 1, "probability that an antiproton interacts in the crystals")
    charge_exchange_probability: number("1", 0, 1, "probability that an interacting pion becomes a pi0")
    kaon_minus_release_gev: number("GeV", 0, 1, "energy released when a K- is absorbed")


class OverlappingShowers(NamedTuple):
    """Showers that touch: spread over crystals, found as clusters and matched with tracks again."""

    enabled: switch("whether showers overlap")
    crystal_width_m: number("m", 0.01, 0.2, "front face of a crystal")
    shower_depth_m: number("m", 0, 0.3, "depth at which the position of a shower is taken")
    moliere_radius_m: number("m", 0.01, 0.1, "radius that holds 90 % of a shower")
    crystal_noise_gev: number("GeV", 1e-5, 0.01, "smallest energy of a crystal")
    seed_threshold_gev: number("GeV", 0, 0.1, "smallest energy of a local maximum")
    cluster_threshold_gev: number("GeV", 0, 0.1, "smallest energy of a cluster")
    sharing_radius_m: number("m", 0.001, 0.2, "r in the weights E exp(-s d/r) of two seeds")
    sharing_slope: number("1", 0, 20, "s in these weights")
    moment_falling_m2: number("m2", 0, 1, "a of the second moment a exp(-E/b) + c that is split")
    moment_scale_gev: number("GeV", 0.01, 10, "b of that moment")
    moment_constant_m2: number("m2", 0, 1, "c of that moment")
    moment_lowest_energy_gev: number("GeV", 0, 10, "energy below which that moment is constant")
    matching_theta: number("rad, 1/GeV", 0, 20, "window a + b exp(-c p) + d exp(-e p) in theta", 5)
    matching_phi: number("rad, 1/GeV", 0, 20, "window a + b exp(-c p) + d exp(-e p) in phi", 5)
    matching_in_order: switch("tracks are matched in order of falling pT; if false, the closest pair first")


class ElectronEnergyResponse(NamedTuple):
    """Electron showers at low momentum: both terms go as 1/E."""

    low_momentum_scale: number("1", 0, 3, "the calibrated number k; it multiplies both 1/E terms")
    mean_shift_gev: number("GeV", 0, 0.1, "mean energy that is missing in a shower")
    tail_fraction_gev: number("GeV", 0, 0.2, "fraction of showers in the tail, times E")
    tail_maximum_loss: number("1", 0, 1, "largest fraction of its energy that a shower in the tail loses")


class Tof(NamedTuple):
    """Time of flight: geometry and resolution."""

    barrel_radius_m: number("m", 0.1, 2, "mean radius of the barrel's two layers")
    barrel_half_length_m: number("m", 0.1, 3, "half length of the barrel")
    end_cap_z_m: number("m", 0.1, 3, "|z| of the end cap")
    end_cap_inner_radius_m: number("m", 0, 2, "inner radius of the end cap")
    end_cap_outer_radius_m: number("m", 0, 2, "outer radius of the end cap")
    barrel_resolution_ns: number("ns", 1e-3, 1, "time resolution of the barrel")
    end_cap_resolution_ns: number("ns", 1e-3, 1, "time resolution of the end cap before its upgrade")
    upgraded_end_cap_resolution_ns: number("ns", 1e-3, 1, "time resolution of the end cap after its upgrade")
    upgraded_fraction: number("1", 0, 1, "fraction of the data after the upgrade")
    hit_efficiency: number("1", 0, 1, "probability of a hit for a track that reaches a counter")
    tail_fraction: number("1", 0, 1, "fraction of times with a larger error")
    tail_scale: number("1", 1, 10, "ratio of the larger error to the resolution")


class SharedCounters(NamedTuple):
    """Two particles in the same time-of-flight counter: each end reads only the first light."""

    enabled: switch("whether two particles in a counter share its times")
    ends_are_assigned: switch("whether each of two tracks gets one end; if false, both get the first light")
    largest_distance_m: number("m", 0, 3, "largest distance of a track from the position that the two ends give")
    inner_layer_radius_m: number("m", 0.1, 2, "radius of the barrel's inner layer")
    outer_layer_radius_m: number("m", 0.1, 2, "radius of the barrel's outer layer")
    barrel_counters: number("1", 1, 1000, "counters of each layer of the barrel")
    layer_stagger: number("1", 0, 0.5, "shift of the outer layer, in widths of a counter")
    light_speed_m_per_ns: number("m/ns", 0.05, 0.3, "speed of the first light along a counter")
    end_cap_counters: number("1", 1, 1000, "counters of each end cap before its upgrade")
    largest_deviation: number("1", 1, 1e4, "largest deviation of a usable time from the nearest of e, mu, pi, K and p, in sigma")


class Dedx(NamedTuple):
    """Specific energy loss in the chamber."""

    resolution: number("1", 1e-3, 1, "relative resolution")
    efficiency: number("1", 0, 1, "probability that a track has a measurement")
    bethe_constant: number("1", 1, 50, "constant of the expected curve, see `dedx_curve`")
    saturation_beta_gamma: number("1", 1, 1e4, "beta gamma at which the relativistic rise ends")
    tail_fraction: number("1", 0, 1, "fraction of measurements with a larger error")
    tail_scale: number("1", 1, 10, "ratio of the larger error to the resolution")


class MuonCounter(NamedTuple):
    """Resistive plate chambers in the flux return: which tracks give a signal there."""

    momentum_threshold_gev: number("GeV", 0, 2, "lowest momentum of a particle that reaches the counter")
    cos_theta_maximum: number("1", 0, 1, "|cos theta| up to which there are chambers")
    efficiency: number("1", 0, 1, "probability that a muon above the threshold gives a signal")
    pion_probability: number("1", 0, 1, "probability that a pion above the threshold gives a signal")
    other_hadron_probability: number("1", 0, 1, "the same of a kaon or a proton")


class Conversion(NamedTuple):
    """Photons that convert to e+e- pairs in front of the chamber."""

    enabled: switch("whether photons convert")
    probability_per_x0: number("1/X0", 0, 1, "conversion probability of a photon of high energy")


class BesiiiResponse(NamedTuple):
    """All numbers of the BESIII response, by section; immutable."""

    beam: Beam
    acceptance: Acceptance
    tracking: Tracking
    pulls: Pulls
    kaon_decay: KaonDecay
    material: Material
    emc: Emc
    overlapping_showers: OverlappingShowers
    electron_energy_response: ElectronEnergyResponse
    tof: Tof
    shared_counters: SharedCounters
    dedx: Dedx
    conversion: Conversion
    muon_counter: MuonCounter

    #: Rows of numbers that ascend.
    ascending = (
        (
            "emc.barrel_cos_theta",
            "emc.end_cap_cos_theta_minimum",
            "emc.end_cap_cos_theta_maximum",
        ),
        ("tof.end_cap_inner_radius_m", "tof.end_cap_outer_radius_m"),
        ("shared_counters.inner_layer_radius_m", "shared_counters.outer_layer_radius_m"),
        ("material.beam_pipe_radius_cm", "material.inner_wall_radius_cm"),
    )
    from_mapping = classmethod(read)
    with_values = with_values
