"""The numbers of the NA62 response, each with its unit, its allowed range and its meaning.

Values and their sources live in config/detectors/na62.yaml; this module holds none.  The
sections are named tuples, so that numba kernels take them as they are.
"""

from __future__ import annotations

from typing import NamedTuple

from lnvsearch.detector.parameters import number, read, with_values

__all__ = ["Na62Response"]

N_CHAMBERS = 4
N_LAV_STATIONS = 12


class Beam(NamedTuple):
    """Kaons at the entrance of the decay volume."""

    momentum_gev: number("GeV", 1, 400, "central momentum")
    momentum_spread: number("1", 0, 0.1, "relative rms of the momentum")
    slope_x: number("1", -0.01, 0.01, "dx/dz of the beam axis before the spectrometer's magnet")
    slope_y: number("1", -0.01, 0.01, "dy/dz of the beam axis before the spectrometer's magnet")
    axis_origin_z_m: number("m", 0, 110, "z at which the beam axis has x = y = 0")
    divergence_rad: number("rad", 0, 0.01, "rms of the slopes in x and in y")
    spot_x_m: number("m", 0, 0.1, "rms of x at the beginning of the fiducial volume")
    spot_y_m: number("m", 0, 0.1, "rms of y at the beginning of the fiducial volume")


class FiducialVolume(NamedTuple):
    """Where the simulated kaons decay."""

    begin_z_m: number("m", 100, 180, "beginning of the fiducial volume")
    end_z_m: number("m", 100, 183, "end of the fiducial volume")


class Upstream(NamedTuple):
    """Beam line in front of the decay volume."""

    decays_begin_z_m: number("m", 60, 105, "z from which upstream decays of kaons are simulated")
    ktag_z_m: number("m", 0, 105, "entrance of the kaon tagger")
    ktag_length_m: number("m", 0, 20, "length of the kaon tagger")
    gtk1_z_m: number("m", 0, 105, "first station of the beam spectrometer")
    gtk2_z_m: number("m", 0, 105, "second station of the beam spectrometer")
    gtk3_z_m: number("m", 0, 105, "third station of the beam spectrometer")
    gtk_thickness_x0: number("X0", 0, 0.1, "thickness of a station of the beam spectrometer")
    collimator_z_m: number("m", 0, 105, "middle of the collimator before the third station")
    collimator_length_m: number("m", 0, 5, "length of the collimator along z")
    collimator_half_aperture_x_m: number("m", 0, 1, "half of the collimator's opening in x")
    collimator_half_aperture_y_m: number("m", 0, 1, "half of the collimator's opening in y")
    collimator_half_width_x_m: number("m", 0, 2, "half of the collimator's outer size in x")
    collimator_half_width_y_m: number("m", 0, 2, "half of the collimator's outer size in y")
    early_collimator_z_m: number("m", 0, 105, "middle of the early collimator, used until early 2018")
    early_collimator_length_m: number("m", 0, 5, "length of the early collimator along z")
    early_collimator_half_aperture_x_m: number("m", 0, 1, "half of the early collimator's opening in x")
    early_collimator_half_aperture_y_m: number("m", 0, 1, "half of the early collimator's opening in y")
    early_collimator_half_width_m: number("m", 0, 2, "half of the early collimator's outer size")
    trim5_z_m: number("m", 0, 105, "middle of the last magnet of the beam")
    trim5_kick_gev: number("GeV", -1, 1, "kick of that magnet in p_x, for a positive particle")
    trim5_half_gap_m: number("m", 0, 2, "half of that magnet's square gap")
    trim5_half_width_m: number("m", 0, 2, "half of the outer size of that magnet's square iron")
    chanti_z_m: number("m", 0, 110, "middle of the counters behind the third station")


class Spectrometer(NamedTuple):
    """Four straw chambers and a magnet."""

    chamber_z_m: number("m", 180, 230, "z of the chambers", N_CHAMBERS)
    hole_centre_x_m: number("m", -0.5, 0.5, "x of the centre of the beam hole", N_CHAMBERS)
    hole_half_size_m: number("m", 0, 0.5, "half of the side of the beam hole: a square and the same square turned by 45 degrees")
    outer_radius_m: number("m", 0.1, 3, "radius of the chambers about x = y = 0")
    magnet_z_m: number("m", 180, 230, "middle of the magnet; it is treated as thin")
    magnet_kick_gev: number("GeV", 0.01, 1, "kick of a positive particle towards -x")
    hit_resolution_m: number("m", 1e-6, 0.01, "resolution of a chamber in x and in y")
    thickness_x0: number("X0", 0, 0.5, "thickness of a chamber")
    conversion_share: number("1", 0, 1, "part of chamber 1 in which a photon must convert to leave hits in this chamber")


class Rich(NamedTuple):
    """Ring-imaging Cherenkov counter."""

    entrance_z_m: number("m", 200, 260, "front of the vessel")
    length_m: number("m", 1, 40, "length of the vessel")
    axis_x_m: number("m", -0.5, 0.5, "x of the beam pipe")
    inner_radius_m: number("m", 0, 1, "radius of the beam pipe")
    outer_radius_m: number("m", 0.1, 3, "largest radius")


class PadHodoscope(NamedTuple):
    """Hodoscope of tiles."""

    z_m: number("m", 200, 260, "z of the hodoscope")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    outer_radius_m: number("m", 0.1, 3, "largest radius")


class SlabHodoscope(NamedTuple):
    """Hodoscope of slabs in four quadrants."""

    vertical_z_m: number("m", 200, 260, "z of the vertical slabs")
    horizontal_z_m: number("m", 200, 260, "z of the horizontal slabs")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    outer_radius_m: number("m", 0.1, 3, "largest radius")


