"""What another edition's branching fractions would change of a search for a kaon decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lnvsearch.experiments.na62.publication.numbers import Channels, normalisation
from lnvsearch.experiments.na62.publication.tables.background import process_background, process_of
from lnvsearch.publication import branching_fractions as shared
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, text_table

__all__ = ["branching_fractions"]

#: Decay with which kaons are counted (lnvsearch.generation.kaon) -> the PDG's name.
_NORMALISATION = {"pi_ee_sm": "S010.15", "pi_mumu_sm": "S010.16"}
#: In no nominal sample: radiative Ke3 in the angles of the PDG's entry is a hypothesis.
_RADIATIVE_KE3 = "S010.18"


def branching_fractions(
    published: PublishedNumbers,
    pdg: Table,
    other_fractions: Table,
    background: Mapping[str, Table],
    limits: Mapping[str, Sequence[Mapping]],
    channels: Channels,
) -> dict[str, list[str]]:
    """Return where another source has another number, and what it would make of the limit.

    The paper's own branching fraction of the normalisation decay is in use.  The limit is
    proportional to it, and the number of kaon decays, with which backgrounds scale, to its inverse;
    the background of the normalisation decay itself stays.
    """
    lines = []
    for channel, table in background.items():
        counted = normalisation(channels, channel)
        number = published.find(
            "normalisation_branching_fraction", channel=counted["normalisation_channel"]
        )
        name = _NORMALISATION.get(counted["normalisation_mode"])
        if number is None or not number.legible or name is None:
            continue
        stated = {name: shared.Fraction(number.value, number.uncertainty or 0.0, "the paper")}
        for difference in shared.differences([name], pdg, other_fractions, stated):
            for record in limits[channel]:
                if _is_nominal(record):
                    process = process_of(counted["normalisation_sample"])
                    own = process_background(table, process, "lnv", "signal")
                    kept = 0.0 if own is None or own.is_empty else own.events
                    changed = kept + (record["background"] - kept) / difference.ratio
                    ratio = difference.ratio * shared.limit_ratio(record, changed)
                    lines.append(shared.line(
                        channel, difference, record["background"], changed, ratio - 1,
                        "normalisation decay",
                    ))
        if process_background(table, "ke3_dalitz_gamma", "lnv", "signal") is not None:
            lines += [
                shared.line(channel, difference, note=(
                    "only where radiative Ke3 is taken in the angles of the PDG, a hypothesis: that "
                    "background scales with it, no limit does"
                ))
                for difference in shared.differences([_RADIATIVE_KE3], pdg, other_fractions, {})
            ]
    return text_table(lines, shared.COLUMNS)


def _is_nominal(record: Mapping) -> bool:
    """Of the simulated limits by the paper's method: nominal, by the first prior of the file."""
    wanted = (record["kind"], record["variant"]) == ("simulated", "nominal")
    return wanted and record["is_paper_method"] and record["prior"] in ("posterior-gamma", None)
