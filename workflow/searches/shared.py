"""Samples that several searches of one experiment simulate alike: once is enough."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable

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
    """The same decays, streams, detectors and variations: the first of the searches has them."""
    alike: dict[str, list[tuple[Paper, tuple[str, str]]]] = {}
    for paper in papers:
        for sample, job in paper.jobs:
            events = [
                sample,
                paper.number_of_events(sample, job),
                paper.simulation_inputs(sample, job),
                paper.simulations(sample, job),
            ]
            key = json.dumps(events, sort_keys=True)
            alike.setdefault(key, []).append((paper, (sample, job)))
    for owners in alike.values():
        if len({paper.name for paper, _ in owners}) > 1:
            for paper, job in owners:
                paper.shared[job] = owners[0][0].name
