"""A user's model: a YAML file that says what decays how, for `lnvsearch recast --model`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lnvsearch.files import read_text
from lnvsearch.interpretation.channels import Channel, find_channel
from lnvsearch.interpretation.grids import CHIRALITIES
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.model_keys import KEYS
from lnvsearch.nesting import yaml_of

__all__ = ["Model", "model_from", "read_model"]

_MOST_LIFETIMES = 1000


@dataclass(frozen=True)
class Model:
    """What is asked of a channel: an N of mass and lifetimes, or a decay with a density or events."""

    channel: Channel
    name: str = ""
    mass_gev: float | None = None
    lifetimes_ps: tuple[float, ...] = (0.0,)
    chirality: str = "isotropic"
    branching_fraction: float | None = None
    mixing: Mixing | None = None
    mixing_squared: float | None = None
    majorana: bool = True
    density: Path | None = None
    events: Path | None = None


def read_model(path: str | Path) -> Model:
    """The model of a YAML file; ValueError that names file, key and fix, OSError without a file."""
    import yaml

    try:
        text = read_text(path)
    except ValueError as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
    try:
        content = yaml_of(text)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not valid YAML: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{path}: must hold keys, search and channel first; got {type(content).__name__}"
        )
    _read_as_written(node, content, str(path))
    for key in content:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, n=1)
            slip = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(KEYS)}"
            raise ValueError(f"{path}: unknown key {key!r}{slip}")
    try:
        return model_from(content, Path(path).parent)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_as_written(node: Any, content: dict, path: str) -> None:
    """Put the text of `mixing` into the content; ValueError for a key that is there twice.

    YAML 1.1 takes 1:0:0 without quotation marks for 3600, hours, minutes and seconds.
    """
    lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in lines:
            raise ValueError(f"{path}, line {line}: {key.value} is given twice; keep one")
        lines[key.value] = line
        if key.value == "mixing" and isinstance(value.value, str):
            content["mixing"] = value.value


def model_from(values: Mapping[str, Any], folder: Path = Path()) -> Model:
    """The model of plain values by KEYS; files are looked for in the folder.  ValueError as above."""
    for key in ("search", "channel"):
        if not values.get(key):
            raise ValueError(f"{key} is missing: {KEYS[key]}")
    channel = find_channel(str(values["search"]), str(values["channel"]))
    kinds = [key for key in ("mass_gev", "density", "events") if values.get(key) is not None]
    if len(kinds) != 1 and not (not kinds and values.get("mixing") is not None):
        raise ValueError(
            "give one of mass_gev (an on-shell N), density or events (a decay at one point); "
            f"got {', '.join(kinds) or 'none'}"
        )
    lifetimes = _lifetimes(values.get("lifetimes_ps", 0.0))
    if kinds and kinds != ["mass_gev"]:
        if any(lifetimes):
            raise ValueError(
                f"lifetimes_ps: a decay with {kinds[0]} happens at one point; give mass_gev for an N that flies"
            )
        for key in ("chirality", "mixing"):
            if values.get(key) is not None:
                raise ValueError(
                    f"{key}: of an N with a mass; {kinds[0]} says all that is known here"
                )
        if not channel.dalitz:
            raise ValueError(
                f"{kinds[0]}: {channel.name} of {channel.paper} has no plane of two masses"
            )
    # What mixes has the weak interaction's vertices.
    usual = "isotropic" if values.get("mixing") is None else "v_minus_a"
    chirality = str(values.get("chirality") or usual)
    if chirality not in CHIRALITIES:
        raise ValueError(f"chirality must be {' or '.join(CHIRALITIES)}; got {chirality}")
    nature = str(values.get("nature") or "majorana")
    if nature not in ("majorana", "dirac"):
        raise ValueError(f"nature must be majorana or dirac; got {nature}")
    if nature == "dirac":
        channel.refuse_dirac()
    mixing = values.get("mixing")
    files: dict[str, Any] = {key: folder / str(values[key]) if values.get(key) is not None else None
             for key in ("density", "events")}  # fmt: skip
    model = Model(
        channel=channel, name=str(values.get("name") or ""), mass_gev=_mass(values, channel),
        lifetimes_ps=lifetimes, chirality=chirality, branching_fraction=_fraction(values),
        mixing=None if mixing is None else Mixing.from_ratio(str(mixing)), majorana=nature == "majorana", **files,
    )  # fmt: skip
    if values.get("mixing_squared") is None:
        return model
    return _with_mixing_squared(model, values)


def _with_mixing_squared(model: Model, values: Mapping[str, Any]) -> Model:
    """The model with the lifetime and the product of branching fractions that its |U|^2 implies."""
    from lnvsearch.interpretation.widths import HeavyNeutralLepton

    squared = _number(values["mixing_squared"], "mixing_squared")
    if not 0.0 < squared <= 1.0:
        raise ValueError(
            f"mixing_squared must be > 0 and at most 1; got {squared:g}: unphysical mixing"
        )
    if model.mass_gev is None or model.mixing is None:
        raise ValueError("mixing_squared: needs mass_gev and mixing, as 1:0:0")
    for key in ("lifetimes_ps", "branching_fraction"):
        if values.get(key) is not None:
            raise ValueError(f"{key}: follows from mixing_squared; give one of them")
    product = model.channel.product(model.mass_gev, model.mixing, model.majorana)
    lifetime = HeavyNeutralLepton(model.mass_gev, model.mixing, model.majorana).lifetime_ps(squared)
    return replace(
        model, mixing_squared=squared, lifetimes_ps=(lifetime,),
        branching_fraction=product * squared**model.channel.power,
    )  # fmt: skip


def _mass(values: Mapping[str, Any], channel: Channel) -> float | None:
    if values.get("mass_gev") is None:
        return None
    mass = _number(values["mass_gev"], "mass_gev")
    channel.check_mass(mass)
    return mass


def _fraction(values: Mapping[str, Any]) -> float | None:
    if values.get("branching_fraction") is None:
        return None
    fraction = _number(values["branching_fraction"], "branching_fraction")
    if not 0.0 < fraction <= 1.0:
        raise ValueError(f"branching_fraction must be > 0 and at most 1; got {fraction:g}")
    return fraction


def _lifetimes(given: Any) -> tuple[float, ...]:
    listed = given if isinstance(given, (list, tuple)) else [given]
    lifetimes = tuple(_number(value, "lifetimes_ps") for value in listed)
    if not 1 <= len(lifetimes) <= _MOST_LIFETIMES:
        raise ValueError(f"lifetimes_ps: 1 to {_MOST_LIFETIMES} lifetimes; got {len(lifetimes)}")
    for lifetime in lifetimes:
        if not 0.0 <= lifetime < math.inf:
            raise ValueError(f"lifetimes_ps must be >= 0 and finite, in ps; got {lifetime:g}")
    return lifetimes


def _number(value: Any, key: str) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{key} must be a number; got {value!r}") from None
    if math.isnan(number):
        raise ValueError(f"{key} must be a number; got {value!r}")
    return number
