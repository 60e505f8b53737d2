"""Decay chains as data, and the events that they give.

A `Decay` is a parent and its daughters; a daughter is a PDG name or a decay of its own, which
may have a mass that no table knows::

    parent: J/psi(1S)
    daughters:
      - {name: nu_M, mass_gev: 0.575, daughters: [K+, e-]}
      - K+
      - e-

`decay_events.generate` turns it into events.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import TypeGuard

from lnvsearch import particles

__all__ = ["Beam", "Decay", "check_reweighting", "lowest_mass"]

MODELS = ("phase_space", "dalitz", "virtual_photon", "majorana_pair")
_OPTIONS = ("mass_gev", "width_gev", "model", "analysing_power")
_MAPPING_KEYS = frozenset({"parent", "name", "daughters", *_OPTIONS})
_LEPTON_PAIRS = (("e+", "e-"), ("mu+", "mu-"))


@dataclass(frozen=True)
class Beam:
    """Momentum of the decaying particle in the laboratory.

    `momentum_x_gev`: mean along x (beams that cross at an angle); `momentum_z_spread_gev`:
    standard deviation along z.  `momentum_x_spread_gev`, `momentum_z_gev`: the same, crosswise.
    The invariant mass is always the decaying particle's.  The defaults are those of the J/psi
    at BESIII: p_x from a public BESIII DST file, the spread from the beams' energy spread.
    """

    momentum_x_gev: float = 0.034
    momentum_z_spread_gev: float = 0.001
    momentum_x_spread_gev: float = 0.0
    momentum_z_gev: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not math.isfinite(value):
                raise ValueError(f"{name} is {value}: give a finite momentum in GeV")
            if "spread" in name and value < 0.0:
                raise ValueError(f"{name} is {value}: a spread must be >= 0 GeV")


@dataclass(frozen=True, init=False)
class Decay:
    """A decay, with decays of its daughters.

    `parent`: a PDG name, or any other name together with `mass_gev`.  `daughters`: PDG names,
    Decays, or mappings as `from_mapping` takes.  `mass_gev`: replaces the PDG mass.
    `width_gev`: 0 for a fixed mass, "pdg" or a number for a relativistic Breit-Wigner shape,
    weighted with the phase space of the decay that makes the particle.  `model`: "phase_space";
    "dalitz" for P -> gamma l+ l-, in this order; "virtual_photon" for a daughter gamma -> l+ l-,
    whose mass falls as 1/q^2; "majorana_pair" for a J/psi from e+ e- (beams along z), the first
    parent of all, to two identical Majorana fermions that decay alike to a charged lepton and a
    pseudoscalar (see `majorana_pair`).  `analysing_power` of these two decays: from 0 (isotropic),
    for couplings of both chiralities alike, to 1 for a V - A (or V + A) current.

    Raises ValueError, naming the particle and the key, for an unknown particle, a mass or width
    that is negative or beyond the phase space, or a vertex that does not conserve charge.

    >>> Decay("J/psi(1S)", ["K+", "K+", "e-", "e-"]).final_state
    ('K+', 'K+', 'e-', 'e-')
    """

    parent: str
    daughters: tuple[str | Decay, ...]
    mass_gev: float | None
    width_gev: float | str
    model: str
    analysing_power: float

    def __init__(
        self,
        parent: str,
        daughters: Sequence[str | Decay | Mapping],
        mass_gev: float | None = None,
        width_gev: float | str = 0.0,
        model: str = "phase_space",
        analysing_power: float = 0.0,
    ) -> None:
        if isinstance(daughters, str) or not isinstance(daughters, Sequence):
            raise ValueError(f"{parent}: daughters must be a list of particles")
        made = tuple(
            Decay.from_mapping(daughter) if isinstance(daughter, Mapping) else daughter
            for daughter in daughters
        )
        for name, value in zip(
            (field.name for field in fields(self)),
            (parent, made, mass_gev, width_gev, model, analysing_power),
            strict=True,
        ):
            object.__setattr__(self, name, value)
        self._check_own_values()
        self._check_kinematics()

    @classmethod
    def from_mapping(cls, mapping: Mapping) -> Decay:
        """Decay from a mapping as a YAML file gives it.

        Keys: `parent` (or `name`), `daughters`, and optionally `mass_gev`, `width_gev`, `model`,
        `analysing_power`.  ValueError for an unknown or missing key, and as for `Decay`.
        """
        unknown = sorted(set(mapping) - _MAPPING_KEYS)
        if unknown:
            raise ValueError(
                f"decay: unknown key {', '.join(map(str, unknown))}; "
                f"known are {', '.join(sorted(_MAPPING_KEYS))}"
            )
        names = [mapping[key] for key in ("parent", "name") if key in mapping]
        if len(names) != 1 or "daughters" not in mapping:
            raise ValueError(
                f"decay: has {', '.join(map(str, mapping)) or 'no key'}; give one `parent` (or `name`) "
                "and `daughters`"
            )
        options = {key: mapping[key] for key in _OPTIONS if key in mapping}
        return cls(names[0], mapping["daughters"], **options)

    @property
    def mass(self) -> float:
        """Mass (pole mass of a wide particle) in GeV."""
        return particles.mass_gev(self.parent) if self.mass_gev is None else float(self.mass_gev)

    @property
    def width(self) -> float:
        """Width of the line shape in GeV; 0 for a fixed mass."""
        if self.width_gev == "pdg":
            return particles.width_gev(self.parent)
        return float(self.width_gev)

    @property
    def mass_varies(self) -> bool:
        """Whether the mass is drawn for each event (where the particle is a daughter)."""
        return self.width > 0.0 or self.model == "virtual_photon"

    @property
    def charge(self) -> int:
        """Sum of the daughters' charges."""
        return sum(
            daughter.charge if isinstance(daughter, Decay) else particles.charge(daughter)
            for daughter in self.daughters
        )

    @property
    def final_state(self) -> tuple[str, ...]:
        """Names of the final particles, in the order in which events list them."""
        names: list[str] = []
        for daughter in self.daughters:
            names.extend(daughter.final_state if isinstance(daughter, Decay) else (daughter,))
        return tuple(names)

    @property
    def lowest_mass(self) -> float:
        """Least mass in GeV that the daughters need."""
        return sum(lowest_mass(daughter) for daughter in self.daughters)

    def _check_own_values(self) -> None:
        if len(self.daughters) < 2:
            raise ValueError(f"{self.parent}: daughters needs two particles at least")
        for key, value in (("mass_gev", self.mass_gev), ("width_gev", self.width_gev)):
            if value is None or (key == "width_gev" and value == "pdg"):
                continue
            if not _is_number(value) or not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{self.parent}: {key} is {value!r}; give a number >= 0 GeV")
        if self.model not in MODELS:
            raise ValueError(
                f"{self.parent}: model is {self.model!r}; known are {', '.join(MODELS)}"
            )
        pair = self.daughters if self.model == "virtual_photon" else self.daughters[1:]
        if self.model == "dalitz" and (
            self.daughters[0] != "gamma" or pair not in _LEPTON_PAIRS or self.width > 0.0
        ):
            raise ValueError(
                f"{self.parent}: model dalitz needs the daughters [gamma, e+, e-] or "
                "[gamma, mu+, mu-] and no width_gev"
            )
        if self.model == "virtual_photon" and (
            self.parent != "gamma" or pair not in _LEPTON_PAIRS or self.width > 0.0
        ):
            raise ValueError(
                f"{self.parent}: model virtual_photon is for gamma with the daughters [e+, e-] or "
                "[mu+, mu-] and no width_gev"
            )
        self._check_analysing_power()
        if self.model == "majorana_pair":
            self._check_majorana_pair()
        for daughter in self.daughters:
            if isinstance(daughter, Decay) and daughter.model == "majorana_pair":
                raise ValueError(
                    f"{daughter.parent}: model majorana_pair is for the first parent of all, made "
                    f"by e+ e- along z; give this daughter of {self.parent} the model phase_space"
                )

    def _check_analysing_power(self) -> None:
        power = self.analysing_power
        if not _is_number(power) or not 0.0 <= power <= 1.0:
            raise ValueError(f"{self.parent}: analysing_power is {power!r}; give 0 to 1")
        if power > 0.0 and self.model != "majorana_pair":
            raise ValueError(
                f"{self.parent}: analysing_power is {power} with the model {self.model}; give 0, "
                "or the model majorana_pair"
            )

    def _check_majorana_pair(self) -> None:
        pair = self.daughters
        if not (
            len(pair) == 2
            and isinstance(pair[0], Decay)
            and isinstance(pair[1], Decay)
            and _is_leptonic(pair[0])
            and _is_leptonic(pair[1])
            and pair[0].mass == pair[1].mass
            and sorted(map(str, pair[0].daughters)) == sorted(map(str, pair[1].daughters))
        ):
            raise ValueError(
                f"{self.parent}: model majorana_pair needs two decays of the same mass_gev, no "
                "width_gev or model, each to the same charged lepton and pseudoscalar ([K+, e-])"
            )

    def _check_kinematics(self) -> None:
        if self.model == "virtual_photon":
            return
        if self.mass <= 0.0:
            raise ValueError(f"{self.parent}: mass_gev is {self.mass}; give a mass > 0 GeV")
        if self.lowest_mass > self.mass and self.width == 0.0:
            raise ValueError(
                f"{self.parent}: the daughters need {self.lowest_mass:.6g} GeV, more than its mass "
                f"of {self.mass:.6g} GeV; lower a daughter's mass_gev or raise this one's"
            )
        own = self._parent_charge()
        if own is not None and self.charge != own:
            raise ValueError(
                f"{self.parent}: the daughters' charges sum to {self.charge}, not to {own}; "
                "fix the list of daughters"
            )

    def _parent_charge(self) -> int | None:
        """Charge of the parent; None for a hypothetical particle, known by its mass alone."""
        if self.mass_gev is not None and not particles.is_known(self.parent):
            return None
        return particles.charge(self.parent)


