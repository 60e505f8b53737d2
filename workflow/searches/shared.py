"""Samples that several searches of one experiment simulate alike: once is enough."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator

from searches.definitions import NOMINAL
from searches.search import Paper


def share_events(papers: Iterable[Paper]) -> None:
    """Tell searches in whose folder the events of a job are that another simulates alike."""
    for _, group in itertools.groupby(
        sorted(papers, key=lambda paper: paper.experiment), lambda paper: paper.experiment
    ):
        same_experiment = list(group)
        if len(same_experiment) > 1:
            _share(same_experiment)


def _share(papers: list[Paper]) -> None:
    """The same decays, streams, detectors and variations: the first of the searches has them.

    A sample has as many events as the search needs that needs the most of it.
    """
    for owners in _alike(papers, lambda paper, sample, job: [job == NOMINAL or [paper.name, job]]):
        most = max(paper.number_of_events(sample) for paper, (sample, _) in owners)
        for paper, (sample, _) in owners:
            paper.needed_elsewhere[sample] = most
    for owners in _alike(papers, lambda paper, sample, job: [paper.number_of_events(sample, job)]):
        for paper, job in owners:
            paper.shared[job] = owners[0][0].name


def _alike(
    papers: list[Paper], tell_apart: Callable[[Paper, str, str], list]
) -> Iterator[list[tuple[Paper, tuple[str, str]]]]:
    """Jobs of several searches that simulate the same, but for what tells them apart."""
    groups: dict[str, list[tuple[Paper, tuple[str, str]]]] = {}
    for paper in papers:
        for sample, job in paper.jobs:
            events = [
                sample,
                paper.simulation_inputs(sample, job),
                paper.simulations(sample, job),
                *tell_apart(paper, sample, job),
            ]
            groups.setdefault(json.dumps(events, sort_keys=True), []).append((paper, (sample, job)))
    for owners in groups.values():
        if len({paper.name for paper, _ in owners}) > 1:
            yield owners
