"""How the tables of a search are printed: labels of its file, captions, and the note of few events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lnvsearch.publication.labels import decay_label
from lnvsearch.statistics.methods import DISPLAY_NAMES
from searches.pages import title_of
from searches.publication import labels, small_statistics

if TYPE_CHECKING:
    from searches.search import Paper

#: Column -> key -> label, see `lnvsearch.publication.words`.
Words = dict[str, dict[str, str]]

_YES_NO = {"true": "yes", "false": "no"}
#: Columns with keys of the files: one must find them there, so they stay as they are.
_KEYS = ("number", "value", "varied_to")


def printing(paper: Paper, name: str, *, from_events: bool = True) -> dict[str, object]:
    """What a table is printed with: `words`, `caption`, `label`, and the `note` of few events.

    Without `from_events` there is none: the table comes from no simulated events.
    """
    title = title_of("tables", paper, name, paper.settings["tables"].get(name, name))
    words = title.partition(": ")[2] if name[-1:].isdigit() and ": " in title else title
    printed = f" (Table {name[-1]} of the paper)" if words != title else ""
    return {
        "words": words_of(paper),
        "caption": f"{words}{printed}. {paper.settings['title']}",
        "label": f"{paper.name}-{name}",
        "note": small_statistics(paper) if from_events else "",
    }


def printing_of_combination(name: str) -> dict[str, object]:
    """The same of a combination of limits."""
    return {
        "words": {"combination": {}},
        "caption": f"Combined upper limits: {name.replace('_', ' ')}",
        "label": f"combination-{name}",
    }


def words_of(paper: Paper) -> Words:
    """Labels of channels, samples and systematic sources, as the search's file has them."""
    decays = sample_labels(paper)
    processes = {
        name.removeprefix("bkg_").removeprefix("control_"): label
        for name, label in decays.items() if name.startswith(("bkg_", "control_"))
    }  # fmt: skip
    return {
        **{column: {} for column in _KEYS},
        "channel": labels(paper),
        "sample": decays,
        "process": processes,
        "source": source_labels(paper),
        "method": dict(DISPLAY_NAMES),
        "in_total": _YES_NO,
        "paper_method": _YES_NO,
        # In a text; a word without an underscore may mean something else there.
        "*": {name: text for name, text in (decays | processes).items() if "_" in name},
        "headline": _regions(processes),
    }


def _regions(processes: Mapping[str, str]) -> dict[str, str]:
    """Headlines of a background in a region: `ke4, signal region`."""
    return {
        f"{name}, {region} region": f"{label}, {region} region"
        for name, label in processes.items()
        for region in ("signal", "masked", "control", "lower", "upper")
    }


def source_labels(paper: Paper) -> dict[str, str]:
    """Systematic source -> how it is called."""
    sources: Iterable[Mapping] = paper.settings.get("systematics") or ()
    found = {row["source"]: row["label"] for row in sources if row.get("label")}
    return found | ({"total": "total"} if found else {})


def sample_labels(paper: Paper) -> dict[str, str]:
    """Sample -> its own label, or that of its decay."""
    found = {}
    for name, sample in paper.samples.items():
        label = _sample_label(paper, sample)
        if label:
            found[name] = label
    return found


def _sample_label(paper: Paper, sample: object) -> str | None:
    """The label of an entry of `samples`, or of an experiment's own kind of sample."""
    entry = sample if isinstance(sample, Mapping) else vars(sample)
    label = entry.get("label") or paper.label_of_mode(entry)
    if label:
        return label
    decay = entry.get("decay")
    if isinstance(decay, Mapping) and "daughters" in decay:
        mass = entry.get("mass_gev")
        return _decay(decay) + (f", {mass:.3f} GeV" if mass else "")
    return None


def _decay(decay: Mapping) -> str:
    """A decay, with those of its daughters."""
    daughters = [d if isinstance(d, Mapping) else {"name": d} for d in decay["daughters"]]
    text = decay_label(decay["parent"], [str(daughter["name"]) for daughter in daughters])
    further = {
        str(d["name"]): _decay({"parent": str(d["name"]), "daughters": d["daughters"]})
        for d in daughters if d.get("daughters")
    }  # fmt: skip
    return ", ".join([text, *further.values()])
