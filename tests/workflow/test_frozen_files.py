"""The manifest has every file that a result on data depends on, whoever reads it."""

import json
import os
import re
import sys
from pathlib import Path

import frozen
import hang_guard
import pytest
import python_path
import quick_yaml

READ = """
import sys
opened = set()
sys.addaudithook(lambda event, values: opened.add(str(values[0])) if event == "open" else None)
import yaml
from pathlib import Path
from searches.load import load_papers
root, name = Path(sys.argv[1]), sys.argv[2]
config = yaml.safe_load((root / "config/config.yaml").read_text()) | {"papers": [name]}
config |= {"combinations": {}, "mixing_limits": {}}  # check the names of other searches
config["data"] = {name: {"file": "data.root", "unblind": True}}
search = load_papers(config, root, "config.yaml")[name]
for sample, job in search.jobs:
    search.number_of_events(sample, job), search.simulations(sample, job), search.selections(sample, job)
for wildcards in search._wildcards():
    [step.settings(search, wildcards) for step in search.steps.values()]
    search.limit_parameters(wildcards.channel)
search.data_parameters(), search.own_numbers()
known = {str(path) for path in search.files_read().values()} | {str(search.file), str(search.detector_file)}
folders = tuple(str(root / folder) for folder in ("config", "resources", "map.json"))
print(*sorted(path for path in opened if path.startswith(folders) and path not in known))
"""


@pytest.mark.parametrize("name", ["besiii_2025", "na62_2019", "na62_2022"])
def test_every_file_from_which_settings_are_read_is_a_part(root, with_map, name):
    (with_map / "data.root").write_bytes(b"events")
    paths = python_path.beginning_with(root / "workflow", root / "src")
    command = [sys.executable, "-c", READ, str(with_map), name]
    process = hang_guard.run(command, cwd=with_map, env={**os.environ, "PYTHONPATH": paths}, merge=True)
    assert process.returncode == 0, process.stdout
    assert process.stdout.split() == [str(with_map / "config/config.yaml")]


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["besiii_2025", "na62_2022"])
def test_every_file_that_a_job_before_the_limit_reads_is_a_part(root, snakemake, tmp_path, name):
    """What Snakemake says that jobs read, and is neither a result nor the data."""
    (tmp_path / "data.root").write_bytes(b"events")
    config = quick_yaml.load((root / "config/test.yaml").read_text())
    data = {"file": "data.root", "unblind": True, "masked_first": False}
    config |= {"papers": [name], "data": {name: data}}
    (tmp_path / "own.yaml").write_text(quick_yaml.dump(config))
    assert snakemake(tmp_path, "freeze", config=str(tmp_path / "own.yaml")).returncode == 0
    results = [f"tables/{table}.csv" for table in ("data_counts", "data_sensitivity", "limits_by_method")]
    results += ["limits/kkee_scan.csv"] if name == "besiii_2025" else []
    targets = [f"results/{name}/{result}" for result in results]
    process = snakemake(tmp_path, "--dry-run", *targets, config=str(tmp_path / "own.yaml"))
    assert process.returncode == 0, process.stdout[-4000:]
    lines = re.findall(r"^ +input: (.*)$", process.stdout, re.MULTILINE)
    read = {file for line in lines for file in line.split(", ") if not file.startswith("results/")} - {"data.root"}
    parts = json.loads((tmp_path / frozen.manifest_file(name)).read_text())["parts"]
    assert {str(Path(file).relative_to(root)) for file in read} <= parts.keys()
    assert len(lines) > 20 and f"{root}/resources/published/{name}/numbers.csv" in read
