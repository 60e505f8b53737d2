"""Names of particles and decays as text for matplotlib."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["decay_label", "particle_label"]

_SYMBOLS = {"pi": r"\pi", "mu": r"\mu", "nu": r"\nu", "J/psi(1S)": r"J/\psi", "e": "e", "K": "K",
            "nu_M": r"\nu_M", "p": "p", "p~": r"\bar p", "gamma": r"\gamma"}  # fmt: skip


def particle_label(name: str) -> str:
    """Return a particle, by its PDG name, in matplotlib's mathematics, without the dollars.

    >>> particle_label("mu+"), particle_label("J/psi(1S)"), particle_label("Lambda")
    ('\\\\mu^+', 'J/\\\\psi', '\\\\mathrm{Lambda}')
    """
    symbol = name.rstrip("+-0")
    charge = name.removeprefix(symbol)
    text = _SYMBOLS.get(symbol)
    if text is None:
        return rf"\mathrm{{{name}}}"
    return f"{text}^{charge}" if charge else text


def decay_label(parent: str, daughters: Iterable[str]) -> str:
    """Return a decay, by the PDG names of its particles, as text for matplotlib.

    >>> decay_label("K+", ["pi-", "e+", "e+"])
    '$K^+\\\\to \\\\pi^-e^+e^+$'
    """
    return rf"${particle_label(parent)}\to {''.join(map(particle_label, daughters))}$"
