"""`lnvsearch show`: one event of a file, drawn in the detector.

Recorded events that could be signal, whatever identifies their tracks, stay closed until the user says that
the analysis is open: a look at one event is a look into the window.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.experiments.commands import telling_branches
from lnvsearch.files import read_text
from lnvsearch.nesting import yaml_of


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "show",
        help="draw one event of a file in the detector",
        description="Draw one simulated or recorded event: BESIII (docs/events.md) or NA62 "
        "(docs/kaon_events.md), whichever the file is of.",
        epilog="example: lnvsearch show events.root --event 17 --output event17.png",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", help="ROOT file of events")
    parser.add_argument(
        "--event", type=int, required=True, metavar="N", help="its number, branch event_number"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE",
        help="picture, .png or .pdf (default: event_N.png)",
    )  # fmt: skip
    parser.add_argument("--tree", default="Events", metavar="NAME", help="tree of events")
    parser.add_argument(
        "--detector", type=Path, metavar="FILE",
        help="the detector's settings (default: config/detectors/<detector>.yaml here)",
    )  # fmt: skip
    parser.add_argument(
        "--open", action="store_true",
        help="the analysis is frozen and open: show recorded events that could be signal, too",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """Write the picture; the answer is its path.  UsageError for what cannot be drawn or is closed."""
    from lnvsearch.event_files import EventFileError

    output = arguments.output or Path(f"event_{arguments.event}.png")
    kind = output.suffix.removeprefix(".")
    if kind not in ("png", "pdf"):
        raise UsageError(f"--output {output}: not a picture that can be written; end it with .png or .pdf")
    try:
        name, face = _experiment_of(arguments.file, arguments.tree)
        event = face.read_event(arguments.file, arguments.event, arguments.tree)
    except EventFileError as error:
        raise UsageError(str(error)) from error
    is_recorded = not face.is_simulated(event)
    if is_recorded and not arguments.open and face.could_be_signal(event):
        raise UsageError(
            f"{arguments.file}: event {arguments.event} is recorded and has, with some assignment of "
            "particles, a mass that is closed; freeze and open the analysis (docs/running.md), then "
            "say --open"
        )
    _draw(face, event, _settings(name, arguments.detector), arguments.event, is_recorded, output)
    return f"{output}: event {arguments.event} of {arguments.file}"


def _draw(
    face: ModuleType, event, detector: dict, number: int, is_recorded: bool, output: Path
) -> None:
    from lnvsearch.files import written_whole
    from lnvsearch.publication.figures.style import LABEL, figure_bytes

    label = "lnvsearch — recorded event" if is_recorded else LABEL
    figure, _ = face.draw_event(event, detector, f"event {number}", label)
    try:
        with written_whole(output) as temporary:
            temporary.write_bytes(figure_bytes(figure, output.suffix.removeprefix(".")))
    except OSError as error:
        raise UsageError(f"{output}: cannot be written ({error.strerror})") from error


def _experiment_of(path: str, tree: str) -> tuple[str, ModuleType]:
    """The experiment that a file is of, and its package."""
    from lnvsearch.event_files import EventFileError, open_event_file

    with open_event_file(path) as file:
        if tree not in file:
            held = [key for key in file.keys(cycle=False) if "/" not in key]
            raise EventFileError(
                f"{path}: no tree {tree} (it holds: {', '.join(held[:8]) or 'nothing'}); give the name of "
                "a tree of events as --tree (docs/figures.md)"
            )
        branches = set(file[tree].keys())
    for name, branch in telling_branches("draw_event").items():
        if branch in branches:
            return name, import_module(f"lnvsearch.experiments.{name}")
    raise EventFileError(
        f"{path}: tree {tree} belongs to no known detector; write its branches as docs/events.md or "
        "docs/kaon_events.md describes"
    )


def _settings(experiment: str, path: Path | None) -> dict:
    import yaml

    file = path or Path(f"config/detectors/{experiment}.yaml")
    try:
        content = yaml_of(read_text(file))
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror}); give the detector's settings as --detector"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise UsageError(f"{file}: not YAML ({problem}); give the detector's settings as --detector") from error
    if not isinstance(content, dict) or content.get("detector") != experiment:
        raise UsageError(f"{file}: not the settings of {experiment}; give others as --detector")
    return content
