"""Final states that the selection knows; every other is refused, as its efficiency would be 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from searches.besiii.definitions import IDENTIFIED_BY, PARTICLES_OF_CUTS

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch

_HADRONS, _LEPTONS = ("K", "pi"), ("e", "mu")
_KNOWN = "K+ K+, K+ pi+ or pi+ pi+ with e- e- or mu- mu-, or a conjugate"
#: What the maps of misidentification and the recasts know.
_KAONS_AND_ELECTRONS = {"K", "e"}


def problems(paper: ColliderSearch) -> Iterator[str]:
    """Final states that the selection, the samples or the backgrounds do not fit."""
    keys = paper.definition
    for channel, entry in keys.channels.items():
        where = f"channels.{channel}.final_state"
        wrong = list(_unknown(where, entry.final_state))
        yield from wrong
        if wrong:
            continue
        particles = {name[:-1] for name in entry.final_state}
        yield from _cuts_of_others(where, particles, [cut.cut for cut in keys.selection])
        yield from _other_decay(paper, channel)
        for section in ("backgrounds", "recast"):
            if getattr(keys, section) is not None and particles != _KAONS_AND_ELECTRONS:
                yield (
                    f"{section}: not known for {' '.join(entry.final_state)}, only for kaons and electrons; "
                    f"remove it{' and chi_square_scan' if section == 'backgrounds' else ''}"
                )


def _unknown(where: str, final_state: Sequence[str]) -> Iterator[str]:
    names = [f"{bare}{sign}" for bare in (*_HADRONS, *_LEPTONS) for sign in "+-"]
    if strange := [name for name in final_state if name not in names]:
        yield (
            f"{where}: {', '.join(dict.fromkeys(strange))}: the selection identifies K, pi, e and mu and would "
            f"keep no event; give {_KNOWN}"
        )
        return
    hadrons = [name for name in final_state if name[:-1] in _HADRONS]
    leptons = [name for name in final_state if name[:-1] in _LEPTONS]
    is_known = (
        len(hadrons) == len(leptons) == 2
        and len(set(leptons)) == 1
        and hadrons[0][-1] == hadrons[1][-1] != leptons[0][-1]
    )
    if not is_known:
        yield (
            f"{where}: {' '.join(final_state)}: the selection pairs two hadrons of one charge with two equal "
            f"leptons of the other; give {_KNOWN}"
        )


def _cuts_of_others(where: str, particles: set[str], cuts: Sequence[str]) -> Iterator[str]:
    """Particles that no cut identifies, and cuts that are about other particles."""
    for particle in sorted(particles):
        if IDENTIFIED_BY[particle] not in cuts:
            yield (
                f"{where}: {particle}: the selection does not identify it and would keep no event; add the cut "
                f"{IDENTIFIED_BY[particle]}"
            )
    for cut in cuts:
        if others := [name for name in PARTICLES_OF_CUTS.get(cut, ()) if name not in particles]:
            yield f"selection: {cut}: no {' and no '.join(others)} in the final state; remove the cut"


def _other_decay(paper: ColliderSearch, channel: str) -> Iterator[str]:
    """A sample for the efficiency that decays to something else."""
    entry = paper.definition.channels[channel]
    sample = paper.settings["samples"].get(entry.efficiency_sample)
    if sample is None:
        return
    found = sorted(_final_particles(sample["decay"]))
    swapped = [name.translate(str.maketrans("+-", "-+")) for name in entry.final_state]
    if found not in (sorted(entry.final_state), sorted(swapped)):
        yield (
            f"channels.{channel}.efficiency_sample: {entry.efficiency_sample} decays to {' '.join(found)}, not to "
            f"{' '.join(entry.final_state)}; fix one of the two"
        )


def _final_particles(decay: Mapping) -> Iterator[str]:
    for daughter in decay["daughters"]:
        if isinstance(daughter, Mapping):
            yield from _final_particles(daughter)
        else:
            yield daughter
