"""Answers of a search to a model: acceptance, limit, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lnvsearch.checksum_records import check_as_written
from lnvsearch.files import read_json
from lnvsearch.interpretation.channels import GRIDS, Channel
from lnvsearch.interpretation.grids import Grid, Point, read_grids
from lnvsearch.interpretation.mixing_limits import mixing_limit, mixing_row
from lnvsearch.interpretation.model_files import Model

__all__ = ["PAPER_METHODS", "answers", "channel_grid", "scan_mixing"]

#: Method of a channel -> words.
PAPER_METHODS = {"cls": "CLs, nuisances averaged", "rolke": "Rolke's profile likelihood"}
#: Of the grids that ship with a release, and of the papers' limits.
CONFIDENCE_LEVEL = 0.90
#: Relative, of the acceptance, from which on it is remarked.
_LARGE_SYSTEMATIC = 0.05


def answers(
    model: Model,
    folder: Path = GRIDS,
    grid: Grid | None = None,
    acceptance: tuple[float, float] | None = None,
) -> list[dict[str, Any]]:
    """One record a lifetime of the model, or one of its density or events.

    `folder`: of grids, <search>/<channel>.csv and dalitz_<channel>.csv; `grid`: in place of the channel's
    there; `acceptance`: of the model's events and its uncertainty, in place of what the plane gives.  Raises
    ValueError where there is no grid, or the model cannot be answered.
    """
    if model.mass_gev is None:
        return [_of_decay(model, folder, acceptance)]
    grid = grid or channel_grid(model.channel, model.chirality, folder)
    return [
        _of_point(model, folder, grid, grid.at(model.mass_gev, lifetime)) for lifetime in model.lifetimes_ps
    ]


def channel_grid(channel: Channel, chirality: str, folder: Path = GRIDS) -> Grid:
    """A channel's grid of a chirality; ValueError where there is none."""
    path = _file(channel, f"{channel.name}.csv", folder)
    check_as_written(path)
    grids = read_grids(path)
    if chirality not in grids:
        raise ValueError(f"{path}: no grid for {chirality}; there are {', '.join(grids)}")
    return grids[chirality]


def scan_mixing(model: Model, folder: Path = GRIDS, method: str = "paper") -> list[dict[str, Any]]:
    """Limits on |U|^2 at the masses of the grid (or the model's), a row of MIXING_COLUMNS each."""
    channel = model.channel
    mixing = model.mixing
    if mixing is None:
        raise ValueError("a scan of |U|^2 needs the model's mixing")
    grid = channel_grid(channel, model.chirality, folder)
    masses = [model.mass_gev] if model.mass_gev is not None else [float(m) for m in grid.mass_gev]
    name = f"{channel.paper} {channel.name}"
    channel.product(masses[0], mixing, model.majorana)
    return [
        mixing_row(
            mixing_limit(channel, grid, mass, mixing, method), name, model.chirality, method
        )
        for mass in masses
        if channel.widths_are_known(mass)
    ]


def _file(channel: Channel, name: str, folder: Path) -> Path:
    # As shipped and as the workflow writes them.
    for path in (folder / channel.paper / name, folder / channel.paper / "recast" / name):
        if path.is_file():
            return path
    raise ValueError(
        f"{folder / channel.paper / name}: no such file; no grid of {channel.name} is there"
    )


def _confidence_level(channel: Channel, folder: Path) -> float | None:
    """That of the grids in a folder: of a run's results as its limits say; None where they say nothing."""
    if folder == GRIDS:
        return CONFIDENCE_LEVEL
    for path in sorted((folder / channel.paper / "limits").glob("*.json")):
        check_as_written(path)
        return read_json(path)[0]["confidence_level"]
    return None


def _common(model: Model, confidence_level: float | None) -> dict[str, Any]:
    channel = model.channel
    return {
        **({"model": model.name} if model.name else {}),
        "search": channel.paper,
        "channel": channel.name,
        "confidence_level": confidence_level,
        "method": channel.method,
        "kind": "simulated",
    }


