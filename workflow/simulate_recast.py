"""Simulate one point of a recast: `python workflow/simulate_recast.py REQUEST`, a JSON object.

What `lnvsearch recast --simulate` runs, in the folder of a run: the request names `search`, `channel`,
`mass_gev`, `lifetimes_ps`, `n_events` and `seed`.  Identification and calibration are those of the run's
results.  Prints the rows of a grid as JSON; what is wrong is one line, with exit code 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent))

from searches.configuration import ConfigurationError, read_config
from searches.load import load_papers

_STEP = "recast_search"


def simulate(request: Mapping, root: Path) -> list[dict]:
    """The rows of the point's grid.  Raises ConfigurationError or ValueError."""
    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.tables import table_rows

    name = str(root / "config" / "config.yaml")
    paper = load_papers(read_config([name]), root, name).get(request["search"])
    channel = request["channel"]
    if paper is None or _STEP not in paper.steps or channel not in paper.recast_decays:
        raise ValueError(f"{request['search']} {channel}: the workflow has no recast of it to simulate")
    step, wildcards = paper.steps[_STEP], SimpleNamespace(paper=paper.name, decay=channel, channel=channel)
    inputs = step.inputs(paper, wildcards)
    missing = [path for path in inputs.values() if not Path(path).is_file()]
    if missing:
        raise ValueError(
            f"the simulation needs {missing[0]}; make it first: snakemake --cores 2 {' '.join(missing)}"
        )
    settings = {
        **step.settings(paper, wildcards),
        "masses_gev": [request["mass_gev"]],
        "lifetimes_ps": request["lifetimes_ps"],
        "n_events": request["n_events"],
        "base_seed": request["seed"],
    }
    grid = getattr(load_experiment(paper.experiment), _STEP)(inputs, settings)["grid"]
    return table_rows(grid)


def main() -> None:
    """Print the rows, or what is wrong."""
    try:
        rows = simulate(json.loads(sys.argv[1]), Path(__file__).parents[1])
    except (ConfigurationError, ValueError, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        raise SystemExit(2) from None
    print(json.dumps([{k: None if v != v else v for k, v in row.items()} for row in rows]))


if __name__ == "__main__":
    main()
