"""The numbers of one NA62 paper by quantity and channel, and the sensitivity that they give."""

from __future__ import annotations

import math

from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.sensitivity import Estimate, number_of_decays, single_event_sensitivity

__all__ = [
    "ALL",
    "Numbers",
    "has_sensitivity_inputs",
    "normalisation_channel",
    "rounding_sigma",
    "sensitivity",
]

#: Channel of the numbers that belong to the whole paper.
ALL = "all"

_NORMALISATION = (
    "normalisation_candidates",
    "normalisation_contamination",
    "normalisation_branching_fraction",
    "normalisation_acceptance_percent",
)


class Numbers:
    """The numbers of one NA62 paper by quantity and channel; it remembers which were asked for.

    `used` holds the keys (quantity, channel) whose values entered a computation.
    """

    def __init__(self, published: PublishedNumbers):
        self._published = published
        self.used: set[tuple[str, str]] = set()

    def __contains__(self, key: tuple[str, str]) -> bool:
        quantity, channel = key
        return self._published.find(quantity, channel=channel) is not None

    def number(self, quantity: str, channel: str = ALL) -> PublishedNumber:
        """Return the number; ValueError if the paper does not print it."""
        number = self._published.find(quantity, channel=channel)
        if number is None:
            raise ValueError(
                f"the paper prints no {quantity} for channel {channel!r}; "
                "the names are in its numbers.csv"
            )
        return number

    def value(self, quantity: str, channel: str = ALL) -> float:
        """Return the value and remember that it was used."""
        number = self.number(quantity, channel)
        self.used.add((quantity, channel))
        return number.value

    def uncertainty(self, quantity: str, channel: str = ALL) -> float:
        """Return the printed uncertainty, 0 where there is none, and remember the number's use."""
        number = self.number(quantity, channel)
        self.used.add((quantity, channel))
        return number.uncertainty or 0.0

    def components(self, region: str, channel: str) -> list[PublishedNumber]:
        """Return the contributions to the background in one region, and remember their use.

        `region` is as in the names, "_lower_region" for instance; "" where the paper lists the
        signal region alone.
        """
        suffix = f"{region}_events"
        found = [
            number
            for number in self._published
            if number.channel == channel
            and number.quantity.startswith("background_")
            and number.quantity.endswith(suffix)
            and not number.quantity.startswith(("background_total_", "background_events"))
        ]
        self.used.update((number.quantity, channel) for number in found)
        return found

    @property
    def is_first(self) -> bool:
        """Whether this is the paper on the 2017 data."""
        return ("n_kaon_decays", "pimumu") in self

    @property
    def is_second(self) -> bool:
        """Whether this is the paper on the 2016-18 data."""
        return ("acceptance_ratio_pipi0ee_to_piee", ALL) in self

    @property
    def channels(self) -> tuple[str, ...]:
        """The signal decays of the paper: those that it sets a limit on."""
        return tuple(
            number.channel
            for number in self._published
            if number.quantity == "upper_limit_branching_fraction"
        )


def rounding_sigma(number: PublishedNumber) -> float:
    """Standard deviation of what rounding to the printed digits removed: unit/sqrt(12)."""
    return number.resolution / math.sqrt(12.0)


def normalisation_channel(numbers: Numbers, channel: str) -> str:
    """Return the channel under which the normalisation decay of `channel` is listed."""
    return channel if ("normalisation_candidates", channel) in numbers else "piee"


def has_sensitivity_inputs(numbers: Numbers, channel: str) -> bool:
    """Whether the paper prints all that `sensitivity` needs."""
    norm = normalisation_channel(numbers, channel)
    return ("signal_acceptance_percent", channel) in numbers and all(
        (quantity, norm) in numbers for quantity in _NORMALISATION
    )


def sensitivity(numbers: Numbers, channel: str) -> tuple[Estimate, Estimate]:
    """Return N_K and the single-event sensitivity of a channel from its published inputs.

    Raises ValueError if the paper does not print one of them.
    """
    norm = normalisation_channel(numbers, channel)

    def acceptance(quantity: str, of_channel: str) -> Estimate:
        mean, sigma = numbers.value(quantity, of_channel), numbers.uncertainty(quantity, of_channel)
        return Estimate(mean / 100, systematic=sigma / 100)

    decays = number_of_decays(
        int(numbers.value("normalisation_candidates", norm)),
        numbers.value("normalisation_contamination", norm),
        Estimate(
            numbers.value("normalisation_branching_fraction", norm),
            external=numbers.uncertainty("normalisation_branching_fraction", norm),
        ),
        acceptance("normalisation_acceptance_percent", norm),
    )
    further = None
    if channel == "pipi0ee":
        quantity = "pi0_two_photon_branching_fraction_percent"
        further = Estimate(
            numbers.value(quantity, channel) / 100,
            external=numbers.uncertainty(quantity, channel) / 100,
        )
    signal = acceptance("signal_acceptance_percent", channel)
    return decays, single_event_sensitivity(decays, signal, further)