def _of_point(model: Model, folder: Path, grid: Grid, point: Point) -> dict[str, Any]:
    channel = model.channel
    record = {
        **_common(model, _confidence_level(channel, folder)),
        "decay": channel.chain,
        "limit_on": "B(production of N) x B(decay of N)",
    }
    record |= {key: value for key, value in asdict(point).items() if key != "notes"}
    notes = [
        f"limits: {PAPER_METHODS.get(channel.method, channel.method)} as in the paper, and CLs; "
        "acceptance simulated here, counts published",
        *point.notes,
    ]
    if channel.no_model:
        notes.append(channel.no_model)
    if point.branching_fraction_limit > 1.0:
        notes.append("no bound: the limit is above 1, more than any branching fraction")
    if point.acceptance_systematic > _LARGE_SYSTEMATIC * point.acceptance:
        notes.append(
            f"the acceptance is uncertain by {point.acceptance_systematic / point.acceptance:.0%}; "
            "docs/recast_grids.md says by what"
        )
    record |= _prediction(model, point.branching_fraction_limit, channel.parents * point.acceptance)
    if model.mixing_squared is not None:
        record["mixing_squared"] = model.mixing_squared
    if model.mixing is not None:
        channel.product(point.mass_gev, model.mixing, model.majorana)
        found = mixing_limit(channel, grid, point.mass_gev, model.mixing)
        row = mixing_row(found, "", model.chirality, "paper")
        keys = ("mixing", "mixing_limit", "mixing_upper_end", "lifetime_at_limit_ps",
                "mixing_limit_prompt_reading", "lifetime_of_prompt_reading_ps", "prompt_reading_consistent")  # fmt: skip
        record |= {key: row[key] for key in keys}
        notes += [f"|U|^2: {found.remark}"] if found.remark else []
        if model.mixing_squared is None:
            notes.append(
                f"|U|^2: its limits have the lifetime that |U|^2 implies, not the {point.lifetime_ps:g} ps of the "
                "acceptance above; --mixing-squared has both together"
            )
    return {**record, "notes": notes}


def _of_decay(model: Model, folder: Path, acceptance: tuple[float, float] | None) -> dict[str, Any]:
    """A decay at one point, by its density or its events over the plane of two masses."""
    from lnvsearch.interpretation import dalitz

    channel = model.channel
    try:
        path = _file(channel, channel.dalitz.get("table", f"dalitz_{channel.name}.csv"), folder)
    except ValueError as error:
        raise ValueError(
            f"{'density' if model.density else 'events'}: the acceptance of {channel.paper}'s {channel.name} over "
            f"the plane of two masses is not in {folder}; give mass_gev, or a channel that has it (docs/recasting.md)"
        ) from error
    check_as_written(path)
    plane = dalitz.read_plane(path, channel)
    found, uncertainty, reading = _of_plane(model, plane)
    if acceptance is not None:
        (found, uncertainty), reading = acceptance, f"{reading}, through the detector simulation"
    if not found > 0.0:
        raise ValueError(f"{reading}: no simulated event is accepted where it decays; no limit")
    flat = plane.phase_space_acceptance
    limit = channel.published_limit * flat / found
    record = {
        **_common(model, CONFIDENCE_LEVEL), "decay": channel.final_state, "limit_on": "B(decay)", "density": reading,
        "acceptance": found, "acceptance_statistical": uncertainty,
        "acceptance_of_phase_space": flat, "acceptance_over_phase_space": found / flat,
        "branching_fraction_limit": limit, "branching_fraction_limit_published": channel.published_limit,
    }  # fmt: skip
    record |= _prediction(model, limit, channel.parents * found)
    notes = [
        "limit: the published one, for decays flat in phase space, times the simulated ratio of acceptances",
        "the decay happens at one point; the plane is that of "
        + " and ".join(channel.dalitz["names"]),
    ]
    return {**record, "notes": notes}


def _of_plane(model: Model, plane) -> tuple[float, float, str]:
    """Acceptance of the model's density or events, its uncertainty, and from what."""
    from lnvsearch.interpretation import dalitz

    if model.density is not None:
        return *plane.of_density(
            dalitz.read_density(model.density)
        ), f"density {model.density.name}"
    from lnvsearch.interpretation.decay_files import read_decays

    assert model.events is not None
    momenta, weights = read_decays(model.events, model.channel)
    smaller, larger = dalitz.sorted_pair_masses(momenta, model.channel).T
    try:
        found = plane.of_events(smaller, larger, weights)
    except ValueError as error:
        raise ValueError(f"{model.events}: {error}") from error
    return *found, f"{len(weights)} events of {model.events.name}"


def _prediction(model: Model, limit: float, decays_accepted: float) -> Mapping[str, Any]:
    if model.branching_fraction is None:
        return {}
    return {
        "branching_fraction": model.branching_fraction,
        "expected_events": model.branching_fraction * decays_accepted,
        "excluded": model.branching_fraction > limit,
    }
