"""The frozen analysis: the manifest with which a user's data are opened, and who looked when.

`snakemake freeze` writes a manifest for each search, hashes of all that its result on data depends
on, to be committed.  Closed regions open only while the analysis is the manifest's; while they are closed,
they are not narrower than the manifest's.  What was frozen, opened and closed, and with which closed
windows data were read, stands line by line in a log that is only ever added to; each line holds the hash
of the one before, so that a line that is changed or missing shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import packages
from searches.reading import read_yaml

from lnvsearch.files import written_whole

#: Below the working directory; both kinds of files are to be committed.
FOLDER = Path("config/frozen")
LOG = FOLDER / "openings.jsonl"
_KEYS = {"time", "search", "event", "regions", "manifest", "data", "before"}
#: Held by who writes the log; no file to be committed.
_LOCK = Path(".snakemake/openings.lock")
#: Keys of a search's file that change how results look, and none of them.
_LOOKS = frozenset({"paper", "title", "tables", "figures", "companion"})
#: What a line of the log says of a manifest: the second of one that was there without a line of its own.
_FROZEN = ("frozen", "frozen again")
#: Of data that were read while closed: with other closed windows than before, and with narrower ones.
_LOOKED, _NARROWED = "looked", "narrowed"
#: The part of a manifest with the windows themselves, not with a hash.
_CLOSED = "closed regions"
#: Closed windows in mass (GeV) by `channel/selection`.
Windows = Mapping[str, Sequence[Sequence[float]]]


class FrozenError(ValueError):
    """A log of openings that cannot be trusted; the message names file, line and fix."""


def manifest_file(name: str) -> Path:
    """The manifest of a search."""
    return FOLDER / f"{name}.json"


def _read_manifest(file: Path) -> dict[str, str]:
    """The parts of a manifest; none of one that is missing or no manifest."""
    try:
        parts = json.loads(file.read_text(encoding="utf-8"))["parts"]
        return {str(name): str(value) for name, value in parts.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def parts(search, code) -> dict[str, str]:
    """What the search's result on data depends on, by part: hashes, versions of packages, closed windows.

    Every file that is read beside the search's own and the detector's is a part with its name.
    `search`: a `Paper`; `code`: the `ProjectCode` that tells which modules its jobs reach.
    """
    selection, regions = search.selection_and_regions()
    settings = {name: value for name, value in search.settings.items() if name not in _LOOKS}
    systematics = {name: settings.pop(name, None) for name in ("systematics", "variations")}
    settings.pop("selection", None)
    channels = settings.pop("channels")
    rest = {name: {k: v for k, v in entry.items() if k != "selections"}
            for name, entry in channels.items()}  # fmt: skip
    return {
        "selection": _hash(selection),
        "regions": _hash(regions),
        _CLOSED: json.dumps(search.closed_windows()),
        "normalisation": _hash(search.own_numbers()),
        "own events": _hash(_own_events(search)),
        "systematics": _hash(systematics),
        "samples and limits": _hash([settings, rest, search.config["confidence_level"], list(search.runs())]),
        "combinations": _hash(_combinations(search)),
        "detector": _hash(search.detector),
        **{name: _content(path) for name, path in search.files_read().items()},
        "library": _hash(list(_fingerprints(search, code))),
        "packages": " ".join(f"{name}=={version}" for name, version in packages.versions().items()),
    }


def _own_events(search) -> dict:
    """What the user's files are called inside, and what those hold that only give the background.

    The file that is opened is none of it: the log has its hash.
    """
    chosen = search.config["data"].get(search.name, {})
    files = [digest(entry["file"]) for entry in chosen.get("off_resonance", ())]
    return {"tree": search.data_tree, "branches": dict(search.data_branches), "off_resonance": files}


def _combinations(search) -> dict:
    """The combinations that a search takes part in, without their titles."""
    return {
        name: {key: value for key, value in entry.items() if key != "title"}
        for name, entry in search.config["combinations"].items()
        if any(part["paper"] == search.name for part in entry["parts"].values())
    }


def _changed(now: Mapping[str, str], frozen: Mapping[str, str]) -> list[str]:
    """Names of the parts that are not the frozen ones; packages with their versions.

    A part that the manifest does not have is `new`: a file that was not read before, or a part that the
    version that wrote the manifest did not know.
    """
    notes = {part: "" for part in now} | {part: " (new)" for part in now.keys() - frozen.keys()}
    notes |= {part: " (not read now)" for part in frozen if part not in now}
    if "packages" in now:
        notes["packages"] = f" ({_other_versions(now['packages'], frozen.get('packages', ''))})"
    return [f"{part}{note}" for part, note in notes.items() if now.get(part) != frozen.get(part)]


def _other_versions(now: str, frozen: str) -> str:
    here, there = (dict(entry.partition("==")[::2] for entry in text.split()) for text in (now, frozen))
    return ", ".join(
        f"{name} {here.get(name, 'none')}, not {there.get(name, 'none')}"
        for name in sorted(here.keys() | there.keys()) if here.get(name) != there.get(name)
    )  # fmt: skip


def _content(path: Path) -> str:
    """Hash of what a file says: comments of a YAML file do not count."""
    return _hash(read_yaml(path)) if path.suffix == ".yaml" else digest(path)


def _hash(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _fingerprints(search, code) -> Iterator[str]:
    experiment = f"lnvsearch.experiments.{search.experiment}"
    functions = ("simulate_sample", "select_sample", "tabulate_sample")
    yield code.fingerprint("select_data", f"{experiment}.select_data")
    yield code.fingerprint("select_sample", *(f"{experiment}.{name}" for name in functions))
    for script in ("collect_channel", "set_limits", "scan_limits"):
        yield code.fingerprint(script)
    yield code.fingerprint("combine_limits")
    for step in sorted(search.steps):
        yield code.fingerprint("run_step", f"{experiment}.{step}")


def digest(path: str | Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --------------------------------------------------------------------------------- may it be opened


def problems(search, code) -> Iterator[str]:
    """Why the data of a search cannot be opened now, or not be read while closed: `key: problem; fix` each."""
    if search.data_file is None:
        return
    if not search.opened:
        yield from _narrower_than_frozen(search)
        return
    key, file = f"data.{search.name}.unblind", manifest_file(search.name)
    freeze = "freeze the analysis (`snakemake freeze`) and commit it, or close the data (false)"
    frozen = _read_manifest(file)
    if not frozen:
        yield f"{key}: {file}: no such manifest, or not a whole one; {freeze}"
        return
    now = parts(search, code)
    changed = _changed(now, frozen)
    if changed:
        yield (
            f"{key}: the analysis differs from the frozen one ({file}): another {', '.join(changed)}; go "
            f"back to what was frozen, or {freeze}"
        )
        return
    try:
        seen = _of_manifest(search.name)
    except FrozenError as error:
        yield str(error)
        return
    if not seen:
        yield f"{key}: {_without_line(file)}"
    elif search.opens_masked_first and "signal" in search.opened:
        if not any(e["event"] == "opened" and "masked" in e["regions"] for e in seen):
            yield (
                f"{key}: the masked region comes before the signal's, and was not opened with this "
                f"manifest; run once with data.{search.name}.open: masked, or set masked_first: false"
            )


def _narrower_than_frozen(search) -> Iterator[str]:
    """What the manifest keeps closed, if there is one, and these settings would show without an opening."""
    file = manifest_file(search.name)
    try:
        shown = _shown(json.loads(_read_manifest(file).get(_CLOSED, "{}")), search.closed_windows())
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        yield f"{file}: {_CLOSED}: no windows; restore the committed file, or freeze the analysis (`snakemake freeze`)"
        return
    if shown:
        yield (
            f"{search.file}: closed windows in mass: narrower than the frozen ones ({file}), without "
            f"{' '.join(_in_words(shown))} GeV; widen them again, or freeze the analysis (`snakemake freeze`) "
            "and commit it"
        )


def _shown(before: Windows, now: Windows) -> Windows:
    """What of windows that were closed is closed no longer."""
    from lnvsearch.selection.mass_regions import without

    left = {
        place: without(windows, now[place]) if now.get(place) else windows
        for place, windows in before.items() if windows
    }  # fmt: skip
    return {place: windows for place, windows in left.items() if windows}


def _in_words(windows: Windows) -> list[str]:
    """`kkee/lnv:3.07-3.12` each, `none` of a selection without windows."""
    return [
        f"{place}:{word}" for place, several in windows.items()
        for word in [f"{low:g}-{high:g}" for low, high in several] or ["none"]
    ]  # fmt: skip


def _without_line(file: Path) -> str:
    return (
        f"{LOG} has no line that {file} was frozen; restore the committed log, or note that it is lost "
        "(`snakemake freeze`)"
    )


# ------------------------------------------------------------------------------------------ the log


def events(name: str | None = None) -> list[dict]:
    """The lines of the log, in order; those of one search.  Raises FrozenError for a broken log."""
    found, before = [], ""
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines() if LOG.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
            is_next = event["before"] == before and _KEYS <= event.keys()
            is_next = is_next and isinstance(event.get("closed", {}), dict)
        except (ValueError, KeyError, TypeError, RecursionError):
            is_next = False
        if not is_next:
            raise FrozenError(
                f"{LOG}: line {number} does not follow the one before it: the log was edited; restore "
                "the committed one"
            )
        found.append(event)
        before = _hash(line)[:16]
    return [event for event in found if name in (None, event["search"])]


def _of_manifest(name: str) -> list[dict]:
    """The lines of a search's present manifest, from the first that says that it was frozen."""
    lines = [event for event in events(name) if event["manifest"] == digest(manifest_file(name))]
    begin = [i for i, event in enumerate(lines) if event["event"] in _FROZEN]
    return lines[begin[0]:] if begin else []


