"""From results to what is printed: tables, figures and the comparison with the paper.

`published`   the numbers that a paper prints, with the confidence of their reading
`tables`      the paper's tables in CSV, LaTeX and Markdown; rounding by the Particle Data Group's
              rule
`figures`     the paper's figures and those that explain the simulation; each with its numbers
`comparison`  every published number beside this project's, and a summary of what agrees

Everything takes and gives tables (a mapping from column name to a list of cells, `None` for an
empty one) and matplotlib figures; nothing here knows where the results are kept.
"""

from importlib import import_module

__all__ = ["comparison", "figures", "published", "tables"]


def __getattr__(name: str):
    """Import a submodule when it is first asked for (PEP 562)."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
