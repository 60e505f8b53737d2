"""What an edit runs again, in the full configuration: asserted on the job lists of dry runs."""

import ast
import json
import re
import shutil
import sys

import hang_guard
import pytest
from fingerprint import ProjectCode

pytestmark = pytest.mark.workflow

#: Snakemake with --touch, but every job makes its outputs, empty; they are recorded as done.
PRETEND = """
import json, pathlib, sys
from snakemake.cli import main
from snakemake.executors.touch import Executor

touch = Executor.run_job

def run_job(executor, job):
    for output in job.output:
        path = pathlib.Path(output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True) if output.is_directory else path.touch()
    with open("jobs.jsonl", "a") as stream:
        record = {"code": job.params.get("code"), "output": list(job.output)}
        stream.write(json.dumps(record) + chr(10))
    touch(executor, job)

Executor.run_job = run_job
Executor.SLEEPING_TIME = 0
main(["--touch", "--notemp", "--cores", "1", "--quiet", "all"])
"""


def code_in(project):
    workflow = project / "workflow"
    return ProjectCode(workflow / "scripts", workflow, project / "src")


def files_of_code(project):
    return [*(project / "src").rglob("*.py"), *(project / "workflow").rglob("*.py")]


@pytest.fixture(scope="module")
def finished(root, tmp_path_factory):
    """A copy of the project in which every job of the full configuration seems done."""
    folder = tmp_path_factory.mktemp("finished")
    for name in ("config", "profiles", "resources", "src", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, folder / name, ignore=ignored)
    shutil.copy(root / "Snakefile", folder)
    process = hang_guard.run([sys.executable, "-c", PRETEND], cwd=folder, merge=True)
    assert process.returncode == 0, process.stdout[-4000:]
    return folder


@pytest.fixture
def edit(finished):
    """Change files of the copy for one test."""
    before = {}

    def change(path, text):
        before[path] = path.read_text()
        path.write_text(text)

    yield change
    for path, text in before.items():
        path.write_text(text)


@pytest.fixture
def listed(finished, snakemake):
    """The jobs of a dry run: first output -> its lines in the list."""

    def jobs():
        process = snakemake(
            finished, "--dry-run", "--notemp", config="config/config.yaml", project=finished
        )
        assert process.returncode == 0, process.stdout[-4000:]
        blocks = re.findall(r"(?m)^(?:local)?rule \w+:\n(?: {4}.*\n)+", process.stdout)
        assert bool(blocks) != ("Nothing to be done" in process.stdout)
        outputs = {re.search(r" {4}output: ([^,\n]+)", block): block for block in blocks}
        return {output[1]: block for output, block in outputs.items() if output}

    return jobs


def of(search, jobs):
    return [block for block in jobs.values() if f"paper={search}" in block]


def jobs_that_reach(finished, edited):
    """First outputs of the jobs whose code has one of the edited files."""
    code = code_in(finished)
    with open(finished / "jobs.jsonl") as stream:
        jobs = [json.loads(line) for line in stream]
    return {job["output"][0] for job in jobs if job["code"] and edited & reached(code, job["code"])}


def reached(code, parameter):
    """Files behind a rule's parameter `code`, which ends with the names that it is of."""
    return set(code.reached(*parameter.partition(" of ")[2].split(" and ")).values())


def test_a_comment_runs_nothing_again(finished, edit, listed):
    for path in files_of_code(finished):
        edit(path, f"# Edited.\n{path.read_text()}\n\n# Edited.\n")
    assert listed() == {}


def test_a_moved_folder_runs_nothing_again(finished, snakemake, tmp_path):
    moved = shutil.copytree(finished, tmp_path / "moved")
    process = snakemake(moved, "--dry-run", "--notemp", config="config/config.yaml", project=moved)
    assert "Nothing to be done" in process.stdout, process.stdout[-4000:]


def test_an_edit_of_one_experiment_runs_no_job_of_another_again(finished, edit, listed):
    edited = set((finished / "src/lnvsearch/experiments/na62").rglob("*.py"))
    edited |= set((finished / "workflow/searches/na62").rglob("*.py"))
    for path in edited:
        edit(path, f"{path.read_text()}\n\nEDITED = 1\n")
    jobs = listed()
    assert not of("besiii_2025", jobs)
    assert of("na62_2019", jobs) and of("na62_2022", jobs)
    check_exactly(jobs, jobs_that_reach(finished, edited))


