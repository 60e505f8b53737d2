"""Building blocks of the definitions of keys: a class is a mapping, each line of it is a key.

    class Spectrum(Keys):
        \"\"\"Bins of the mass spectrum that is drawn.\"\"\"

        low_gev: float = key("Lower end.", ge=0)

Name, type, range, description and default of a key stand there and nowhere else: what is refused,
the messages and config/README.md follow from them.  Definitions are closed (unknown keys are
refused) and strict (no text for a number, no 500.0 for an integer).
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo

from lnvsearch.detector.parameters import known_names

#: Parts of the names of two keys of one mapping, of which the first must have the lower value.
_ENDS = (("minimum", "maximum"), ("first", "last"), ("low_gev", "high_gev"))


def key(meaning: str, default: Any = ..., **limits) -> Any:
    """A key: what it means, its default if it may be left out (None: nothing), its limits."""
    return Field(default, description=meaning, **limits)


class WrongKeys(ValueError):
    """Keys whose values do not go together: (key, problem and fix) each."""

    def __init__(self, problems: list[tuple[str, str]]):
        super().__init__(problems)
        self.problems = problems


class Keys(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, validate_assignment=True)

    @model_validator(mode="after")
    def _check_together(self) -> Keys:
        ends = _ends_of(type(self))
        problems = [
            (low, f"{one} is not below {high} ({other}); exchange them or fix one")
            for low, high in ends
            if (one := getattr(self, low)) is not None
            and (other := getattr(self, high)) is not None
            and not one < other
        ]
        problems += self.problems()
        if problems:
            raise WrongKeys(problems)
        return self

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with values that are right alone: key, and problem and fix."""
        return iter(())


@cache
def _ends_of(definition: type[Keys]) -> list[tuple[str, str]]:
    names = definition.model_fields
    pairs = [(name, name.replace(*ends)) for name in names for ends in _ENDS if ends[0] in name]
    return [pair for pair in pairs if pair[1] in names]


# ------------------------------------------------------------------------------------ kinds of values


def _name(value: str) -> str:
    if not (value.isascii() and value.isidentifier() and value == value.lower()):
        raise ValueError("not a name; begin with a letter, use lower-case letters, digits and _")
    return value


def _once(values: list) -> list:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise ValueError(f"{value!r} is given twice; keep one")
    return values


def _window(ends: list[float]) -> list[float]:
    if not ends[0] < ends[1]:
        raise ValueError(f"{ends[0]} is not below {ends[1]}; exchange them or fix one")
    return ends


Name = Annotated[str, AfterValidator(_name)]
#: Entries of a list of which none may occur twice.
Once = AfterValidator(_once)
Names = Annotated[list[Name], Field(min_length=1), Once]
Positive = Annotated[float, Field(gt=0)]
Window = Annotated[list[Annotated[float, Field(ge=0, le=1e3)]], Field(min_length=2, max_length=2),
                   AfterValidator(_window)]  # fmt: skip


def _no_cut_twice(cuts: list[Keys]) -> list[Keys]:
    names = [cut.cut for cut in cuts]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the cut {name} is given twice; keep one")
    return cuts


def cut(name: str, meaning: str, **parameters: Any) -> type[Keys]:
    """The keys of a cut: its name, and its parameters as (type, key(...))."""
    fields = {"cut": (Literal[name], key(meaning)), **parameters}
    return create_model(name, __base__=Keys, __doc__=meaning, **fields)


def cuts_of(definitions: tuple[type[Keys], ...]) -> Any:
    """A list of cuts, each with its name under `cut` and its parameters."""
    cut = Annotated[Union[definitions], Field(discriminator="cut")]  # noqa: UP007
    return Annotated[list[cut], Field(min_length=1), AfterValidator(_no_cut_twice)]


def either(**kinds: Any) -> Any:
    """A value that may be of several kinds, each of another YAML type: text, number, list, mapping."""
    union = Union[tuple(Annotated[kind, Tag(name)] for name, kind in kinds.items())]  # noqa: UP007
    return Annotated[union, Discriminator(_type_in_yaml)]


def _type_in_yaml(value: Any) -> str:
    kinds = {str: "text", int: "number", float: "number", list: "list"}
    return kinds.get(type(value), "mapping" if isinstance(value, (Mapping, Keys)) else "nothing")


