"""Generation of decays: phase space, decay chains, radiation, inclusive samples, cocktails.

What to use when: `generate` for a decay described by a `Decay` (signal, exclusive background);
`generate_inclusive` for everything that a J/psi does (Pythia 8); `load_cocktail` for the list of
exclusive backgrounds with their branching fractions; `phase_space` for bare n-body kinematics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lnvsearch.generation.cocktail import CocktailMode, load_cocktail
    from lnvsearch.generation.decay_events import generate
    from lnvsearch.generation.inclusive import generate_inclusive
    from lnvsearch.generation.models import Beam, Decay
    from lnvsearch.generation.radiation import RadiationSettings

_HOME = {
    "Beam": "models",
    "CocktailMode": "cocktail",
    "Decay": "models",
    "RadiationSettings": "radiation",
    "generate": "decay_events",
    "generate_inclusive": "inclusive",
    "load_cocktail": "cocktail",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    # Numba takes most of a second to import: only whoever asks for a kernel pays for it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