def test_a_doubled_number_in_a_helper_runs_again_what_reaches_it(finished, edit, listed):
    """Here the single-event sensitivity that a paper prints, which only limits use."""
    printed = '("printed_sensitivity", self.single_event_sensitivity)'
    (path,) = (path for path in files_of_code(finished) if printed in path.read_text())
    doubled = printed.replace("self", "2 * self")
    edit(path, path.read_text().replace(printed, doubled))
    jobs = listed()
    assert {output.split("/")[1] for output in jobs if "/limits/" in output} >= {"na62_2019", "na62_2022"}
    assert not any("simulate" in block.split(":")[0] for block in jobs.values())
    check_exactly(jobs, jobs_that_reach(finished, {path}))


CHANGED_CUTS = {
    "besiii_2025": ("{cut: chi_square, maximum: 20.0}", "{cut: chi_square, maximum: 60.0}"),
    "na62_2019": ("{cut: transverse_momentum, maximum_gev: 0.030}",
                  "{cut: transverse_momentum, maximum_gev: 0.020}"),
}  # fmt: skip
#: A variation with another cut, as the first of a file.
OVERLAY = """variations:
  loose:
    stage: selection
    description: "a looser fit"
    paper: {selection: {chi_square: {maximum: 60.0}}}
    samples: [signal_phsp]
"""


@pytest.fixture(params=[*CHANGED_CUTS, "overlay"])
def changed_cut(request, finished, edit):
    """A cut of one paper is changed; gives its name."""
    name = "besiii_2025" if request.param == "overlay" else request.param
    path = finished / f"config/papers/{name}.yaml"
    old, new = CHANGED_CUTS.get(request.param, ("variations:\n", OVERLAY))
    assert path.read_text().count(old) == 1
    edit(path, path.read_text().replace(old, new))
    return name


def test_a_changed_cut_runs_no_simulation_and_no_calibration_of_the_detector(changed_cut, listed):
    jobs = listed()
    assert any("/selected/" in output for output in jobs)
    rules = {block.split(":")[0].split()[1] for block in jobs.values()}
    assert not rules & {"simulate_sample", "calibrate_response", "map_identification"}
    for other in {"besiii_2025", "na62_2019", "na62_2022"} - {changed_cut}:
        assert not of(other, jobs)
    # The flat factor is looked up again in the new tables, for nothing about it has changed itself.
    assert not any("Params have changed" in block for output, block in jobs.items()
                   if "/calibration/" in output)  # fmt: skip


def check_exactly(jobs, expected):
    """All jobs that reach the edit run again, and every other only because of these."""
    changed = {output for output, block in jobs.items() if "Params have changed" in block}
    assert changed and changed <= expected <= set(jobs)
    assert all("Input files updated by another job" in jobs[output] for output in set(jobs) - changed)


def test_formatting_changes_no_fingerprint(finished, edit):
    scripts = [path.stem for path in (finished / "workflow/scripts").glob("compute_*.py")]
    before = [code_in(finished).fingerprint(script) for script in scripts]
    for path in files_of_code(finished):
        edit(path, ast.unparse(ast.parse(path.read_text())))
    assert scripts and [code_in(finished).fingerprint(script) for script in scripts] == before


def test_every_rule_names_its_own_script(root):
    """But for one without parameters: all that is simulated would run again with it."""
    without = []
    for file in (root / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"(?m)^rule ", file.read_text())[1:]:
            if "    output:" not in rule:
                continue  # It always runs.
            script = re.search(r"scripts/(\w+)\.py", rule)
            code = re.search(r'(?m)^        code=code_of(_step)?\(\s*"(\w+)"', rule)
            if "\n    output:" not in rule:
                continue  # It runs whenever it is asked for.
            if code is None:
                without.append(rule.partition(":")[0])
            elif code[1]:
                assert (script[1], code[2]) == ("run_step", rule.partition(":")[0])
            else:
                assert script[1] == code[2]
    assert without == ["warm_up_kernels"]
