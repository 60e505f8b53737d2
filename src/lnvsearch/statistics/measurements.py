"""What is known of the background and of the efficiency, and checks of numbers.

Each of the two is known, or measured with a Gaussian error (the background also with an asymmetric
one), or measured by counting.  Arguments are numbers or arrays, stored as read-only float64 arrays
(0-dimensional for a number).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

FloatOrArray = float | np.ndarray

ASYMMETRIC_SHAPES = ("bifurcated-gaussian", "lognormal")


def _as_float_array(name: str, value: ArrayLike, allowed: str) -> np.ndarray:
    """Return a read-only float64 view or copy of `value`; ValueError if it is not numeric."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a number or an array of numbers {allowed}; got {value!r}"
        ) from error
    array = array.view()
    array.flags.writeable = False
    return array


def _refuse(name: str, array: np.ndarray, good: np.ndarray, allowed: str) -> None:
    """Raise the ValueError that names the first value outside the allowed range."""
    bad = np.asarray(array)[~good]
    more = f" (and {bad.size - 1} more)" if bad.size > 1 else ""
    raise ValueError(f"{name} must be {allowed}; got {bad.flat[0]:g}{more}")


def check_range(
    name: str,
    value: ArrayLike,
    low: float,
    *,
    open_low: bool = False,
) -> np.ndarray:
    """Return `value` as a float64 array after checking that it is finite and above `low`.

    Parameters: `name` as the message shall print it; `open_low` excludes `low` itself.
    Raises ValueError with the name, the allowed range and the first offending value; NaN and
    infinity are always refused.
    """
    relation = ">" if open_low else ">="
    allowed = f"finite and {relation} {low:g}"
    array = _as_float_array(name, value, allowed)
    if array.size == 0:
        return array
    # Two reductions are much cheaper than masks for 1e6 experiments, and NaN fails both tests.
    smallest, largest = array.min(), array.max()
    if not ((smallest > low if open_low else smallest >= low) and largest < np.inf):
        above = array > low if open_low else array >= low
        _refuse(name, array, above & np.isfinite(array), allowed)
    return array


def check_count(name: str, value: ArrayLike) -> np.ndarray:
    """Return `value` as a float64 array of whole numbers >= 0; ValueError otherwise."""
    array = check_range(name, value, 0.0)
    if np.asarray(value).dtype.kind not in "iub":
        whole = array == np.rint(array)
        if not whole.all():
            _refuse(name, array, whole, "a whole number of events >= 0")
    return array


def check_confidence_level(confidence_level: ArrayLike) -> np.ndarray:
    """Return the confidence level(s) as a float64 array after checking 0 < CL < 1.

    >>> check_confidence_level(0.9)
    array(0.9)
    """
    allowed = "between 0 and 1, both excluded (0.90 for 90 %)"
    array = _as_float_array("confidence_level", confidence_level, allowed)
    good = (array > 0.0) & (array < 1.0)
    if not good.all():
        _refuse("confidence_level", array, good, allowed)
    return array


def common_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which all broadcast, without numpy's time where they are the same; ValueError if none."""
    if shapes and shapes.count(shapes[0]) == len(shapes):
        return shapes[0]
    return np.broadcast_shapes(*shapes)


def _check_broadcast(**arrays: np.ndarray) -> tuple[int, ...]:
    """Return the common shape of the named arrays; ValueError listing the shapes if none exists."""
    try:
        return common_shape(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"shapes do not broadcast together: {shapes}; give equal or broadcastable shapes"
        ) from error


def _store(instance: object, **fields: object) -> None:
    """Set fields of a frozen dataclass from inside its `__init__`."""
    for name, value in fields.items():
        object.__setattr__(instance, name, value)


class _Measurement:
    """What all have in common: fields that are arrays and broadcast together."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the arguments."""
        fields = vars(self).values()
        return common_shape(*(v.shape for v in fields if isinstance(v, np.ndarray)))


@dataclass(frozen=True, eq=False, init=False)
class KnownBackground(_Measurement):
    """Background expectation without uncertainty: `mean` counts, finite and >= 0."""

    mean: np.ndarray

    def __init__(self, mean: ArrayLike) -> None:
        _store(self, mean=check_range("background mean", mean, 0.0))

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts."""
        return self.mean

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty, in counts: zero."""
        return np.zeros_like(self.mean)


