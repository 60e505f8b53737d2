"""A user's own decays: momenta and weights from LHE, HepMC3 (ASCII) or a ROOT tree.

An event must hold the channel's pion and leptons (or their antiparticles, all of them); other
particles, photons of a pi0 among them, are passed over.  Momenta are in GeV, in any frame: only
invariant masses are used.  Places of vertices are not read.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lnvsearch import particles
from lnvsearch.files import NotUtf8Error
from lnvsearch.interpretation.channels import Channel

__all__ = ["ENDINGS", "read_decays"]

ENDINGS = (".lhe", ".hepmc", ".hepmc3", ".root")
#: Branches of a ROOT tree: a list an event each, but for the weight, which may be missing.
ROOT_TREE = "Decays"
ROOT_BRANCHES = ("pdg_id", "px_gev", "py_gev", "pz_gev", "energy_gev")
_Event = tuple[float, list[tuple[int, tuple[float, ...]]]]


def read_decays(path: str | Path, channel: Channel) -> tuple[np.ndarray, np.ndarray]:
    """Momenta (n, k, 4) of the particles of the channel's pairs, in their order, and weights (n,).

    Raises ValueError, naming file, event and fix, for a file of no such kind or an event without the
    particles; OSError where there is no file.
    """
    wanted = _wanted(channel)
    momenta, weights = [], []
    for number, (weight, found) in enumerate(_events(Path(path)), start=1):
        rows = _pick(found, wanted)
        if rows is None:
            names = " ".join(channel.dalitz["daughters"][k] for k in sorted(wanted))
            raise ValueError(f"{path}, event {number}: no {names} among its final particles")
        if not np.isfinite(weight) or weight < 0.0:
            raise ValueError(
                f"{path}, event {number}: weight {weight:g}; weights must be finite and >= 0"
            )
        momenta.append(rows)
        weights.append(weight)
    if not momenta:
        raise ValueError(f"{path}: no event; the file must hold {', '.join(ENDINGS)} by its ending")
    return np.array(momenta), np.array(weights)


def _wanted(channel: Channel) -> dict[int, int]:
    """Column of a daughter -> PDG code, of the daughters in pairs."""
    columns = sorted({column for pair in channel.dalitz["pairs"] for column in pair})
    return {column: particles.pdg_id(channel.dalitz["daughters"][column]) for column in columns}


def _pick(found: list[tuple[int, tuple[float, ...]]], wanted: dict[int, int]) -> np.ndarray | None:
    """Momenta of the wanted particles, or of all their antiparticles; None if one is missing."""
    for sign in (1, -1):
        free, rows = list(found), []
        for code in wanted.values():
            match = next((entry for entry in free if entry[0] == sign * code), None)
            if match is None:
                break
            free.remove(match)
            rows.append(match[1])
        else:
            return np.array(rows)
    return None


def _events(path: Path) -> Iterator[_Event]:
    name = path.name.removesuffix(".gz")
    if name.endswith(".root"):
        return _root(path)
    if not name.endswith(ENDINGS):
        raise ValueError(
            f"{path}: events are read from {', '.join(ENDINGS)}, the first two also as .gz"
        )
    return (_lhe if name.endswith(".lhe") else _hepmc)(path)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
    try:
        with opened as stream:
            yield from enumerate(stream, start=1)
    except UnicodeDecodeError as error:
        raise NotUtf8Error(f"{path}: ") from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: not a whole text file ({error})") from error


def _numbers(path: Path, line: int, cells: Sequence[str], kinds: Sequence[type]) -> list:
    """The cells as numbers; ValueError that names file and line."""
    try:
        return [kind(cell) for kind, cell in zip(kinds, cells, strict=True)]
    except ValueError:
        raise ValueError(
            f"{path}, line {line}: not the numbers of an event: {' '.join(cells)}"
        ) from None


def _lhe(path: Path) -> Iterator[_Event]:
    """Les Houches events (J. Alwall et al., Comput. Phys. Commun. 176 (2007) 300)."""
    block: list[tuple[int, list[str]]] | None = None
    for line, text in _lines(path):
        word = text.strip()
        if word.startswith("<event"):
            block = []
        elif word.startswith("</event"):
            yield _lhe_event(path, block or [], line)
            block = None
        elif block is not None and word and word[0] not in "#<":
            block.append((line, word.split()))
    if block is not None:
        raise ValueError(f"{path}: the last event has no end; the file is not whole")


def _lhe_event(path: Path, block: list[tuple[int, list[str]]], end: int) -> _Event:
    if not block:
        raise ValueError(f"{path}, line {end}: an event without a line")
    (line, header), *rows = block
    n, _, weight = _numbers(path, line, header[:3], (int, int, float))
    found = []
    for line, cells in rows[:n]:
        pdg, status = _numbers(path, line, cells[:2], (int, int))
        if status == 1:
            found.append((pdg, tuple(_numbers(path, line, cells[6:10], (float,) * 4))))
    return weight, found


def _hepmc(path: Path) -> Iterator[_Event]:
    """HepMC3's ASCII format (A. Buckley et al., Comput. Phys. Commun. 260 (2021) 107310)."""
    scale, weight = 1.0, 1.0
    found: list[tuple[int, tuple[float, ...]]] | None = None
    for line, text in _lines(path):
        cells = text.split()
        kind = cells[0] if cells else ""
        if kind == "E" or "END_EVENT_LISTING" in text:
            if found is not None:
                yield weight, found
            weight, found = 1.0, [] if kind == "E" else None
        elif kind == "U":
            scale = 1e-3 if cells[1:2] == ["MEV"] else 1.0
        elif kind == "W" and found is not None and len(cells) > 1:
            (weight,) = _numbers(path, line, cells[1:2], (float,))
        elif kind == "P" and found is not None:
            (pdg,) = _numbers(path, line, cells[3:4], (int,))
            *momentum, _, status = _numbers(path, line, cells[4:10], (float,) * 5 + (int,))
            if status == 1:
                found.append((pdg, tuple(scale * value for value in momentum)))
    if found is not None:
        raise ValueError(f"{path}: no END_EVENT_LISTING behind the last event; the file is not whole")


def _root(path: Path) -> Iterator[_Event]:
    from lnvsearch.event_files import open_event_file

    with open_event_file(path) as file:
        if ROOT_TREE not in file:
            raise ValueError(
                f"{path}: no tree {ROOT_TREE!r} with {', '.join(ROOT_BRANCHES)} and weight"
            )
        tree = file[ROOT_TREE]
        missing = [name for name in ROOT_BRANCHES if name not in tree]
        if missing:
            raise ValueError(f"{path}: tree {ROOT_TREE} has no branch {missing[0]}")
        columns = tree.arrays(ROOT_BRANCHES, library="np")
        weights = (
            tree["weight"].array(library="np") if "weight" in tree else np.ones(tree.num_entries)
        )
    for i, weight in enumerate(weights):
        rows = zip(*(columns[name][i] for name in ROOT_BRANCHES[1:]), strict=True)
        codes = columns["pdg_id"][i]
        yield (
            float(weight),
            [(int(c), tuple(map(float, r))) for c, r in zip(codes, rows, strict=True)],
        )
