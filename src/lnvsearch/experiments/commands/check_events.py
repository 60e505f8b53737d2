"""`lnvsearch check-events`: what a file of events holds, in which units, and what a search sees of it.

Blind: no number from a closed region is shown, nor one from which it could be computed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.event_files import EventFileError, named_tree, open_event_file
from lnvsearch.experiments.commands import telling_branches
from lnvsearch.files import read_text
from lnvsearch.nesting import yaml_of

_PROGRAM = Path("workflow/check_events.py")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "check-events",
        help="say what a file of events holds, and what a search sees of it (blind)",
        description="Read a file as a search would read it, with all its checks, and say in some ten lines "
        "what it holds, in which units, and what the closed selection sees (docs/own-data.md).",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", help="ROOT file (docs/events.md, docs/kaon_events.md)")
    parser.add_argument("--tree", default="Events", help="name of the tree of events (default Events)")
    parser.add_argument(
        "--branches", type=Path, metavar="YAML",
        help="what the file calls branches that have another name, as `branches` of config.yaml",
    )
    parser.add_argument("--search", help="whose selection looks at it (default: the experiment's, if it is one)")
    parser.add_argument(
        "--project", type=Path, help="folder of the workflow (default: this one, or the command's own)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """The lines; UsageError for a file that a search would refuse, with the reason."""
    branches = _branches(arguments.branches)
    try:
        lines = list(_description(arguments, branches))
    except EventFileError as error:
        raise UsageError(str(error)) from error
    return "\n".join(lines)


def _branches(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    import yaml

    try:
        content = yaml_of(read_text(path))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict) or not all(
        isinstance(text, str) for pair in content.items() for text in pair
    ):
        raise UsageError(f"{path}: write one line for each branch, `track_kappa: name_in_the_file`")
    return content


def _description(arguments: argparse.Namespace, branches: Mapping[str, str]) -> Iterator[str]:
    path, tree = arguments.file, arguments.tree
    experiment, n_entries, kind, has_metadata = _recognised(path, tree, branches)
    size = Path(path).stat().st_size / 1e6
    yield f"{path}: {size:.3g} MB, {kind} {tree} with {n_entries} events"
    yield f"metadata: {'there' if has_metadata else 'none'}"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        described = list(import_module(f"lnvsearch.experiments.{experiment}").describe_data(
            path, tree_name=tree, branches=branches
        ))  # fmt: skip
    yield from described
    yield from said.getvalue().splitlines()
    yield from _selection(arguments, experiment, branches)


def _recognised(path: str, name: str, branches: Mapping[str, str]) -> tuple[str, int, str, bool]:
    """Experiment, number of entries, kind of the tree, and whether there is `metadata`."""
    with open_event_file(path) as file:
        if name not in file:
            held = ", ".join(file.keys(cycle=False)) or "nothing"
            raise EventFileError(f"{path}: no tree named {name} (it holds: {held}); give one as --tree")
        try:
            tree = file[name]
            is_tree = hasattr(tree, "num_entries")
        except Exception as error:  # uproot raises many types for what is damaged
            raise EventFileError(f"{path}: tree {name} cannot be opened ({type(error).__name__})") from error
        if not is_tree:
            raise EventFileError(f"{path}: {name} is no tree of events; give one as --tree")
        kind = "RNTuple" if not hasattr(tree, "common_entry_offsets") else "tree"
        telling, named = telling_branches("describe_data"), named_tree(path, tree, branches)
        known = [one for one, branch in telling.items() if branch in named]
        if len(known) != 1:
            raise EventFileError(
                f"{path}: tree {name} is of no known format: one of "
                + ", ".join(f"{branch} ({one})" for one, branch in telling.items())
                + " tells; other names are given with --branches.  It has: "
                + (", ".join(list(tree.keys())[:40]) or "no branch")
            )
        return known[0], tree.num_entries, kind, "metadata" in file


def _selection(
    arguments: argparse.Namespace, experiment: str, branches: Mapping[str, str]
) -> Iterator[str]:
    """What the closed selection of a search sees, from the workflow's own program."""
    known = [arguments.project] if arguments.project else [Path(), *Path(__file__).parents]
    programs = [folder / _PROGRAM for folder in known if (folder / _PROGRAM).is_file()]
    if not programs:
        yield "selection: not looked at; give the workflow's folder as --project"
        return
    asked = {"experiment": experiment, "search": arguments.search, "file": arguments.file,
             "tree": arguments.tree, "branches": dict(branches)}  # fmt: skip
    process = subprocess.run(
        [sys.executable, str(programs[0].resolve()), json.dumps(asked)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        raise UsageError("; ".join(process.stderr.splitlines()[-5:]))
    yield from process.stdout.splitlines()
