"""What all NA62 spectra share: the style of each process, and the regions of mass."""

from __future__ import annotations

from dataclasses import dataclass

from lnvsearch import particles
from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.tables.background import process_of
from lnvsearch.publication.figures.style import COLOURS

__all__ = ["Regions", "Style", "printed_regions", "style_of"]

Window = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """How one process is drawn in every panel: colour, lightness and hatch tell it apart."""

    colour: str
    hatch: str


_NORMALISATION = Style("white", "")
# By the beginning of a background's process; the longest that fits counts.
_STYLES = {
    "k3pi": Style(COLOURS["sky"], ""),
    "k3pi_no_decay": Style(COLOURS["sky"], ""),
    "k3pi_one_decay": Style("#9AD0F0", "////"),
    "k3pi_downstream": Style(COLOURS["blue"], ""),
    "k3pi_upstream": Style("#8FB8D8", "xxxx"),
    "ke4": Style(COLOURS["orange"], "\\\\\\\\"),
    "kmu4": Style("#F2D38A", "...."),
    "pipi0_dalitz": Style(COLOURS["green"], "...."),
    "pipi0_dalitz_gamma": Style(COLOURS["green"], "...."),
    "pipi0_dalitz_gamma_soft": Style("#7CCDB4", "----"),
    "pipi0_double_dalitz": Style("#B5E0D2", "++++"),
    "pipi0_ee_direct": Style("#7CCDB4", "----"),
    "pipi0pi0_dalitz": Style("#B5E0D2", "++++"),
    "pipi0e": Style("#E6E6E6", "----"),
    "ke3_dalitz": Style(COLOURS["purple"], ""),
    "eeenu": Style(COLOURS["vermilion"], "xxxx"),
    "mumumunu": Style(COLOURS["vermilion"], "xxxx"),
    "kmu3_dalitz": Style("#E3B7CE", "||||"),
}
_UNKNOWN = Style(COLOURS["grey"], "oo")


def style_of(sample: str, role: str) -> Style:
    """Return the style of a sample, `bkg_k3pi`, for its process; one style for all unknown."""
    if role == "normalisation":
        return _NORMALISATION
    name = process_of(sample)
    fitting = [start for start in _STYLES if name.startswith(start)]
    return _STYLES[max(fitting, key=len)] if fitting else _UNKNOWN


@dataclass(frozen=True)
class Regions:
    """Mass regions of one selection (GeV): the Standard-Model signal's, the masked, the signal's.

    None where a selection has none: it is not marked.
    """

    normalisation: Window | None
    masked: Window | None
    signal: Window | None


def printed_regions(numbers: Numbers, channel: str) -> Regions:
    """Return the regions that a paper prints for a channel, None where it prints none.

    The paper on the 2017 data gives the signal region as the kaon's mass and so many resolutions;
    the later one prints all ends.
    """

    def ends(name: str, of: str) -> Window | None:
        low, high = (
            numbers.published.legible_value(f"{name}_region_{end}_mev", channel=of)
            for end in ("low", "high")
        )
        return None if low is None or high is None else (1e-3 * low, 1e-3 * high)

    find = numbers.published.legible_value
    signal = ends("signal", channel)
    half = find("signal_region_half_width_in_resolutions", channel="all")
    resolution = find("mass_resolution_mev", channel=channel)
    if signal is None and half is not None and resolution is not None:
        kaon = particles.mass_gev("K+")
        signal = (kaon - 1e-3 * half * resolution, kaon + 1e-3 * half * resolution)
    norm = numbers.normalisation_channel(channel)
    return Regions(ends("normalisation", norm), ends("masked", channel), signal)
