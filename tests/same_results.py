"""Whether two runs have the same results; where they do not, what differs, and where both are kept."""

import json
import os
import re
import shutil
import tempfile
import zlib
from itertools import zip_longest
from pathlib import Path

#: Both sides of a difference are copied into a folder of its own in here, with the logs of their jobs.
KEPT = Path(os.environ.get("LNVSEARCH_DIFFERENCES") or Path(tempfile.gettempdir()) / "lnvsearch_differences")
MOST_FILES, MOST_LINES, MOST_LETTERS = 6, 6, 160
NOT_THERE = "(nothing)"


def results_of(folder):
    """All results but logs and the hidden files that a kill leaves."""
    return {
        path.relative_to(folder)
        for path in (folder / "results").rglob("*")
        if path.is_file() and "logs" not in path.parts and not path.name.startswith(".")
    }


def assert_equal(one, other):
    """The same files, byte for byte; else the message says what differs first, and where to look."""
    there, here = results_of(one), results_of(other)
    different = sorted(path for path in there & here if (one / path).read_bytes() != (other / path).read_bytes())
    if there == here and not different:
        return
    told = [f"only in {folder}: {', '.join(map(str, sorted(some)))}"
            for folder, some in ((one, there - here), (other, here - there)) if some]  # fmt: skip
    for path in different[:MOST_FILES]:
        told += [f"{path}:", *(f"  {line}" for line in difference(one / path, other / path))]
    told += [f"{path}: differs, too" for path in different[MOST_FILES:]]
    kept = new_folder()
    for side, folder in (("one", one), ("other", other)):
        keep(folder, {*different, *(there ^ here), *logs_of(folder)}, kept / side)
    raise AssertionError("\n".join([f"{one} (one) and {other} (other) differ; both kept in {kept}", *told]))


def assert_same_file(one, other):
    """Two files are the same, byte for byte; else as `assert_equal`."""
    if one.read_bytes() != other.read_bytes():
        kept = new_folder()
        for side, path in (("one", one), ("other", other)):
            keep(path.parent, [path.name], kept / side)
        told = "\n".join(difference(one, other))
        raise AssertionError(f"{one} (one) and {other} (other) differ; both kept in {kept}\n{told}")


def new_folder():
    KEPT.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=KEPT))


def logs_of(folder):
    """The logs of the jobs, of Snakemake and of the cluster."""
    found = [*folder.glob("results/**/logs/**/*.log"), *folder.glob(".snakemake/*log*/**/*.log"), folder / "log"]
    return [path.relative_to(folder) for path in found]


def keep(folder, paths, place):
    for path in paths:
        if (folder / path).is_file():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / path, place / path)


# ------------------------------------------------------------------------------------- what differs


def difference(one, other):
    """What differs first between two files that are not the same, in a few lines."""
    there, here = one.read_bytes(), other.read_bytes()
    told = list(_BY_KIND.get(one.suffix, _no_more)(one, other))
    if not told and _is_text(there) and _is_text(here):
        told = _entries(enumerate(there.splitlines(), 1), enumerate(here.splitlines(), 1), "line {}")
    if not told or told[0].startswith("same"):
        told += [_first_byte(there, here)]
    return [*(line[:MOST_LETTERS] for line in told[:MOST_LINES]), *_rest(told)]


def _rest(told):
    return [f"and {len(told) - MOST_LINES} more"] if len(told) > MOST_LINES else []


def _no_more(one, other):
    return ()


def _is_text(content):
    return b"\0" not in content and content.decode(errors="replace").count("�") == 0


def _entries(there, here, words):
    """Lines about the entries, by their names, that are not the same in both."""
    there, here = dict(there), dict(here)
    return [
        f"{words.format(name)}: {there.get(name, NOT_THERE)!s:.70} | {here.get(name, NOT_THERE)!s:.70}"
        for name in {**there, **here} if there.get(name, NOT_THERE) != here.get(name, NOT_THERE)
    ]  # fmt: skip


def _first_byte(there, here):
    at = next(i for i, (a, b) in enumerate(zip_longest(there, here)) if a != b)
    window = slice(max(at - 8, 0), at + 24)
    return f"byte {at} of {len(there)} and {len(here)}: {there[window]!r} | {here[window]!r}"


def _json(one, other):
    try:
        contents = [dict(_leaves(json.loads(path.read_text("utf-8")))) for path in (one, other)]
    except ValueError:
        return ["not whole JSON on both sides"]
    return _entries(*contents, "{}") or ["same content, in another order or form"]


def _leaves(content, name=""):
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in parts:
        yield from _leaves(value, f"{name}.{key}" if name else str(key))
    if not parts:
        yield name, repr(content)


def _root(one, other):
    import uproot

    try:
        with uproot.open(one) as there, uproot.open(other) as here:
            return list(_trees(there, here)) or ["same trees and texts"]
    except Exception as error:  # uproot raises many types for what is damaged
        return [f"not two whole ROOT files ({error})"]


def _trees(there, here):
    for name in dict.fromkeys([*there.keys(), *here.keys()]):
        if name not in there or name not in here:
            yield f"{name}: only on one side"
        elif not hasattr(there[name], "branches"):
            yield from _entries({name: str(there[name])}, {name: str(here[name])}, "{}")
        else:
            for branch in dict.fromkeys([*there[name].keys(), *here[name].keys()]):
                sides = [
                    tree[name][branch].array().to_list() if branch in tree[name] else [] for tree in (there, here)
                ]
                # Text, so that what is not a number is equal to itself.
                pairs = zip_longest(*(map(repr, side) for side in sides))
                if wrong := [(i, *pair) for i, pair in enumerate(pairs) if pair[0] != pair[1]]:
                    first, a, b = wrong[0]
                    yield (f"{name}/{branch}: {len(wrong)} of {len(sides[0])} and {len(sides[1])} entries, "
                           f"first {first}: {a} | {b}")  # fmt: skip


def _png(one, other):
    import numpy as np
    from PIL import Image

    there, here = (np.asarray(Image.open(path).convert("RGBA")) for path in (one, other))
    if there.shape != here.shape:
        return [f"sizes {there.shape[1::-1]} and {here.shape[1::-1]}"]
    wrong = np.argwhere((there != here).any(axis=2))
    if not len(wrong):
        return ["same pixels"]
    edges = f"rows {wrong[:, 0].min()} to {wrong[:, 0].max()}, columns {wrong[:, 1].min()} to {wrong[:, 1].max()}"
    return [f"{len(wrong)} of {there[..., 0].size} pixels, {edges}"]


def _pdf(one, other):
    """Lines of the unpacked streams."""

    def unpacked(path):
        def content(stream):
            try:
                return zlib.decompress(stream[1])
            except zlib.error:
                return stream[1]

        text = re.sub(rb"stream\r?\n(.*?)\r?\nendstream", content, path.read_bytes(), flags=re.DOTALL)
        return enumerate(text.splitlines(), 1)

    return _entries(unpacked(one), unpacked(other), "line {} (unpacked)")


_BY_KIND = {".json": _json, ".root": _root, ".png": _png, ".pdf": _pdf}
