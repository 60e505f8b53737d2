"""`lnvsearch recast`: what a published search says of a model, without simulation."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lnvsearch.cli import UsageError
from lnvsearch.interpretation.model_keys import KEYS

EXAMPLES = """\
examples:
  an on-shell N of 0.3 GeV that lives for 100 ps:
    lnvsearch recast --search na62_2022 --channel piee --mass-gev 0.3 --lifetime-ps 100

  the same mixing with the electron alone: limit on |U_e|^2 with the lifetime that it implies
    lnvsearch recast --search na62_2022 --channel piee --mass-gev 0.3 --mixing 1:0:0

  limits on |U|^2 at all masses, as two columns:
    lnvsearch recast --search na62_2022 --channel piee --mixing 1:0:0 --export ue4.dat

  a density over the plane of two masses, or events of your own, with the search and channel:
    lnvsearch recast --model model.yaml --json

keys of a model file:
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declare the subcommand."""
    parser = subparsers.add_parser(
        "recast",
        help="what a search says about your model: acceptance and limit",
        description="Acceptance and limit of a search, for a neutrino N of given mass and lifetime or for a decay "
        "with your own density. The grids were simulated for this release.",
        epilog=EXAMPLES + "\n".join(f"  {key:<20}{text}" for key, text in KEYS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for option, text in (
        ("search", "a search; --list names them"),
        ("channel", "a channel of the search"),
        ("mass-gev", "mass of N in GeV"),
        ("lifetime-ps", "lifetime of N in ps (default 0: decays at once)"),
        ("chirality", "coupling at the vertices of N: isotropic (default), or v_minus_a (default with --mixing)"),
        (
            "branching-fraction",
            "prediction for the product of production and decay: is it excluded?",
        ),
        ("mixing", "|U_e|^2:|U_mu|^2:|U_tau|^2, as 1:0:0: limits on |U|^2"),
        (
            "mixing-squared",
            "|U|^2, the sum of all flavours; lifetime and product of branching fractions follow from it",
        ),
        ("nature", "majorana (default) or dirac"),
    ):
        parser.add_argument(f"--{option}", metavar=option.split("-")[0].upper(), help=text)
    parser.add_argument("--model", metavar="FILE.yaml", help="YAML file with these settings, and more")
    parser.add_argument(
        "--export",
        metavar="FILE",
        help="with --mixing: mass and |U|^2 limit, as HNLimits reads them",
    )
    parser.add_argument(
        "--grids",
        metavar="FOLDER",
        help="folder `results` of your own run, with its grids (default: the grids of this release)",
    )
    parser.add_argument(
        "--simulate", action="store_true",
        help="simulate the point instead, in the folder of a run of the workflow",
    )  # fmt: skip
    parser.add_argument(
        "--events", metavar="N", help="with --simulate: decays to simulate (default 100000)"
    )
    parser.add_argument("--seed", metavar="N", help="with --simulate: its seed (default 1)")
    parser.add_argument(
        "--project", metavar="FOLDER", help="with --simulate: folder of the workflow (default: this one)"
    )
    parser.add_argument(
        "--list", action="store_true", help="print searches, channels, their decays and masses"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """Return the text that the command prints; UsageError for what cannot be used."""
    from lnvsearch.interpretation import channels, recast

    folder = Path(arguments.grids) if arguments.grids else channels.GRIDS
    try:
        if arguments.list:
            return _listing(arguments.json)
        model = _model(arguments)
        if model.mass_gev is None and model.mixing is not None or arguments.export:
            return _scan(model, folder, arguments)
        records = recast.answers(model, folder, **_simulated(model, arguments))
    except (ValueError, OSError) as error:
        raise UsageError(_said(error)) from error
    if arguments.json:
        return json.dumps(records[0] if len(records) == 1 else records, allow_nan=False)
    return "\n\n".join(map(_readable, records))


def _simulated(model, arguments: argparse.Namespace) -> dict[str, Any]:
    """The simulated grid or acceptance of the model, nothing if none was asked for."""
    if not arguments.simulate:
        for name in ("events", "seed", "project"):
            if getattr(arguments, name) is not None:
                raise ValueError(f"--{name} is of a simulation; add --simulate, or leave it out")
        return {}
    from lnvsearch.interpretation.simulation import simulated_decays, simulated_grid

    numbers = []
    for name, default in (("events", "100000"), ("seed", "1")):
        text = getattr(arguments, name) or default
        if not text.isdecimal() or len(text) > 18:
            raise ValueError(f"--{name} must be a whole number >= 0; got {text}")
        numbers.append(int(text))
    if model.density is not None:
        raise ValueError("--simulate needs mass_gev or events: a density has no decays to simulate")
    n_events, seed = numbers
    project = Path(arguments.project or ".")
    if model.events is not None:
        return {"acceptance": simulated_decays(model, n_events, seed, project)}
    return {"grid": simulated_grid(model, n_events, seed, project)}


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return str(error)


def _model(arguments: argparse.Namespace):
    from lnvsearch.interpretation.model_files import model_from, read_model

    options = {
        "search": "search", "channel": "channel", "mass_gev": "mass_gev", "lifetimes_ps": "lifetime_ps",
        "chirality": "chirality", "branching_fraction": "branching_fraction", "mixing": "mixing",
        "mixing_squared": "mixing_squared", "nature": "nature",
    }  # fmt: skip
    given = {
        key: getattr(arguments, name)
        for key, name in options.items()
        if getattr(arguments, name) is not None
    }
    if arguments.model is None:
        # Case and spelling are forgiven, as in `lnvsearch limit`; all names are of small letters and _.
        for name in {"search", "channel"} & given.keys():
            given[name] = given[name].strip().lower().replace("-", "_")
        return model_from(given)
    if given:
        name = options[next(iter(given))].replace("_", "-")
        raise UsageError(f"--{name} and --model: the file says it all; put it there")
    return read_model(arguments.model)


def _scan(model, folder: Path, arguments: argparse.Namespace) -> str:
    """Limits on |U|^2 at the masses of the grid; exported if asked for."""
    from lnvsearch.interpretation import recast

    if model.mixing is None:
        raise ValueError("--export needs --mixing, as --mixing 1:0:0")
    if arguments.simulate:
        raise ValueError("--simulate makes one point: give --mass-gev, and no --export")
    if any(model.lifetimes_ps) and model.mixing_squared is None:
        raise ValueError("lifetimes_ps: limits on |U|^2 have the lifetime that |U|^2 implies; leave it out")
    if model.branching_fraction is not None:
        raise ValueError(
            "branching_fraction and mixing_squared: of one mass; limits at all masses do not use them"
        )
    rows = recast.scan_mixing(model, folder)
    if arguments.export:
        from lnvsearch.files import written_whole
        from lnvsearch.interpretation.hnlimits import hnlimits_text

        text = hnlimits_text(rows, model.channel.source)
        with written_whole(arguments.export) as temporary:
            temporary.write_text(text, encoding="utf-8")
        number = sum(row["mixing_limit"] is not None for row in rows)
        return f"{arguments.export}: {number} mass{'es' if number != 1 else ''} with a limit"
    if arguments.json:
        return json.dumps(rows, allow_nan=False)
    lines = [
        f"{'mass_gev':>9} {'|U|^2 limit':>12} {'lifetime_ps':>12} {'prompt reading':>15}  remark"
    ]
    for row in rows:
        cells = (
            row["mixing_limit"],
            row["lifetime_at_limit_ps"],
            row["mixing_limit_prompt_reading"],
        )
        limit, lifetime, prompt = ("-" if cell is None else f"{cell:.4g}" for cell in cells)
        lines.append(
            f"{row['mass_gev']:>9.4g} {limit:>12} {lifetime:>12} {prompt:>15}  {row['remark']}"
        )
    return "\n".join(lines)


def _listing(as_json: bool) -> str:
    from lnvsearch.interpretation.channels import read_channels, searches

    entries = [
        {
            "search": paper, "channel": name, "decay": channel.chain,
            "mass_minimum_gev": round(channel.mass_range_gev[0], 5),
            "mass_maximum_gev": round(channel.mass_range_gev[1], 5),
        }
        for paper in searches() for name, channel in read_channels(paper).items()
    ]  # fmt: skip
    if as_json:
        return json.dumps(entries)
    return "\n".join(
        f"{entry['search']:<12} {entry['channel']:<14} {entry['mass_minimum_gev']:.4f} to "
        f"{entry['mass_maximum_gev']:.4f} GeV  {entry['decay']}"
        for entry in entries
    )


def _readable(record: Mapping[str, Any]) -> str:
    lines = [f"{record['search']} {record['channel']}: {record['decay']}"]
    for key, value in record.items():
        if key in ("search", "channel", "decay", "notes"):
            continue
        lines.append(f"{key:<30} {_cell(value)}")
    return "\n".join(lines + [f"note  {note}" for note in record["notes"]])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
