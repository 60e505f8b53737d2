"""The counting experiment n ~ Poisson(s * efficiency + background).

`s` is the number of *produced* signal events; `efficiency` is the expected number of selected
events for one produced event (it may exceed 1, so that it can also hold efficiency times a
normalisation, or the inverse of a single-event sensitivity); `background` is the expected number
of background counts in the region.  Each of the two nuisance parameters is known, or measured with
a Gaussian error, or measured by counting.

Every argument is a number or an array; all arguments of one experiment broadcast together.
They are stored as read-only float64 arrays (0-dimensional for a number).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

FloatOrArray = float | np.ndarray


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


def _check_broadcast(**arrays: np.ndarray) -> tuple[int, ...]:
    """Return the common shape of the named arrays; ValueError listing the shapes if none exists."""
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"shapes do not broadcast together: {shapes}; give equal or broadcastable shapes"
        ) from error


def _store(instance: object, **fields: np.ndarray) -> None:
    """Replace fields of a frozen dataclass from inside its `__post_init__`."""
    for name, value in fields.items():
        object.__setattr__(instance, name, value)


@dataclass(frozen=True, eq=False)
class KnownBackground:
    """Background expectation without uncertainty: `mean` counts, finite and >= 0."""

    mean: ArrayLike

    def __post_init__(self) -> None:
        _store(self, mean=check_range("background mean", self.mean, 0.0))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the arguments."""
        return self.mean.shape

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts."""
        return self.mean

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty, in counts: zero."""
        return np.zeros_like(self.mean)


@dataclass(frozen=True, eq=False)
class GaussianBackground:
    """Background estimate with a Gaussian error: `mean` >= 0 and `sigma` >= 0, both in counts."""

    mean: ArrayLike
    sigma: ArrayLike

    def __post_init__(self) -> None:
        mean = check_range("background mean", self.mean, 0.0)
        sigma = check_range("background sigma", self.sigma, 0.0)
        _check_broadcast(mean=mean, sigma=sigma)
        _store(self, mean=mean, sigma=sigma)

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the arguments."""
        return np.broadcast_shapes(self.mean.shape, self.sigma.shape)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts."""
        return self.mean


@dataclass(frozen=True, eq=False)
class PoissonBackground:
    """Background counted in a sideband: sideband_count ~ Poisson(tau * background).

    `sideband_count` is finite and >= 0 (an effective count of weighted simulation need not be
    whole); `tau` > 0 is the ratio of the expectation in the sideband (or in simulation) to that in
    the signal region.
    """

    sideband_count: ArrayLike
    tau: ArrayLike

    def __post_init__(self) -> None:
        count = check_range("background sideband_count", self.sideband_count, 0.0)
        tau = check_range("background tau", self.tau, 0.0, open_low=True)
        _check_broadcast(sideband_count=count, tau=tau)
        _store(self, sideband_count=count, tau=tau)

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the arguments."""
        return np.broadcast_shapes(self.sideband_count.shape, self.tau.shape)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the background, in counts: sideband_count / tau."""
        return self.sideband_count / self.tau

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty of the estimate, in counts: sqrt(sideband_count) / tau."""
        return np.sqrt(self.sideband_count) / self.tau


@dataclass(frozen=True, eq=False)
class KnownEfficiency:
    """Efficiency without uncertainty: `value` finite and > 0."""

    value: ArrayLike

    def __post_init__(self) -> None:
        _store(self, value=check_range("efficiency value", self.value, 0.0, open_low=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the arguments."""
        return self.value.shape

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency."""
        return self.value

    @property
    def sigma(self) -> np.ndarray:
        """Standard uncertainty: zero."""
        return np.zeros_like(self.value)


@dataclass(frozen=True, eq=False)
class GaussianEfficiency:
    """Efficiency estimate with a Gaussian error: `mean` > 0 and (absolute) `sigma` >= 0."""

    mean: ArrayLike
    sigma: ArrayLike

    def __post_init__(self) -> None:
        mean = check_range("efficiency mean", self.mean, 0.0, open_low=True)
        sigma = check_range("efficiency sigma", self.sigma, 0.0)
        _check_broadcast(mean=mean, sigma=sigma)
        _store(self, mean=mean, sigma=sigma)

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the arguments."""
        return np.broadcast_shapes(self.mean.shape, self.sigma.shape)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency."""
        return self.mean


@dataclass(frozen=True, eq=False)
class BinomialEfficiency:
    """Efficiency from simulation: passed ~ Binomial(total, efficiency), 0 < passed <= total."""

    passed: ArrayLike
    total: ArrayLike

    def __post_init__(self) -> None:
        passed = check_range("efficiency passed", self.passed, 0.0, open_low=True)
        total = check_range("efficiency total", self.total, 0.0, open_low=True)
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
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of the arguments."""
        return np.broadcast_shapes(self.passed.shape, self.total.shape)

    @property
    def estimate(self) -> np.ndarray:
        """Best estimate of the efficiency: passed / total."""
        return self.passed / self.total

    @property
    def sigma(self) -> np.ndarray:
        """Binomial standard uncertainty sqrt(p (1 - p) / total)."""
        estimate = self.estimate
        return np.sqrt(estimate * (1.0 - estimate) / self.total)


Background = KnownBackground | GaussianBackground | PoissonBackground
Efficiency = KnownEfficiency | GaussianEfficiency | BinomialEfficiency


@dataclass(frozen=True, eq=False)
class CountingExperiment:
    """Observed counts with their background and efficiency; the input of every limit method.

    Parameters
    ----------
    observed : whole number(s) of selected events, >= 0
    background : KnownBackground, GaussianBackground or PoissonBackground
    efficiency : KnownEfficiency, GaussianEfficiency or BinomialEfficiency

    Raises ValueError naming the argument and the allowed range, or the shapes that do not fit.

    >>> CountingExperiment([0, 1, 2], KnownBackground(0.5), KnownEfficiency(0.2)).shape
    (3,)
    """

    observed: ArrayLike
    background: Background
    efficiency: Efficiency

    def __post_init__(self) -> None:
        if not isinstance(self.background, Background):
            raise ValueError(
                "background must be a KnownBackground, GaussianBackground or PoissonBackground; "
                f"got {self.background!r}"
            )
        if not isinstance(self.efficiency, Efficiency):
            raise ValueError(
                "efficiency must be a KnownEfficiency, GaussianEfficiency or BinomialEfficiency; "
                f"got {self.efficiency!r}"
            )
        observed = check_count("observed", self.observed)
        _store(self, observed=observed)
        try:
            np.broadcast_shapes(observed.shape, self.background.shape, self.efficiency.shape)
        except ValueError as error:
            raise ValueError(
                f"shapes do not broadcast together: observed {observed.shape}, background "
                f"{self.background.shape}, efficiency {self.efficiency.shape}; "
                "give equal or broadcastable shapes"
            ) from error

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of all arguments; `()` for a single experiment."""
        return np.broadcast_shapes(
            self.observed.shape, self.background.shape, self.efficiency.shape
        )


@dataclass(frozen=True, eq=False)
class Interval:
    """Confidence interval in produced signal events.

    `lower` and `upper` are floats where every input was a number, arrays of the broadcast shape
    otherwise.  `upper` is infinite where the data bound the signal from one side only.
    """

    lower: FloatOrArray
    upper: FloatOrArray