# ------------------------------------------------------------------------------- definitions in words


def kind(annotation: Any, value: Any = ...) -> str:
    """Type and range of a value in words; with a `value` that is refused, of many words the nearest alone."""
    annotation, notes = _parts_of(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        words = [f"`{word}`" for word in inner]
        said = ", ".join(words) if value is ... else known_names(f"`{value}`", words)
        return words[0] if len(words) == 1 else f"one of {said}"
    if origin in _UNIONS:
        # What limits a number that may be left out, limits the number.
        options = [one if one is type(None) else Annotated[(one, *notes)] if notes else one for one in inner]
        return " or ".join(dict.fromkeys(kind(one, value) for one in options))
    simple = {bool: "true or false", int: "integer", float: "number", str: "text",
              type(None): "null"}  # fmt: skip
    word = f"list of {kind(inner[0], value)}" if origin is list else simple.get(annotation, "mapping")
    if any(getattr(note, "func", None) is _name for note in notes):
        word = "name"
    limits = {"ge": ">= {:g}", "gt": "> {:g}", "le": "<= {:g}", "lt": "< {:g}",
              "min_length": "at least {}", "max_length": "at most {}"}  # fmt: skip
    if word == "text":
        limits["min_length"] = "not empty"
    said = ", ".join(
        text.format(getattr(note, limit))
        for note in notes for limit, text in limits.items() if hasattr(note, limit)
    )  # fmt: skip
    return word + {"": "", "<": " ", ">": " "}.get(said[:1], ", ") + said


def type_of(field: FieldInfo) -> Any:
    """The type of a key's value with all that limits it."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def meaning_of(field: FieldInfo) -> str:
    """The description of a key: its own, or that of the mapping which is its value."""
    mappings = definitions_in(field.annotation)
    return field.description or text_of(mappings[0] if mappings else None)


def text_of(definition: type[Keys] | None) -> str:
    """What a mapping is for."""
    return " ".join((getattr(definition, "__doc__", None) or "").split())


def definitions_in(annotation: Any) -> list[type[Keys]]:
    """The mappings that a value may be, or hold as entries."""
    annotation, _ = _parts_of(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Keys):
        return [annotation]
    return [found for inner in get_args(annotation) for found in definitions_in(inner)]


def entries_of(annotation: Any) -> tuple[bool, Any]:
    """Whether a value may be a list, and what its entries, or those of a mapping by name, are."""
    base, _ = _parts_of(annotation)
    for option in get_args(base) if get_origin(base) in _UNIONS else [base]:
        base, _ = _parts_of(option)
        if get_origin(base) in (list, dict):
            return get_origin(base) is list, get_args(base)[-1]
    return False, None


def follow(definition: type[Keys], location: Iterable[str | int]) -> tuple[list, Any, str]:
    """Keys on the way to the place of an error; type and meaning of the value there.

    Where the last key is unknown the type is that of the mapping which it stands in.
    """
    annotation, meaning, names = definition, "", []
    for name in location:
        base, _ = _parts_of(annotation)
        options = get_args(base) if get_origin(base) in _UNIONS else [base]
        options = [option for option in options if option is not type(None)]
        if len(options) > 1:  # the place says which it takes the value for
            annotation = next(option for option in options if _has_tag(option, name))
            continue
        base, _ = _parts_of(options[0])
        if name == "[key]":
            return names, str, meaning
        names.append(name)
        if get_origin(base) in (list, dict):
            annotation = get_args(base)[-1]
        elif name in base.model_fields:
            field = base.model_fields[name]
            annotation, meaning = type_of(field), meaning_of(field)
        else:
            return names, base, meaning
    return names, annotation, meaning


_UNIONS = (Union, types.UnionType)


def _has_tag(option: Any, tag: str) -> bool:
    base, notes = _parts_of(option)
    if any(getattr(note, "tag", None) == tag for note in notes):
        return True
    fields = getattr(base, "model_fields", {})
    return "cut" in fields and tag in get_args(fields["cut"].annotation)


def _parts_of(annotation: Any) -> tuple[Any, list]:
    """A type without what is annotated to it, and that."""
    if get_origin(annotation) is not Annotated:
        return annotation, []
    base, *notes = get_args(annotation)
    return base, [one for note in notes for one in (getattr(note, "metadata", None) or [note])]
