"""Properties of particles, by the names and codes of the Particle Data Group.

The numbers come from the `particle` package, which ships the PDG's own table.  Every function
takes a PDG name as that package spells it ("J/psi(1S)", "K+", "e-", "p", "p~", "gamma",
"phi(1020)", ...) or an integer PDG code, and raises ValueError for a particle that it does not
know.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = [
    "charge",
    "conjugate_pdg_id",
    "ctau_m",
    "is_known",
    "mass_gev",
    "name",
    "pdg_id",
    "spin",
    "width_gev",
]

# Exact by definition of the metre (SI).
SPEED_OF_LIGHT_M_PER_NS = 0.299792458

_MEV_TO_GEV = 1e-3
_MM_TO_M = 1e-3


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, int]:
    """PDG code of every name but nuclei; the smallest code where a name occurs twice."""
    from particle import Particle, data

    # Nuclei, nine tenths of all, have a table of their own: reading it would take 0.1 s.
    tables = [entry.name for entry in data.basepath.iterdir() if entry.name.startswith("particle")]
    Particle.load_table(data.basepath / max(tables))
    codes: dict[str, int] = {}
    for entry in Particle.all():
        code = int(entry.pdgid)
        if entry.name not in codes or abs(code) < abs(codes[entry.name]):
            codes[entry.name] = code
    return codes


@lru_cache(maxsize=None)
def _entry(particle: str | int):
    from particle import InvalidParticle, Particle, ParticleNotFound

    try:
        return Particle.from_pdgid(pdg_id(particle))
    except (InvalidParticle, ParticleNotFound) as error:
        raise ValueError(
            f"particle {particle}: no such PDG code; see the PDG's numbering scheme"
        ) from error


def pdg_id(particle: str | int) -> int:
    """PDG code of a particle; an integer is returned as it is.

    >>> pdg_id("K+"), pdg_id("e-"), pdg_id("J/psi(1S)")
    (321, 11, 443)
    """
    if not isinstance(particle, str):
        return int(particle)
    try:
        return _codes_by_name()[particle]
    except KeyError:
        from difflib import get_close_matches

        near = get_close_matches(particle, _codes_by_name(), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "names look like K+, e-, J/psi(1S)"
        raise ValueError(f"particle {particle!r}: not a PDG name; {hint}") from None


def is_known(particle: str) -> bool:
    """Whether a name is the PDG's."""
    return particle in _codes_by_name()


def name(particle: str | int) -> str:
    """PDG name of a particle.

    >>> name(-2212)
    'p~'
    """
    return _entry(particle).name


def mass_gev(particle: str | int) -> float:
    """Mass in GeV (PDG); ValueError where the PDG gives none."""
    mass = _entry(particle).mass
    if mass is None:
        raise ValueError(f"particle {particle}: the PDG table gives no mass; state mass_gev")
    return mass * _MEV_TO_GEV


def width_gev(particle: str | int) -> float:
    """Full width in GeV (PDG), 0 for a stable particle; ValueError where the PDG gives none."""
    width = _entry(particle).width
    if width is None:
        raise ValueError(f"particle {particle}: the PDG table gives no width; state width_gev")
    return width * _MEV_TO_GEV


@lru_cache(maxsize=None)
def charge(particle: str | int) -> int:
    """Electric charge in units of the positron's; ValueError for quarks (thirds)."""
    value = _entry(particle).charge
    if value is None or value != int(value):
        raise ValueError(f"particle {particle}: its charge is not a whole number; use a hadron")
    return int(value)


def spin(particle: str | int) -> float:
    """Spin in units of h-bar; ValueError where the PDG does not know it."""
    value = _entry(particle).J
    if value is None:
        raise ValueError(f"particle {particle}: the PDG table gives no spin")
    return float(value)


def ctau_m(particle: str | int) -> float:
    """Mean proper flight length c tau in m (PDG); infinity for a stable particle.

    >>> round(ctau_m("K+"), 2)
    3.71
    """
    value = _entry(particle).ctau
    if value is None:
        raise ValueError(f"particle {particle}: the PDG table gives no lifetime")
    return value * _MM_TO_M


def conjugate_pdg_id(particle: str | int) -> int:
    """PDG code of the antiparticle; the same code for a particle that is its own.

    >>> conjugate_pdg_id("K+"), conjugate_pdg_id("gamma"), conjugate_pdg_id("phi(1020)")
    (-321, 22, 333)
    """
    return int(_entry(particle).invert().pdgid)