def log_event(
    name: str, event: str, regions: list[str], manifest: str, data: str = "", **further: Windows
) -> None:
    """Add a line to the log: what happened, to which regions of a search, with which manifest.

    `data`: hash of the user's file.  Raises FrozenError for a log that was edited.
    """
    with _alone():
        events()
        text = LOG.read_text(encoding="utf-8") if LOG.exists() else ""
        lines = text.splitlines()
        line = json.dumps({
            "time": datetime.now(UTC).isoformat(timespec="seconds"), "search": name, "event": event,
            "regions": regions, "manifest": manifest, "data": data,
            "before": _hash(lines[-1])[:16] if lines else "", **further,
        })  # fmt: skip
        # As a whole: where the disk is full, or the job is killed, the log is as before.
        with written_whole(LOG) as temporary:
            temporary.write_text("".join(f"{each}\n" for each in (*lines, line)), encoding="utf-8")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Searches that are opened at the same time write one after the other: each line holds the one before."""
    import fcntl

    _LOCK.parent.mkdir(exist_ok=True)
    with open(_LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def freeze(searches: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Write manifests, `searches`: parts by name; what changed of each, as text."""
    for name, now in searches.items():
        file = manifest_file(name)
        text = json.dumps({"search": name, "parts": now}, indent=2) + "\n"
        if file.is_file() and file.read_bytes() == text.encode():
            if _of_manifest(name):
                yield f"{file}: as frozen before"
            else:
                log_event(name, _FROZEN[1], [], digest(file))
                yield f"{file}: as frozen before, but {LOG} did not say so: it does now, from today; commit it"
            continue
        old = _read_manifest(file)
        changed = _changed(now, old) if old else now
        with written_whole(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        log_event(name, "frozen", [], digest(file))
        yield f"{file}: frozen anew ({', '.join(changed)}); commit it with {LOG}"


def open_or_close(name: str, opened: list[str], data: str, closed: Windows) -> None:
    """Note in the log, before data are read, that regions are opened, closed again, or closed otherwise.

    `closed`: the windows that are closed where nothing is opened.  Raises FrozenError for a log that was
    edited, or in which the manifest was not frozen before.
    """
    before = [event for event in events(name) if event["event"] not in _FROZEN]
    if opened:
        if not _of_manifest(name):
            raise FrozenError(_without_line(manifest_file(name)))
        log_event(name, "opened", opened, digest(manifest_file(name)), digest(data))
        return
    if before and before[-1]["event"] == "opened":
        log_event(name, "closed", before[-1]["regions"], before[-1]["manifest"])
    known = [event["closed"] for event in before if "closed" in event]
    if not known or known[-1] != closed:
        open_anew = {place for place, windows in closed.items() if not windows and known} - set().union(*known)
        event = _NARROWED if open_anew or any(_shown(one, closed) for one in known) else _LOOKED
        file = manifest_file(name)
        manifest = digest(file) if file.is_file() else ""
        log_event(name, event, _in_words(closed), manifest, digest(data), closed=closed)


def history(name: str) -> dict[str, list]:
    """The log of a search as a table, for the report, without data that were read while closed as before."""
    columns = ("time", "event", "regions", "manifest", "data")
    told = [event for event in events(name) if event["event"] != _LOOKED]
    rows = [{**event, "regions": " ".join(event["regions"])} for event in told]
    return {column: [row[column] for row in rows] for column in columns}
