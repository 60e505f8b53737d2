"""Parts of a sample: counts in a file, and the parts joined again."""

from __future__ import annotations


def write_counts(path: str, counts: list) -> None:
    """Write what is counted of a part, chunk by chunk."""
    import pickle

    from lnvsearch.files import written_whole

    with written_whole(path) as temporary:
        temporary.write_bytes(pickle.dumps(counts))


def join_parts(candidates: list[str], counts: list[str], output: str) -> list:
    """Join the candidates of all parts in one file; all counts, in the order of the parts.

    Raises ValueError for a file of counts that cannot be read.
    """
    import pickle
    from pathlib import Path

    from lnvsearch.event_files import join_tree_files

    joined = []
    for path in counts:
        try:
            joined += pickle.loads(Path(path).read_bytes())
        except (pickle.UnpicklingError, EOFError, AttributeError, TypeError) as error:
            raise ValueError(
                f"{path}: not the counts of a part ({type(error).__name__}); delete it and run again"
            ) from None
    join_tree_files(candidates, output)
    return joined
