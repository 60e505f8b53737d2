"""Simulate one point of a recast: `python workflow/simulate_recast.py REQUEST`, a JSON object.

What `lnvsearch recast --simulate` runs, in the folder of a run: the request names `search`, `channel`,
`n_events`, `seed`, and `mass_gev` and `lifetimes_ps` of an N or `decays`, a file of a user's own.
Identification and calibration are those of the run's results.  Prints the rows of a grid, or the acceptance of the
decays, as JSON; what is wrong is one line, with exit code 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace

# The library of this project, whichever is installed.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from searches.configuration import ConfigurationError, overlaid, read_config
from searches.load import load_papers

from scripts.overlays import with_overlays

_STEP = "recast_search"


def simulate(request: Mapping, root: Path) -> list[dict] | dict:
    """The rows of the point's grid, or the acceptance of decays.  ConfigurationError or ValueError."""
    from lnvsearch.experiments.interface import load_experiment

    name = str(root / "config" / "config.yaml")
    paper = load_papers(read_config([name]), root, name).get(request["search"])
    channel = request["channel"]
    if paper is None or _STEP not in paper.steps or channel not in paper.recast_decays:
        raise ValueError(
            f"{request['search']} {channel}: the workflow has no recast of it to simulate"
        )
    if "mass_gev" in request:
        mass = request["mass_gev"]
        masses = {"first_gev": mass, "last_gev": mass, "number": 1}
        point = {"recast": {"decays": {channel: {"masses": masses}}}}
        paper.settings = overlaid(paper.settings, point, paper.file)
    step, wildcards = (
        paper.steps[_STEP],
        SimpleNamespace(paper=paper.name, decay=channel, channel=channel),
    )
    inputs = step.inputs(paper, wildcards)
    _check_results(inputs)
    settings = {
        **step.settings(paper, wildcards), "n_events": request["n_events"], "base_seed": request["seed"],
    }  # fmt: skip
    settings = with_overlays(settings, inputs)
    experiment = load_experiment(paper.experiment)
    simulated = _decays if "decays" in request else _grid
    return simulated(experiment, inputs, settings, request)


def _check_results(inputs: Mapping) -> None:
    """ValueError for results of the run that the simulation needs and that are not there."""
    files = [
        file
        for files in inputs.values()
        for file in ([files] if isinstance(files, str) else files)
    ]
    missing = [file for file in files if not Path(file).is_file()]
    if missing:
        raise ValueError(
            f"the simulation needs {missing[0]}; make it first: snakemake --cores 2 {' '.join(missing)}"
        )


def _grid(
    experiment: ModuleType, inputs: Mapping, settings: Mapping, request: Mapping
) -> list[dict]:
    """Rows of the grid, with None for no limit."""
    from lnvsearch.tables import table_rows

    lifetimes = {"lifetimes_ps": request["lifetimes_ps"]}
    grid = getattr(experiment, _STEP)(inputs, {**settings, **lifetimes})["grid"]
    return [{k: None if v != v else v for k, v in row.items()} for row in table_rows(grid)]


def _decays(experiment: ModuleType, inputs: Mapping, settings: Mapping, request: Mapping) -> dict:
    """Acceptance of a user's own decays."""
    from lnvsearch.interpretation.channels import find_channel
    from lnvsearch.interpretation.decay_files import read_decays

    channel = find_channel(request["search"], request["channel"])
    daughters = channel.dalitz["daughters"]
    if not hasattr(experiment, "recast_decays") or len(daughters) != 3:
        raise ValueError(
            f"{channel.name}: only decays to three tracks of a kaon are simulated from a file"
        )
    momentum, weight = read_decays(request["decays"], channel)
    own = {"daughters": daughters, "momentum_gev": momentum, "weight": weight}
    return experiment.recast_decays(inputs, {**settings, **own})


def main() -> None:
    """Print the rows, or what is wrong."""
    try:
        found = simulate(json.loads(sys.argv[1]), Path(__file__).parents[1])
    except (ConfigurationError, ValueError, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        raise SystemExit(2) from None
    print(json.dumps(found))


if __name__ == "__main__":
    main()
