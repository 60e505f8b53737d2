"""Whether two runs have the same results."""

import filecmp


def results_of(folder):
    """All results but logs and the hidden files that a kill leaves."""
    return {
        path.relative_to(folder)
        for path in (folder / "results").rglob("*")
        if path.is_file() and "logs" not in path.parts and not path.name.startswith(".")
    }


def assert_equal(one, other):
    """The same files, byte for byte."""
    assert results_of(one) == results_of(other)
    different = [str(p) for p in results_of(one) if not filecmp.cmp(one / p, other / p, shallow=False)]
    assert not different, f"differ in {one} and {other}: {sorted(different)}"
