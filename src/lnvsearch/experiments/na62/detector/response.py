"""The numbers of the NA62 response, each with its unit, its allowed range and its meaning.

Values and their sources live in config/detectors/na62.yaml; this module holds none.  The
sections are named tuples, so that numba kernels take them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from lnvsearch.detector.parameters import (
    Parameter,
    ResponseError,
    check_keys,
    number,
    read_value,
)

__all__ = ["Na62Response", "parameters"]

N_CHAMBERS = 4
N_LAV_STATIONS = 12


def _numbers(count: int, unit: str, minimum: float, maximum: float, meaning: str) -> Any:
    """A list of `count` numbers of one meaning."""
    return Annotated[tuple[(float,) * count], Parameter(unit, minimum, maximum, meaning)]


class Beam(NamedTuple):
    """Kaons at the entrance of the decay volume."""

    momentum_gev: number("GeV", 1, 400, "central momentum")
    momentum_spread: number("1", 0, 0.1, "relative rms of the momentum")
    slope_x: number("1", -0.01, 0.01, "dx/dz of the beam axis before the spectrometer's magnet")
    slope_y: number("1", -0.01, 0.01, "dy/dz of the same")
    axis_origin_z_m: number("m", 0, 110, "where the beam axis has x = y = 0")
    divergence_rad: number("rad", 0, 0.01, "rms of the slopes, each plane")
    spot_x_m: number("m", 0, 0.1, "rms of x where the fiducial volume begins")
    spot_y_m: number("m", 0, 0.1, "rms of y at the same place")


class FiducialVolume(NamedTuple):
    """Where the simulated kaons decay."""

    begin_z_m: number("m", 100, 180, "its begin")
    end_z_m: number("m", 100, 183, "its end")


class Upstream(NamedTuple):
    """What stands before the decay volume."""

    decays_begin_z_m: number("m", 60, 105, "from where kaons decay that are simulated upstream")
    ktag_z_m: number("m", 0, 105, "entrance of the kaon tagger")
    ktag_length_m: number("m", 0, 20, "its length")
    gtk1_z_m: number("m", 0, 105, "first station of the beam spectrometer")
    gtk2_z_m: number("m", 0, 105, "second station")
    gtk3_z_m: number("m", 0, 105, "third station")
    gtk_thickness_x0: number("X0", 0, 0.1, "thickness of a station")
    collimator_z_m: number("m", 0, 105, "middle of the collimator before the third station")
    collimator_length_m: number("m", 0, 5, "its length along z")
    collimator_half_aperture_x_m: number("m", 0, 1, "half of its opening in x")
    collimator_half_aperture_y_m: number("m", 0, 1, "half of its opening in y")
    collimator_half_width_x_m: number("m", 0, 2, "half of its outer size in x")
    collimator_half_width_y_m: number("m", 0, 2, "half of its outer size in y")
    early_collimator_z_m: number("m", 0, 105, "middle of the one used until early 2018")
    early_collimator_length_m: number("m", 0, 5, "its length along z")
    early_collimator_half_aperture_x_m: number("m", 0, 1, "half of its opening in x")
    early_collimator_half_aperture_y_m: number("m", 0, 1, "half of its opening in y")
    early_collimator_half_width_m: number("m", 0, 2, "half of its outer size")
    trim5_z_m: number("m", 0, 105, "middle of the last magnet of the beam")
    trim5_kick_gev: number("GeV", -1, 1, "its kick of a positive particle in p_x")
    trim5_half_gap_m: number("m", 0, 2, "half of its gap, a square")
    trim5_half_width_m: number("m", 0, 2, "half of its iron's outer size, a square")
    chanti_z_m: number("m", 0, 110, "middle of the counters behind the third station")


class Spectrometer(NamedTuple):
    """Four straw chambers and a magnet."""

    chamber_z_m: _numbers(N_CHAMBERS, "m", 180, 230, "planes of the chambers")
    hole_centre_x_m: _numbers(N_CHAMBERS, "m", -0.5, 0.5, "x of the middle of the beam's hole")
    hole_half_size_m: number("m", 0, 0.5, "half of the side of the square hole")
    outer_radius_m: number("m", 0.1, 3, "radius of the chambers about x = y = 0")
    magnet_z_m: number("m", 180, 230, "middle of the magnet, taken as thin")
    magnet_kick_gev: number("GeV", 0.01, 1, "kick of a positive particle towards -x")
    hit_resolution_m: number("m", 1e-6, 0.01, "rms of a chamber's x and of its y")
    thickness_x0: number("X0", 0, 0.5, "thickness of a chamber")
    conversion_share: number("1", 0, 1, "of chamber 1: photons converting in it leave hits there")


class Rich(NamedTuple):
    """Ring-imaging Cherenkov counter."""

    entrance_z_m: number("m", 200, 260, "front of the vessel")
    length_m: number("m", 1, 40, "length of the vessel")
    axis_x_m: number("m", -0.5, 0.5, "x of the beam pipe")
    inner_radius_m: number("m", 0, 1, "radius of the beam pipe")
    outer_radius_m: number("m", 0.1, 3, "largest radius")


class PadHodoscope(NamedTuple):
    """Hodoscope of tiles."""

    z_m: number("m", 200, 260, "its plane")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    outer_radius_m: number("m", 0.1, 3, "largest radius")


class SlabHodoscope(NamedTuple):
    """Hodoscope of slabs in four quadrants."""

    vertical_z_m: number("m", 200, 260, "plane of vertical slabs")
    horizontal_z_m: number("m", 200, 260, "plane of horizontal slabs")
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
    merging_distance_m: number("m", 0, 1, "photons nearer to a track's impact add to its energy")
    photon_merging_distance_m: number("m", 0, 1, "photons nearer to each other make one cluster")
    minimum_ionising_energy_gev: number("GeV", 0, 2, "energy that a fast muon leaves")
    minimum_ionising_spread: number("1", 0, 1, "relative spread of that energy")
    pion_interaction_probability: number("1", 0, 1, "for a pion to shower")
    pion_largest_fraction: number("1", 0, 1, "largest share of its energy that it then leaves")


class Lav(NamedTuple):
    """Large-angle photon veto."""

    front_z_m: _numbers(N_LAV_STATIONS, "m", 100, 260, "front planes of the stations")
    inner_radius_m: _numbers(N_LAV_STATIONS, "m", 0.1, 3, "inner radii of the stations")
    radial_width_m: number("m", 0, 2, "outer less inner radius")
    depth_m: _numbers(N_LAV_STATIONS, "m", 0, 3, "length along z of the stations' glass")
    threshold_gev: number("GeV", 0, 10, "least energy of a photon that is seen")


class Muv(NamedTuple):
    """Hadronic modules and the muon detector."""

    muv1_z_m: number("m", 240, 260, "front of the first hadronic module")
    muv2_z_m: number("m", 240, 260, "front of the second")
    muv3_z_m: number("m", 240, 260, "muon detector")
    half_width_m: number("m", 0.1, 3, "half of its side, six tiles")
    hole_radius_m: number("m", 0, 1, "radius of the beam pipe in it")
    efficiency: number("1", 0, 1, "for a muon to give a signal")
    minimum_momentum_gev: number("GeV", 0, 20, "muons below stop before it")
    scattering_m_gev: number("m GeV", 0, 5, "rms displacement there times momentum, each plane")


class Irc(NamedTuple):
    """Inner ring calorimeter."""

    z_m: number("m", 200, 300, "front")
    inner_radius_m: number("m", 0, 1, "smallest radius")
    outer_radius_m: number("m", 0, 1, "largest radius")


class Sac(NamedTuple):
    """Small-angle calorimeter."""

    z_m: number("m", 200, 300, "front")
    half_width_m: number("m", 0, 1, "half of its side")


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

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Na62Response:
        """Build and check a response from nested mappings, as read from config/detectors.

        `mapping`: section -> key -> number (or list), or -> mapping with `value` (and unit,
        provenance, source).  `detector` and `description` beside the sections are let pass.
        Raises ResponseError (a ValueError) naming the key, the allowed range and the mend.
        """
        sections = get_type_hints(cls)
        check_keys("", mapping, set(sections), optional={"detector", "description"})
        response = cls(
            **{name: _section(name, kind, mapping[name]) for name, kind in sections.items()}
        )
        _check_order(response)
        return response

    def with_values(self, values: Mapping[str, Any]) -> Na62Response:
        """Copy with other values, checked; keys are `section.key`.

        >>> response.with_values({"beam.divergence_rad": 0.0})      # doctest: +SKIP
        """
        mapping = {name: section._asdict() for name, section in self._asdict().items()}
        for key, value in values.items():
            section, _, name = key.partition(".")
            if name not in mapping.get(section, {}):
                raise ResponseError(f"{key}: no such key; keys are section.key, as in the file")
            mapping[section][name] = value
        return type(self).from_mapping(mapping)


def parameters() -> Iterator[tuple[str, str, Parameter, int]]:
    """All (section, key, Parameter, length) of the response; length 0 is a single number."""
    for section, kind in get_type_hints(Na62Response).items():
        for key, annotation in get_type_hints(kind, include_extras=True).items():
            value_kind, parameter = get_args(annotation)
            yield section, key, parameter, _length(value_kind)


def _length(kind: Any) -> int:
    return len(get_args(kind)) if get_origin(kind) is tuple else 0


def _section(name: str, kind: type, values: Any) -> NamedTuple:
    """One section as its named tuple, checked."""
    hints = get_type_hints(kind, include_extras=True)
    check_keys(name, values, set(hints))
    return kind(**{key: _leaf(f"{name}.{key}", hint, values[key]) for key, hint in hints.items()})


def _leaf(key: str, hint: Any, leaf: Any) -> float | tuple[float, ...]:
    """Number or tuple of numbers of a leaf, checked."""
    kind, parameter = get_args(hint)
    length = _length(kind)
    if length == 0:
        return read_value(key, hint, leaf)
    values = leaf.get("value") if isinstance(leaf, Mapping) else leaf
    if not isinstance(values, (list, tuple)) or len(values) != length:
        raise ResponseError(f"{key} is {values!r}: give a list of {length} numbers")
    one = Annotated[float, parameter]
    return tuple(read_value(f"{key}[{i}]", one, value) for i, value in enumerate(values))


def _check_order(response: Na62Response) -> None:
    """Planes in the order in which particles meet them, radii that leave an active region."""
    straws, volume = response.spectrometer, response.fiducial_volume
    z = straws.chamber_z_m
    planes = {
        "fiducial_volume.begin_z_m": volume.begin_z_m,
        "fiducial_volume.end_z_m": volume.end_z_m,
        "spectrometer.chamber_z_m[0]": z[0],
        "spectrometer.chamber_z_m[1]": z[1],
        "spectrometer.magnet_z_m": straws.magnet_z_m,
        "spectrometer.chamber_z_m[2]": z[2],
        "spectrometer.chamber_z_m[3]": z[3],
        "lkr.z_m": response.lkr.z_m,
        "muv.muv3_z_m": response.muv.muv3_z_m,
    }
    _check_ascending(planes)
    _check_ascending({f"lav.front_z_m[{i}]": z for i, z in enumerate(response.lav.front_z_m)})
    for name in ("rich", "pad_hodoscope", "slab_hodoscope"):
        section = getattr(response, name)
        _check_ascending({f"{name}.inner_radius_m": section.inner_radius_m,
                          f"{name}.outer_radius_m": section.outer_radius_m})  # fmt: skip
    _check_ascending({"lkr.inner_radius_m": response.lkr.inner_radius_m,
                      "lkr.apothem_m": response.lkr.apothem_m})  # fmt: skip


def _check_ascending(values: Mapping[str, float]) -> None:
    names = list(values)
    for low, high in zip(names, names[1:], strict=False):
        if not values[low] < values[high]:
            raise ResponseError(
                f"{low} is {values[low]:g} and {high} is {values[high]:g}: "
                "the first must be smaller"
            )
