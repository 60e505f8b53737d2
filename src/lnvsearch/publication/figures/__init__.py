"""Figures that every search has, and what all figures share.

`coverage`      coverage_map (how often each limit method holds the true signal)
`style`         sizes, colours, markers, and `figure_bytes` to make a PDF or PNG

Every function can be imported from here.  Figures are made without pyplot: no global state, no
display.
"""

from importlib import import_module

_HOME = {
    "coverage_map": "coverage",
    "figure_bytes": "style",
    "LABEL": "style",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    """Import a figure function when it is first asked for (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