def _is_leptonic(decay: Decay) -> bool:
    """Whether a phase-space decay of fixed mass is one to a charged lepton and a pseudoscalar."""
    names = [name for name in decay.daughters if not isinstance(name, Decay)]
    if decay.model != "phase_space" or decay.mass_varies or len(decay.daughters) != 2:
        return False
    if len(names) != 2:
        return False
    return sorted((particles.spin(name), abs(particles.charge(name))) for name in names) == [
        (0.0, 1),
        (0.5, 1),
    ]


def check_reweighting(decay: Decay, other: Decay) -> None:
    """Raise ValueError unless weights turn events of `decay` into those of `other`.

    `other` must be a majorana_pair, and `decay` the same but for model and analysing_power:
    phase space everywhere.
    """
    flat = replace(other, model="phase_space", analysing_power=0.0)
    if other.model != "majorana_pair" or flat != decay:
        raise ValueError(
            f"{decay.parent}: weights exist from the model phase_space to the same decay with the model "
            "majorana_pair, and nothing else; give the other decay events of its own"
        )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool)


def lowest_mass(daughter: str | Decay) -> float:
    """The mass of a daughter, or the smallest that a broad one may have, in GeV."""
    if not isinstance(daughter, Decay):
        return particles.mass_gev(daughter)
    return daughter.lowest_mass if daughter.mass_varies else daughter.mass
