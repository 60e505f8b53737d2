"""Decays of the charged kaon at rest: signals, the Standard Model's rare decays, backgrounds.

`generate_kaon_decays` makes events of one of `MODES`; `generate_selected_kaon_decays` keeps only
those that a search for fully measured decays could select.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "BranchingFraction": "modes",
    "KaonMode": "modes",
    "MODES": "modes",
    "generate_kaon_decays": "generate",
    "generate_selected_kaon_decays": "generate",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    # Numba takes most of a second to import: only whoever asks for a kernel pays for it.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
