"""Branches of a tree of events, taken from a file and written to another one after a change."""

import uproot

_COUNTS = ("ntrack", "ntruth", "ncluster")


def branches_of(path):
    """Branches of a file as lists that uproot writes again; without its counts of them."""
    with uproot.open(path) as file:
        tree = file["Events"]
        return {name: tree[name].array() for name in tree.keys() if name not in _COUNTS}


def write_branches(path, branches, metadata=None):
    """Write the tree Events, with the text `metadata` beside it."""
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: values.type for name, values in branches.items()})
        file["Events"].extend(branches)
        if metadata is not None:
            file["metadata"] = metadata


def copy_without(source, target, *beginnings):
    """Write a file again without the branches whose names begin with one of `beginnings`."""
    branches = branches_of(source)
    write_branches(target, {name: values for name, values in branches.items() if not name.startswith(beginnings)})
