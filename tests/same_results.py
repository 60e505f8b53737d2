"""Whether two runs have the same results."""

import filecmp

import awkward as ak
import uproot


def results_of(folder):
    """All results but logs and the hidden files that a kill leaves."""
    return {
        path.relative_to(folder)
        for path in (folder / "results").rglob("*")
        if path.is_file() and "logs" not in path.parts and not path.name.startswith(".")
    }


def assert_equal(one, other):
    """Byte for byte; ROOT files, which have their first name in them, by what they hold."""
    assert results_of(one) == results_of(other)
    differing = [p for p in results_of(one) if not filecmp.cmp(one / p, other / p, shallow=False)]
    assert [p for p in differing if p.suffix != ".root" or content(one / p) != content(other / p)] == []


def content(path):
    """Of a ROOT file: every column as bytes, every text."""
    with uproot.open(path) as file:
        found = {name: file[name] for name in file.keys(cycle=False)}
        return {
            name: {
                branch: [b.tobytes() for b in ak.to_buffers(ak.to_packed(column.array()))[2].values()]
                for branch, column in entry.items()
            } if hasattr(entry, "num_entries") else str(entry)
            for name, entry in found.items() if not hasattr(entry, "classnames")
        }  # fmt: skip
