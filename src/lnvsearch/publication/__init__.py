"""From results to what is printed: tables, figures and the comparison with the paper.

`published`   the numbers that a paper prints, with the confidence of their reading
`comparison`  rows of published numbers side by side with this project's
`summary`     what agrees, as text
`rounding`    the Particle Data Group's rule
`figures`     figures that every search has, and the style of all figures

Everything takes and gives tables (a mapping from column name to a list of cells, `None` for an
empty one) and matplotlib figures; nothing here knows where the results are kept.
"""

from importlib import import_module

__all__ = ["comparison", "figures", "published", "summary"]


def __getattr__(name: str):
    """Import a submodule when it is first asked for (PEP 562)."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
