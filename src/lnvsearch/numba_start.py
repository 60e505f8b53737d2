"""A quick start of numba in programs that run this project's kernels and nothing else of numba."""

from __future__ import annotations

import sys

__all__ = ["start_numba"]

#: The version whose compiler is known to be as the functions below assume; others compile as they are.
_NUMBA = "0.68"


def start_numba() -> None:
    """Start numba without the packages that it would load and no kernel of this project uses.

    At its first kernel, numba loads every installed extension (all of awkward) and scipy.linalg, to
    see whether there is a BLAS for np.dot: half a second of a program that has work for one.  Where a
    version of numba has these places no more, nothing happens but the usual start.

    What it compiles then, it compiles in five sixths of the time, to the same machine code.
    """
    # The package is loaded by now: it says where compiled kernels are kept, which numba reads when it is loaded.
    import numba
    from numba.core import entrypoints

    if hasattr(entrypoints, "_already_initialized"):
        entrypoints._already_initialized = True
    if ".".join(numba.__version__.split(".")[:2]) == _NUMBA:
        _list_options_at_once()
        _remember_types_of_numbers()
    if "scipy.linalg" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # an import of it fails, as if it were not installed
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules["scipy.linalg"]


def _list_options_at_once() -> None:
    """Numba looks up what it has compiled by all options of a compilation, which it asks for one by one."""
    from numba.core.targetconfig import TargetConfig

    defaults: dict[type, dict] = {}

    def values(self) -> dict:
        kind = type(self)
        if kind not in defaults:
            defaults[kind] = {name: option.default for name, option in kind.options.items()}
        return {**defaults[kind], **self._values}

    TargetConfig.values = values


def _remember_types_of_numbers() -> None:
    """For every sum and product, numba tries all that `+` and `*` can mean, arrays, strings and sets included.

    The answer for numbers is always the same.  Functions that are compiled for their arguments are asked again.
    """
    from numba.core import types
    from numba.core.types.functions import BaseFunction

    ask = BaseFunction.get_call_type
    known: dict[tuple, tuple] = {}

    def get_call_type(self, context, args, kws):
        numbers = args and not kws and all(isinstance(a, types.Number | types.Boolean) for a in args)
        question = (id(self), id(context), args)
        if numbers and question in known:
            return known[question][0]
        answer = ask(self, context, args, kws)
        if numbers and self._impl_keys.get(answer.args) is self.typing_key:
            known[question] = answer, self, context  # which keeps both, and their identities
        return answer

    BaseFunction.get_call_type = get_call_type
