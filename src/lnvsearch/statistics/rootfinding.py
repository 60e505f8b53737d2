"""Vectorised search for the signal at which a decreasing function crosses zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Relative accuracy of the root; the functions here are good to about 1e-13.
_RELATIVE_TOLERANCE = 1e-12
_FIRST_STEP = 0.02
_MOST_BRACKETING_STEPS = 15
_MOST_STEPS = 100
# Stands for log(0), so that interpolation formulas meet no infinities.
_FLOOR = -1e6


def solve_decreasing(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray], start: np.ndarray
) -> np.ndarray:
    """Return the positive roots, shape (problems,), of a decreasing function.

    `function(x, rows)` evaluates the problems with the given row numbers at x > 0, both (rows,);
    -inf is allowed.  `start` (problems,) are positive first guesses: the bracket grows from them
    by factors, without any bound set beforehand.  Raises RuntimeError, naming the number of
    problems, where no sign change is found within a factor of e^650.

    Bracketing is followed by Chandrupatla's method (T. R. Chandrupatla, Adv. Eng. Softw. 28 (1997)
    145) in log(x): inverse quadratic interpolation that falls back on bisection.
    """

    def evaluate(log_x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.maximum(function(np.exp(log_x), rows), _FLOOR)

    near, far, f_near, f_far = _bracket(evaluate, np.log(start))
    log_root = near.copy()
    rows = np.flatnonzero((f_near != 0.0) & (f_far != 0.0))
    log_root[f_far == 0.0] = far[f_far == 0.0]
    x1, x2, f1, f2 = near[rows], far[rows], f_near[rows], f_far[rows]
    step = np.clip(f1 / (f1 - f2), 0.01, 0.99)
    for _ in range(_MOST_STEPS):
        if not rows.size:
            return np.exp(log_root)
        x = x1 + step * (x2 - x1)
        f = evaluate(x, rows)
        same = np.sign(f) == np.sign(f1)
        x3, f3 = np.where(same, x1, x2), np.where(same, f1, f2)
        x2, f2 = np.where(same, x2, x1), np.where(same, f2, f1)
        x1, f1 = x, f
        best = np.where(np.abs(f2) < np.abs(f1), x2, x1)
        smallest_step = _RELATIVE_TOLERANCE / np.abs(x2 - x1)
        log_root[rows] = best
        open_ = (smallest_step < 0.5) & (f1 != 0.0) & (f2 != 0.0)
        rows, smallest_step = rows[open_], smallest_step[open_]
        x1, x2, x3, f1, f2, f3 = (array[open_] for array in (x1, x2, x3, f1, f2, f3))
        step = np.clip(_next_step(x1, x2, x3, f1, f2, f3), smallest_step, 1.0 - smallest_step)
    raise RuntimeError(f"{rows.size} limits did not converge in {_MOST_STEPS} steps")


def _bracket(
    evaluate: Callable[[np.ndarray, np.ndarray], np.ndarray], start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return near, far, f(near), f(far) with a sign change (or a zero) in between."""
    rows = np.arange(start.size)
    near, f_near = start.copy(), evaluate(start, rows)
    far, f_far = near.copy(), f_near.copy()
    direction = np.sign(f_near)
    rows = rows[f_near != 0.0]
    step = _FIRST_STEP
    for _ in range(_MOST_BRACKETING_STEPS):
        if not rows.size:
            return near, far, f_near, f_far
        near[rows], f_near[rows] = far[rows], f_far[rows]
        far[rows] = near[rows] + direction[rows] * step
        f_far[rows] = evaluate(far[rows], rows)
        rows = rows[np.sign(f_far[rows]) == direction[rows]]
        step *= 2.0
    raise RuntimeError(f"no signal solves {rows.size} of the {start.size} equations")


def _next_step(
    x1: np.ndarray,
    x2: np.ndarray,
    x3: np.ndarray,
    f1: np.ndarray,
    f2: np.ndarray,
    f3: np.ndarray,
) -> np.ndarray:
    """Fraction of the way from x1 to x2: inverse quadratic where it is safe, else one half."""
    xi = (x1 - x2) / (x3 - x2)
    phi = (f1 - f2) / (f3 - f2)
    safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
    # A safe point has three different function values; elsewhere any denominator will do.
    d21, d31, d32 = (np.where(safe, d, 1.0) for d in (f2 - f1, f3 - f1, f3 - f2))
    quadratic = -(f1 / d21) * (f3 / d32) + ((x3 - x1) / (x2 - x1)) * (f1 / d31) * (f2 / d32)
    return np.where(safe, quadratic, 0.5)