@dataclass(frozen=True, eq=False, init=False)
class GaussianBackground(_Measurement):
    """Background estimate with a Gaussian error: `mean` >= 0 and `sigma` >= 0, both in counts."""

    mean: np.ndarray
    sigma: np.ndarray

    def __init__(self, mean: ArrayLike, sigma: ArrayLike) -> None:
        mean = check_range("background mean", mean, 0.0)
        sigma = check_range("background sigma", sigma, 0.0)
        _check_broadcast(mean=mean, sigma=sigma)
        _store(self, mean=mean, sigma=sigma)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts."""
        return self.mean


@dataclass(frozen=True, eq=False, init=False)
class AsymmetricBackground(_Measurement):
    """Background estimate `mean` > 0 with the errors +`up` and -`down`, both > 0, in counts.

    `shape` says what the two errors mean:

    `bifurcated-gaussian`  two half Gaussians of the widths `down` and `up` that meet at the mean,
                           cut to positive values
    `lognormal`            mean * (1 + up / mean)^z for a normal score z > 0, and
                           mean * (1 - down / mean)^(-z) below; `down` < `mean`
    """

    mean: np.ndarray
    up: np.ndarray
    down: np.ndarray
    shape_name: str

    def __init__(
        self,
        mean: ArrayLike,
        up: ArrayLike,
        down: ArrayLike,
        shape_name: str = "bifurcated-gaussian",
    ) -> None:
        if shape_name not in ASYMMETRIC_SHAPES:
            raise ValueError(
                f"background shape must be one of {', '.join(ASYMMETRIC_SHAPES)}; "
                f"got {shape_name!r}"
            )
        mean = check_range("background mean", mean, 0.0, open_low=True)
        up = check_range("background up", up, 0.0, open_low=True)
        down = check_range("background down", down, 0.0, open_low=True)
        _check_broadcast(mean=mean, up=up, down=down)
        if shape_name == "lognormal" and np.any(down >= mean):
            raise ValueError("background down must be smaller than the mean for a log-normal")
        _store(self, mean=mean, up=up, down=down, shape_name=shape_name)

    @property
    def estimate(self) -> np.ndarray:
        """Most likely background, in counts."""
        return self.mean

    @property
    def sigma(self) -> np.ndarray:
        """Mean of the two errors, in counts."""
        return 0.5 * (self.up + self.down)


@dataclass(frozen=True, eq=False, init=False)
class PoissonBackground(_Measurement):
    """Background counted in a sideband: sideband_count ~ Poisson(tau * background).

    `sideband_count` is finite and >= 0 (an effective count of weighted simulation need not be
    whole); `tau` > 0 is the ratio of the expectation in the sideband (or in simulation) to that in
    the signal region.
    """

    sideband_count: np.ndarray
    tau: np.ndarray

    def __init__(self, sideband_count: ArrayLike, tau: ArrayLike) -> None:
        count = check_range("background sideband_count", sideband_count, 0.0)
        tau = check_range("background tau", tau, 0.0, open_low=True)
        _check_broadcast(sideband_count=count, tau=tau)
        _store(self, sideband_count=count, tau=tau)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts: sideband_count / tau."""
        return self.sideband_count / self.tau

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty of the estimate, in counts: sqrt(sideband_count) / tau."""
        return np.sqrt(self.sideband_count) / self.tau


@dataclass(frozen=True, eq=False, init=False)
class KnownEfficiency(_Measurement):
    """Efficiency without uncertainty: `value` finite and > 0."""

    value: np.ndarray

    def __init__(self, value: ArrayLike) -> None:
        _store(self, value=check_range("efficiency value", value, 0.0, open_low=True))

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency."""
        return self.value

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty: zero."""
        return np.zeros_like(self.value)


@dataclass(frozen=True, eq=False, init=False)
class GaussianEfficiency(_Measurement):
    """Efficiency estimate with a Gaussian error: `mean` > 0 and (absolute) `sigma` >= 0."""

    mean: np.ndarray
    sigma: np.ndarray

    def __init__(self, mean: ArrayLike, sigma: ArrayLike) -> None:
        mean = check_range("efficiency mean", mean, 0.0, open_low=True)
        sigma = check_range("efficiency sigma", sigma, 0.0)
        _check_broadcast(mean=mean, sigma=sigma)
        _store(self, mean=mean, sigma=sigma)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency."""
        return self.mean


@dataclass(frozen=True, eq=False, init=False)
class BinomialEfficiency(_Measurement):
    """Efficiency from simulation: passed ~ Binomial(total, efficiency), 0 < passed <= total."""

    passed: np.ndarray
    total: np.ndarray

    def __init__(self, passed: ArrayLike, total: ArrayLike) -> None:
        passed = check_range("efficiency passed", passed, 0.0, open_low=True)
        total = check_range("efficiency total", total, 0.0, open_low=True)
        _check_broadcast(passed=passed, total=total)
        if np.any(passed > total):
            wide_passed, wide_total = np.broadcast_arrays(passed, total)
            first = np.argmax(wide_passed > wide_total)
            raise ValueError(
                "efficiency passed must be > 0 and <= total; "
                f"got passed {wide_passed.flat[first]:g} of total {wide_total.flat[first]:g}"
            )
        _store(self, passed=passed, total=total)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency: passed / total."""
        return self.passed / self.total

    @property
    def sigma(self) -> np.ndarray:
        """Binomial standard uncertainty sqrt(p (1 - p) / total)."""
        estimate = self.estimate
        return np.sqrt(estimate * (1.0 - estimate) / self.total)


Background = KnownBackground | GaussianBackground | AsymmetricBackground | PoissonBackground
Efficiency = KnownEfficiency | GaussianEfficiency | BinomialEfficiency
_Part = TypeVar("_Part", bound=Background | Efficiency)


def taken(
    part: _Part,
    rows: np.ndarray,
    shape: tuple[int, ...] | None = None,
) -> _Part:
    """Return the chosen rows of a background or efficiency, broadcast to `shape` and flattened."""
    shape = part.shape if shape is None else shape
    fields = (getattr(part, name) for name in part.__dataclass_fields__)
    return type(part)(
        *(x if isinstance(x, str) else np.broadcast_to(x, shape).reshape(-1)[rows] for x in fields)
    )


def with_estimate(background: Background, estimate: ArrayLike) -> Background:
    """Return the background that another result of the same measurement would give.

    A Gaussian one keeps its errors, a sideband its tau.
    """
    estimate = np.asarray(estimate)
    if isinstance(background, AsymmetricBackground):
        return replace(background, mean=estimate)
    if isinstance(background, PoissonBackground):
        return PoissonBackground(estimate * background.tau, background.tau)
    if isinstance(background, GaussianBackground):
        return GaussianBackground(estimate, background.sigma)
    return KnownBackground(estimate)
