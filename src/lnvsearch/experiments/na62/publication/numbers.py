"""The numbers of one NA62 paper by quantity and channel, and the sensitivity that they give.

The search's file says how a channel's kaons are counted.  `channels` has for each channel
`normalisation_channel`, the one under which the numbers of its normalisation decay are printed, the
sample `normalisation_sample` of it and its decay `normalisation_mode` (lnvsearch.generation.kaon),
and with a further decay of a signal particle that is required its `further_branching_fraction`
{mean, sigma}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.sensitivity import Estimate, number_of_decays, single_event_sensitivity

__all__ = [
    "ALL",
    "NOT_INDEPENDENT",
    "Channels",
    "Numbers",
    "counts_outside_signal",
    "normalisation",
    "rounding",
]

#: Channel of the numbers that belong to the whole paper.
ALL = "all"

#: Measured quantities that were in view when the response was chosen, and what was chosen.
NOT_INDEPENDENT = {
    "mass_resolution_mev": "the resolution of the spectrometer was chosen with this width in view",
}

Channels = Mapping[str, Mapping[str, Any]]

_NORMALISATION = (
    "normalisation_candidates",
    "normalisation_contamination",
    "normalisation_branching_fraction",
    "normalisation_acceptance_percent",
)
# The one further decay that a paper requires; printed, it stands for what the search's file has.
_FURTHER = "pi0_two_photon_branching_fraction_percent"


class Numbers:
    """The numbers of one NA62 paper by quantity and channel; it remembers which were asked for.

    `channels` is how the search counts its kaons, needed for sensitivities alone.  `used` holds the
    keys (quantity, channel) whose values entered a computation.
    """

    def __init__(self, published: PublishedNumbers, channels: Channels | None = None):
        self.published = published
        self._channels = channels or {}
        self.used: set[tuple[str, str]] = set()

    def __contains__(self, key: tuple[str, str]) -> bool:
        quantity, channel = key
        return self.published.find(quantity, channel=channel) is not None

    def number(self, quantity: str, channel: str = ALL) -> PublishedNumber:
        """Return the number; ValueError if the paper does not print it."""
        number = self.published.find(quantity, channel=channel)
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
            for number in self.published
            if number.channel == channel
            and number.quantity.startswith("background_")
            and number.quantity.endswith(suffix)
            and not number.quantity.startswith(("background_total_", "background_events"))
        ]
        self.used.update((number.quantity, channel) for number in found)
        return found

    @property
    def channels(self) -> tuple[str, ...]:
        """The signal decays of the paper: those that it sets a limit on."""
        return tuple(
            number.channel
            for number in self.published
            if number.quantity == "upper_limit_branching_fraction"
        )

    def normalisation_channel(self, channel: str) -> str:
        """Return the channel under which the normalisation decay of `channel` is printed."""
        return normalisation(self._channels, channel)["normalisation_channel"]

    def has_kaon_decays(self, channel: str) -> bool:
        """Whether the paper prints all that `kaon_decays` needs."""
        norm = self.normalisation_channel(channel)
        return all((quantity, norm) in self for quantity in _NORMALISATION)

    def has_sensitivity(self, channel: str) -> bool:
        """Whether the paper prints all that `sensitivity` needs."""
        return self.has_kaon_decays(channel) and ("signal_acceptance_percent", channel) in self

    def kaon_decays(self, channel: str) -> Estimate:
        """Return N_K of a channel from its published inputs.

        Raises ValueError if the paper does not print one of them.
        """
        norm = self.normalisation_channel(channel)
        branching_fraction = "normalisation_branching_fraction"
        return number_of_decays(
            int(self.value("normalisation_candidates", norm)),
            self.value("normalisation_contamination", norm),
            Estimate(
                self.value(branching_fraction, norm),
                external=self.uncertainty(branching_fraction, norm),
            ),
            self._acceptance("normalisation_acceptance_percent", norm),
        )

    def sensitivity(self, channel: str) -> Estimate:
        """Return the single-event sensitivity of a channel from its published inputs.

        Raises ValueError if the paper does not print one of them.
        """
        return single_event_sensitivity(
            self.kaon_decays(channel),
            self._acceptance("signal_acceptance_percent", channel),
            self._further_branching_fraction(channel),
        )

    def _acceptance(self, quantity: str, channel: str) -> Estimate:
        mean, sigma = self.value(quantity, channel), self.uncertainty(quantity, channel)
        return Estimate(mean / 100, systematic=sigma / 100)

    def _further_branching_fraction(self, channel: str) -> Estimate | None:
        """As printed, or else as the search's file has it."""
        further = normalisation(self._channels, channel).get("further_branching_fraction")
        if further is not None and (_FURTHER, channel) in self:
            return Estimate(
                self.value(_FURTHER, channel) / 100,
                external=self.uncertainty(_FURTHER, channel) / 100,
            )
        return further and Estimate(further["mean"], external=further["sigma"])


def normalisation(channels: Channels, channel: str) -> Mapping[str, Any]:
    """Return how the kaons of a channel are counted; ValueError if there is no such channel."""
    if channel not in channels:
        raise ValueError(
            f"the search has no channel {channel!r}; its channels are {', '.join(channels)}"
        )
    return channels[channel]


def counts_outside_signal(number: PublishedNumber) -> bool:
    """Tell whether a number is of the masked region without the signal's, as its note says."""
    return any(
        part.strip().startswith("outside the signal") for part in number.note.split(";")
    )


def rounding(number: PublishedNumber) -> float:
    """Half-width of what rounding to the printed digits leaves open: half a unit of the last one."""
    return 0.5 * number.resolution
