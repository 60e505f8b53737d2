"""Settings of several variations, told by what differs: a job's parameters stay readable."""

from __future__ import annotations

from collections.abc import Mapping


def differences(settings: Mapping, other: Mapping) -> dict:
    """What of other nested settings is not the same in `settings`."""
    return {
        key: differences(settings.get(key, {}), new) if isinstance(new, Mapping) else new
        for key, new in other.items()
        if new != settings.get(key)
    }


def merged(settings: Mapping, changes: Mapping) -> dict:
    """Nested settings with other values at the keys of `changes`.

    >>> merged({"lav": {"threshold_gev": 0.02}, "n": 1}, {"lav": {"threshold_gev": 0.05}})
    {'lav': {'threshold_gev': 0.05}, 'n': 1}
    """
    result = dict(settings)
    for key, new in changes.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(new, Mapping)
        result[key] = merged(old, new) if both else new
    return result


def told_apart(variations: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """The settings of the first variation whole, and what differs from them of the others."""
    first, *_ = variations.values()
    return {
        name: first if one is first else differences(first, one)
        for name, one in variations.items()
    }


def whole(variations: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """All settings of every variation, from what `told_apart` gives."""
    first, *_ = variations.values()
    return {
        name: first if one is first else merged(first, one) for name, one in variations.items()
    }
