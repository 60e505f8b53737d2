"""`lnvsearch convert-dst`: BESIII's DST files as a file of events that the workflow searches."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.event_files import EventFileError

#: Inner radius of the beam pipe (BESIII Detector, preliminary design, chapter 4), and how far along it the
#: experiment's searches take tracks from (|V_z| < 10 cm).
_PIPE_RADIUS_CM, _HALF_LENGTH_CM = 3.15, 10.0


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "convert-dst",
        help="write BESIII DST files as a file of events (docs/own-data.md)",
        description="Read DST files with pybes3 (extra [dst]) and write one file as docs/events.md describes. "
        "Look at it with `lnvsearch check-events`.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE.dst", help="DST files, of data or of one simulation")
    parser.add_argument("output", metavar="out.root", help="file to write")
    parser.add_argument(
        "--vertex-cm", nargs=3, type=float, metavar=("X", "Y", "Z"),
        help="interaction point (default: that from which the tracks of each run come)",
    )
    parser.add_argument(
        "--field-t", type=float, default=-1.0,
        help="solenoid's field along z with its sign (default -1.0; the J/psi data of 2012: -0.9)",
    )
    parser.add_argument(
        "--shower-response", type=Path, metavar="YAML",
        help="config/detectors/besiii.yaml: compare showers with its response to electrons, pions and "
        "kaons, as simulated ones are; without it the calorimeter enters by E/p alone",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """What was converted, in a few lines; UsageError for files that cannot be."""
    from lnvsearch.experiments.besiii.dst.files import convert

    if not arguments.output.endswith(".root"):
        raise UsageError(f"{arguments.output}: the last name is that of the file to write, out.root")
    if not 0.1 <= abs(arguments.field_t) <= 3.0:
        raise UsageError(f"--field-t {arguments.field_t}: give 0.1 to 3 tesla, with a sign")
    if arguments.vertex_cm is not None:
        x, y, z = arguments.vertex_cm
        # Not only what is not below, so that NaN is refused, too.
        if not (math.hypot(x, y) < _PIPE_RADIUS_CM and abs(z) < _HALF_LENGTH_CM):
            raise UsageError(
                f"--vertex-cm {x:g} {y:g} {z:g}: not in the beam pipe where the beams meet; give centimetres, within "
                f"{_PIPE_RADIUS_CM:g} of the axis and {_HALF_LENGTH_CM:g} along it"
            )
    shower = None
    if arguments.shower_response is not None:
        from lnvsearch.experiments.besiii.dst.showers import shower_of

        shower = shower_of(arguments.shower_response)
    try:
        done = convert(
            arguments.files, arguments.output, vertex_cm=arguments.vertex_cm,
            field_z_t=arguments.field_t, shower=shower,
        )  # fmt: skip
    except (EventFileError, OSError) as error:
        raise UsageError(str(error)) from error
    return "\n".join(_lines(arguments.output, done))


def _lines(output: str, done):
    yield f"{output}: {done.n_events} events, {done.n_tracks} tracks, mirrored (y -> -y)"
    for run, point in done.vertex_cm.items():
        x, y, z = point
        yield f"interaction point of run {run}: {x:.3f}, {y:.3f}, {z:.3f} cm before the mirror"
    shares = ", ".join(f"{name} {n}" for name, n in done.measured.items())
    yield f"of the tracks have {shares}"
    if done.n_without_fit:
        yield f"{done.n_without_fit} tracks are left out: their Kalman fit failed"
    yield "generated particles: " + ("there (not looked at in a search of data)" if done.has_truth else "none")
