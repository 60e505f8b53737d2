"""What all NA62 spectra share: the look of each process, and the mass regions of the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lnvsearch import particles
from lnvsearch.publication.figures.style import COLOURS
from lnvsearch.publication.published import PublishedNumbers

__all__ = [
    "CHANNEL_LABELS",
    "Look",
    "Regions",
    "channel_label",
    "look_of",
    "particle_label",
    "regions_of",
]

#: The signal decays as text for matplotlib.
CHANNEL_LABELS = {
    "piee": r"$K^+\to\pi^-e^+e^+$",
    "pimumu": r"$K^+\to\pi^-\mu^+\mu^+$",
    "pipi0ee": r"$K^+\to\pi^-\pi^0e^+e^+$",
}


_PARTICLE_LABELS = {
    "pi+": r"\pi^+", "pi-": r"\pi^-", "pi0": r"\pi^0", "e+": "e^+", "e-": "e^-",
    "mu+": r"\mu^+", "mu-": r"\mu^-",
}


def particle_label(name: str) -> str:
    """Return the name of a particle as text for matplotlib's mathematics, without dollars."""
    return _PARTICLE_LABELS.get(name, rf"\mathrm{{{name}}}")


def channel_label(channel: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the signal decay of a channel: as given, as in the papers, or the channel's name."""
    return (labels or {}).get(channel) or CHANNEL_LABELS.get(channel, channel)


@dataclass(frozen=True)
class Look:
    """How one process is drawn in every panel: colour, lightness and hatch tell it apart."""

    colour: str
    hatch: str


# By the beginning of the sample's name after `bkg_` or `norm_`; the longest that fits counts.
_LOOKS = {
    "k3pi": Look(COLOURS["sky"], ""),
    "k3pi_no_decay": Look(COLOURS["sky"], ""),
    "k3pi_one_decay": Look("#9AD0F0", "////"),
    "k3pi_downstream": Look(COLOURS["blue"], ""),
    "k3pi_upstream": Look("#8FB8D8", "xxxx"),
    "ke4": Look(COLOURS["orange"], "\\\\\\\\"),
    "kmu4": Look("#F2D38A", "...."),
    "pipi0_dalitz": Look(COLOURS["green"], "...."),
    "pipi0_dalitz_gamma": Look(COLOURS["green"], "...."),
    "pipi0_dalitz_gamma_soft": Look("#7CCDB4", "----"),
    "pipi0_double_dalitz": Look("#B5E0D2", "++++"),
    "pipi0_ee_direct": Look("#7CCDB4", "----"),
    "pipi0pi0_dalitz": Look("#B5E0D2", "++++"),
    "pipi0ee": Look("#E6E6E6", "----"),
    "ke3_dalitz": Look(COLOURS["purple"], ""),
    "eeenu": Look(COLOURS["vermilion"], "xxxx"),
    "mumumunu": Look(COLOURS["vermilion"], "xxxx"),
    "kmu3_dalitz": Look("#E3B7CE", "||||"),
    "pimumu": Look("white", ""),
    "piee": Look("white", ""),
}
_UNKNOWN = Look(COLOURS["grey"], "oo")


def look_of(sample: str) -> Look:
    """Return the look of a sample, `bkg_k3pi` or `norm_piee`; one look for all unknown."""
    name = sample.removeprefix("bkg_").removeprefix("norm_")
    fitting = [start for start in _LOOKS if name.startswith(start)]
    return _LOOKS[max(fitting, key=len)] if fitting else _UNKNOWN


@dataclass(frozen=True)
class Regions:
    """Mass regions of one channel (GeV): the Standard-Model signal's, the masked, the signal's.

    None where a selection has none: it is not marked.
    """

    normalisation: tuple[float, float] | None
    masked: tuple[float, float] | None
    signal: tuple[float, float] | None


def regions_of(published: PublishedNumbers, channel: str) -> Regions:
    """Return the regions that a paper prints for a channel.

    The paper on the 2017 data masks the region of the Standard-Model decay and gives the signal
    region as the kaon's mass and so many resolutions; the later one prints all ends.  Where a
    channel has no normalisation decay of its own, that of `piee` stands in.
    """

    def ends(name: str, of: str) -> tuple[float, float] | None:
        low, high = (
            published.legible_value(f"{name}_region_{end}_mev", channel=of)
            for end in ("low", "high")
        )
        return None if low is None or high is None else (1e-3 * low, 1e-3 * high)

    normalisation = ends("normalisation", channel) or ends("normalisation", "piee")
    signal = ends("signal", channel)
    if signal is None:
        half = published.value("signal_region_half_width_in_resolutions", channel="all")
        half *= 1e-3 * published.value("mass_resolution_mev", channel=channel)
        kaon = particles.mass_gev("K+")
        signal = (kaon - half, kaon + half)
    masked = ends("masked", channel)
    if masked is None:
        masked = signal if channel == "pipi0ee" else normalisation
    return Regions(normalisation, masked, signal)
