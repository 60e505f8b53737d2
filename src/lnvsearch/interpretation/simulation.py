"""Points that are simulated on demand: by the workflow's own program, in the folder of a run."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from lnvsearch.interpretation.grids import GRID_COLUMNS, Grid
from lnvsearch.interpretation.model_files import Model

__all__ = ["simulated_decays", "simulated_grid"]

_PROGRAM = Path("workflow/simulate_recast.py")
_MOST_EVENTS = 100_000_000


def simulated_grid(model: Model, n_events: int, seed: int, project: Path) -> Grid:
    """The grid of the model's mass and lifetimes from so many simulated decays.

    `project`: folder of the workflow with the results of a run.  Raises ValueError where there is none,
    or what its program says.
    """
    # A grid needs one lifetime above 0.
    lifetimes = sorted({0.0, *model.lifetimes_ps}) if any(model.lifetimes_ps) else [0.0, 1.0]
    request = {"mass_gev": model.mass_gev, "lifetimes_ps": lifetimes}
    rows = _asked(model, request, n_events, seed, project)
    return _as_grid([row for row in rows if row["chirality"] == model.chirality], model)


def simulated_decays(model: Model, n_events: int, seed: int, project: Path) -> tuple[float, float]:
    """Acceptance of the model's events and its statistical uncertainty; all else as `simulated_grid`."""
    assert model.events is not None
    found = _asked(model, {"decays": str(model.events.resolve())}, n_events, seed, project)
    return found["acceptance"], found["acceptance_statistical"]


def _asked(model: Model, request: dict, n_events: int, seed: int, project: Path) -> Any:
    """What the workflow's program answers."""
    if not (project / _PROGRAM).is_file():
        raise ValueError(f"{project}: no {_PROGRAM}; give the folder of the workflow as --project")
    if not 1000 <= n_events <= _MOST_EVENTS:
        raise ValueError(f"--events must be from 1000 to {_MOST_EVENTS}; got {n_events}")
    request = {
        "search": model.channel.paper, "channel": model.channel.name, "n_events": n_events, "seed": seed,
        **request,
    }  # fmt: skip
    process = subprocess.run(
        [sys.executable, str(_PROGRAM), json.dumps(request)],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        lines = process.stderr.strip().splitlines()
        raise ValueError(lines[-1] if lines else f"{_PROGRAM} ended with code {process.returncode}")
    return json.loads(process.stdout)


def _as_grid(rows: list[dict], model: Model) -> Grid:
    rows.sort(key=lambda row: row["lifetime_ps"])
    columns = {
        name: np.array([[math.inf if row[name] is None else float(row[name]) for row in rows]])
        for name in GRID_COLUMNS if name not in ("mass_gev", "lifetime_ps", "chirality")
    }  # fmt: skip
    lifetimes = np.array([row["lifetime_ps"] for row in rows])
    return Grid(model.chirality, np.array([model.mass_gev]), lifetimes, columns)