class Lkr(NamedTuple):
    """Liquid-krypton calorimeter: geometry, resolution, response."""

    z_m: number("m", 200, 260, "front face")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    apothem_m: number("m", 0.1, 3, "apothem of the octagon")
    stochastic_term: number("1", 0, 1, "sigma(E)/E times sqrt(E/GeV)")
    noise_term_gev: number("GeV", 0, 1, "sigma(E)/E times E")
    constant_term: number("1", 0, 1, "sigma(E)/E at high energy")
    position_stochastic_m: number("m", 0, 0.1, "position resolution times sqrt(E/GeV)")
    position_constant_m: number("m", 0, 0.1, "position resolution at high energy")
    cluster_threshold_gev: number("GeV", 0, 5, "smallest measured energy of a cluster")
    merging_distance_m: number("m", 0, 1, "photons closer than this to a track add to the energy of its cluster")
    photon_merging_distance_m: number("m", 0, 1, "photons closer than this to each other make one cluster")
    minimum_ionising_energy_gev: number("GeV", 0, 2, "energy that a fast muon leaves")
    minimum_ionising_spread: number("1", 0, 1, "relative spread of that energy")
    pion_interaction_probability: number("1", 0, 1, "probability that a pion showers")
    pion_largest_fraction: number("1", 0, 1, "largest fraction of its energy that a showering pion leaves")


class Lav(NamedTuple):
    """Large-angle photon veto."""

    front_z_m: number("m", 100, 260, "front planes of the stations", N_LAV_STATIONS)
    inner_radius_m: number("m", 0.1, 3, "inner radii of the stations", N_LAV_STATIONS)
    radial_width_m: number("m", 0, 2, "outer minus inner radius")
    depth_m: number("m", 0, 3, "length along z of the stations' glass", N_LAV_STATIONS)
    threshold_gev: number("GeV", 0, 10, "smallest energy of a photon that is detected")


class Muv(NamedTuple):
    """Hadronic modules and the muon detector."""

    muv1_z_m: number("m", 240, 260, "front of the first hadronic module")
    muv2_z_m: number("m", 240, 260, "front of the second hadronic module")
    muv3_z_m: number("m", 240, 260, "z of the muon detector")
    half_width_m: number("m", 0.1, 3, "half of the side of the muon detector, six tiles")
    hole_radius_m: number("m", 0, 1, "radius of the beam hole in the muon detector")
    efficiency: number("1", 0, 1, "probability that a muon gives a signal in the muon detector")
    minimum_momentum_gev: number("GeV", 0, 20, "muons below this momentum stop in front of the muon detector")
    scattering_m_gev: number("m GeV", 0, 5, "rms displacement in x and in y at the muon detector, times momentum")


class Irc(NamedTuple):
    """Inner ring calorimeter."""

    z_m: number("m", 200, 300, "front")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    outer_radius_m: number("m", 0, 1, "largest radius")


class Sac(NamedTuple):
    """Small-angle calorimeter."""

    z_m: number("m", 200, 300, "front")
    half_width_m: number("m", 0, 1, "half of the side of the calorimeter")


class Na62Response(NamedTuple):
    """All numbers of the NA62 response, by section; immutable."""

    beam: Beam
    fiducial_volume: FiducialVolume
    upstream: Upstream
    spectrometer: Spectrometer
    rich: Rich
    pad_hodoscope: PadHodoscope
    slab_hodoscope: SlabHodoscope
    lkr: Lkr
    lav: Lav
    muv: Muv
    irc: Irc
    sac: Sac

    #: Rows of numbers that ascend: planes as particles meet them, radii of active regions.
    ascending = (
        (
            "upstream.ktag_z_m",
            "upstream.gtk1_z_m",
            "upstream.gtk2_z_m",
            "upstream.collimator_z_m",
            "upstream.trim5_z_m",
            "upstream.gtk3_z_m",
            "upstream.chanti_z_m",
            "fiducial_volume.begin_z_m",
            "fiducial_volume.end_z_m",
            "spectrometer.chamber_z_m[0]",
            "spectrometer.chamber_z_m[1]",
            "spectrometer.magnet_z_m",
            "spectrometer.chamber_z_m[2]",
            "spectrometer.chamber_z_m[3]",
            "rich.entrance_z_m",
            "pad_hodoscope.z_m",
            "slab_hodoscope.vertical_z_m",
            "slab_hodoscope.horizontal_z_m",
            "lkr.z_m",
            "muv.muv1_z_m",
            "muv.muv2_z_m",
            "muv.muv3_z_m",
        ),
        ("upstream.gtk2_z_m", "upstream.early_collimator_z_m", "upstream.trim5_z_m"),
        ("upstream.decays_begin_z_m", "fiducial_volume.begin_z_m"),
        *((f"upstream.{which}collimator_half_aperture_{axis}_m",
           f"upstream.{which}collimator_half_width{of}_m")
          for which, axis, of in (("", "x", "_x"), ("", "y", "_y"),
                                  ("early_", "x", ""), ("early_", "y", ""))),
        *((f"lav.front_z_m[{i}]", f"lav.front_z_m[{i + 1}]") for i in range(N_LAV_STATIONS - 1)),
        ("lav.inner_radius_m",),
        *((f"{name}.inner_radius_m", f"{name}.outer_radius_m")
          for name in ("rich", "pad_hodoscope", "slab_hodoscope", "irc")),
        ("lkr.inner_radius_m", "lkr.apothem_m"),
        ("muv.hole_radius_m", "muv.half_width_m"),
    )  # fmt: skip
    from_mapping = classmethod(read)
    with_values = with_values
