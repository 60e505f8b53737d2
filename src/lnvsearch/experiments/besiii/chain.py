"""Steps that several scripts share: from parameters to generated, recorded, selected events."""

from __future__ import annotations

import math
from collections.abc import Mapping

EVENTS_PER_CHUNK = 50_000


def generate(
    generation: Mapping, n_events: int, base_seed: int, sample: str, cocktail=None, first_event=0
):
    """Generated events of a sample; `generation` as Paper.generation_parameters gives it."""
    from lnvsearch.generation import generate as generate_decays
    from lnvsearch.generation import models
    from lnvsearch.generation.radiation import RadiationSettings

    if generation["kind"] == "inclusive":
        from lnvsearch.generation import inclusive

        return inclusive.generate_inclusive(
            n_events,
            base_seed=base_seed,
            sample=sample,
            first_event=first_event,
            beam=beam(generation["beam"]),
        )
    settings = {
        "base_seed": base_seed,
        "sample": sample,
        "first_event": first_event,
        "beam": beam(generation["beam"]),
        "radiation": RadiationSettings() if generation["final_state_radiation"] else None,
        "charge_conjugate": generation["charge_conjugate"],
    }
    if generation["kind"] == "cocktail":
        decay = cocktail_mode(cocktail, sample).decay
    else:
        decay = models.Decay.from_mapping(generation["decay"])
    return generate_decays(decay, n_events, **settings)


def cocktail_mode(path: str, sample: str):
    """The mode of the cocktail's table that a sample simulates."""
    from lnvsearch.generation.cocktail import load_cocktail

    return next(mode for mode in load_cocktail(path) if mode.sample == sample)


def beam(settings: Mapping):
    """The momentum of the decaying particle, from the detector's section `beam`."""
    from lnvsearch.generation.models import Beam

    return Beam(
        momentum_x_gev=value(settings["momentum_x_gev"]),
        momentum_z_spread_gev=value(settings["momentum_z_spread_gev"]),
    )


def selection_arguments(selection: Mapping) -> dict:
    """Arguments of besiii_kkee.select, from Paper.selection_parameters."""
    from lnvsearch import particles

    mass = particles.mass_gev(selection["parent"])
    momentum_x = value(selection["beam"]["momentum_x_gev"])
    return {
        "final_state": selection["final_state"],
        "total_four_momentum": (momentum_x, 0.0, 0.0, math.hypot(mass, momentum_x)),
        "magnetic_field_t": value(selection["beam"]["magnetic_field_t"]),
    }


def value(leaf):
    """The number of a leaf of the detector's file."""
    return leaf["value"] if isinstance(leaf, Mapping) else leaf
