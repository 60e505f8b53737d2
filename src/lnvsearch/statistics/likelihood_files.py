"""Counting channels as likelihoods that other programs read: pyhf's JSON and HS3.

    n_i ~ Poisson(mu * s_i(theta) + b_i(theta)),       a_j ~ Gaussian(theta_j, 1)

with the parameter of interest mu = B/B_ref, the branching fraction in units of a reference, and
log-normal errors as of `channels.Channel` (normsys in HistFactory's words); sources of one name are one
nuisance parameter in all channels.  pyhf: L. Heinrich et al., JOSS 6 (2021) 2823; HS3: the HEP Statistics
Serialization Standard, version 0.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lnvsearch.statistics.channels import Channel, refuse_overlap

__all__ = ["hs3_document", "pyhf_workspace"]

#: Name of the parameter of interest.
SIGNAL_STRENGTH = "mu"
_HS3_VERSION = "0.2"
_LARGEST_SIGNAL_STRENGTH = 1000.0


def pyhf_workspace(channels: Sequence[Channel], reference: float) -> dict:
    """Return the workspace of independent channels.

    `channels`: efficiencies are expected counts for a branching fraction of 1; `reference`: branching
    fraction of mu = 1.  Raises ValueError for channels that overlap, or a reference that is not positive.

    >>> workspace = pyhf_workspace([Channel("kkee", 1, 0.5, 1.6e9)], 1e-9)
    >>> workspace["channels"][0]["samples"][0]["data"]
    [1.6]
    """
    _check(channels, reference)
    return {
        "version": "1.0.0",
        "channels": [
            {"name": channel.name, "samples": [
                {"name": name, "data": [counts], "modifiers": [
                    *([{"name": SIGNAL_STRENGTH, "type": "normfactor", "data": None}] if name == "signal" else []),
                    *({"name": source, "type": "normsys", "data": factors} for source, factors in errors),
                ]}
                for name, counts, errors in _samples(channel, reference)
            ]}
            for channel in channels
        ],
        "observations": [{"name": channel.name, "data": [channel.observed]} for channel in channels],
        "measurements": [{
            "name": "branching_fraction",
            "config": {"poi": SIGNAL_STRENGTH, "parameters": [{
                "name": SIGNAL_STRENGTH, "bounds": [[0.0, _LARGEST_SIGNAL_STRENGTH]], "inits": [1.0],
            }]},
        }],
    }  # fmt: skip


def hs3_document(channels: Sequence[Channel], reference: float) -> dict:
    """Return the same likelihood in HS3's form.  Raises ValueError as `pyhf_workspace` does."""
    _check(channels, reference)
    sources = dict.fromkeys(
        source for channel in channels for _, _, errors in _samples(channel, reference) for source, _ in errors
    )
    parameters = [
        {"name": SIGNAL_STRENGTH, "min": 0.0, "max": _LARGEST_SIGNAL_STRENGTH},
        *({"name": _alpha(source), "min": -5.0, "max": 5.0} for source in sources),
    ]
    return {
        "metadata": {"hs3_version": _HS3_VERSION, "packages": [{"name": "lnvsearch", "version": _version()}]},
        "distributions": [_distribution(channel, reference) for channel in channels],
        "data": [
            {"name": f"data_{_word(channel.name)}", "type": "binned", "axes": [_axis(channel)],
             "contents": [channel.observed]}
            for channel in channels
        ],
        "likelihoods": [{
            "name": "likelihood",
            "distributions": [f"model_{_word(channel.name)}" for channel in channels],
            "data": [f"data_{_word(channel.name)}" for channel in channels],
        }],
        "domains": [{"name": "default_domain", "type": "product_domain", "axes": parameters}],
        "parameter_points": [{
            "name": "default_values",
            "parameters": [
                {"name": entry["name"], "value": 1.0 if entry["name"] == SIGNAL_STRENGTH else 0.0}
                for entry in parameters
            ],
        }],
        "analyses": [{
            "name": "branching_fraction", "likelihood": "likelihood", "domains": ["default_domain"],
            "parameters_of_interest": [SIGNAL_STRENGTH], "init": "default_values",
        }],
        "misc": {"lnvsearch": {"reference_branching_fraction": reference}},
    }  # fmt: skip


def _check(channels: Sequence[Channel], reference: float) -> None:
    refuse_overlap(channels)
    if not 0.0 < reference <= 1.0:
        raise ValueError(f"reference: {reference}; give a branching fraction above 0, at most 1")


def _samples(channel: Channel, reference: float):
    """(name, expected count, [(source, factors at one standard deviation)]) of signal and background."""
    yield "signal", channel.efficiency * reference, _factors(channel.efficiency_errors)
    if channel.background > 0.0:
        yield "background", channel.background, _factors(channel.background_errors)


def _factors(errors: dict) -> list[tuple[str, dict[str, float]]]:
    found = []
    for source, error in errors.items():
        up, down = error if isinstance(error, tuple) else (error, None)
        low = 1.0 / (1.0 + up) if down is None else 1.0 - down
        if up != 0.0 or low != 1.0:
            found.append((source, {"hi": 1.0 + up, "lo": low}))
    return found


def _distribution(channel: Channel, reference: float) -> dict:
    samples = []
    for name, counts, errors in _samples(channel, reference):
        modifiers = [
            {"name": source, "type": "normsys", "parameter": _alpha(source), "constraint": "Gauss", "data": factors}
            for source, factors in errors
        ]
        if name == "signal":
            modifiers.insert(0, {"name": SIGNAL_STRENGTH, "type": "normfactor", "parameter": SIGNAL_STRENGTH})
        samples.append({"name": name, "data": {"contents": [counts], "errors": [0.0]}, "modifiers": modifiers})
    return {
        "name": f"model_{_word(channel.name)}", "type": "histfactory_dist", "axes": [_axis(channel)], "samples": samples,
    }  # fmt: skip


def _axis(channel: Channel) -> dict:
    return {"name": f"count_{_word(channel.name)}", "min": 0.0, "max": 1.0, "nbins": 1}


def _alpha(source: str) -> str:
    return f"alpha_{_word(source)}"


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _version() -> str:
    from lnvsearch import __version__

    return __version__
