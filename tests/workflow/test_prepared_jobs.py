"""Jobs in forks of a process that has loaded what they need."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import prepared_jobs
import pytest
import same_results
from fingerprint import ProjectCode
from prepared_jobs import PreparedProcess

NEEDS = {"modules": ["fractions"], "kernels": None}


def one_thread():
    """The environment, as a job is given it: a process with threads is not forked."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A process that has loaded little, and what runs the text of a script in it."""
    monkeypatch.chdir(tmp_path)
    process = PreparedProcess.started(NEEDS, one_thread(), tmp_path / "logs/01_a.log")

    def run(text, **variables):
        (tmp_path / "script.py").write_text(text)
        return process.run("script.py", {**one_thread(), **variables})

    yield SimpleNamespace(run=run, process=process)
    process.end()


def test_a_job_is_what_a_process_of_its_own_would_be(prepared, tmp_path):
    end = prepared.run(
        "import atexit, json, os, signal, sys\n"
        "loaded = sorted({'fractions', 'numpy', 'yaml'} & set(sys.modules))\n"
        "atexit.register(lambda: open('last', 'w').close())\n"
        "class Own: pass\n"
        "json.dump({'name': __name__, 'class': Own.__module__, 'path': sys.path[0], 'words': sys.argv,\n"
        "           'folder': os.getcwd(), 'variable': os.environ['A_NEW_ONE'], 'loaded': loaded,\n"
        "           'main': sys.modules['__main__'].Own is Own,\n"
        "           'interrupted': signal.getsignal(signal.SIGINT) is signal.default_int_handler},\n"
        "          open('told.json', 'w'))\n",
        A_NEW_ONE="here",
    )
    assert end == 0
    assert json.loads((tmp_path / "told.json").read_text()) == {
        "name": "__main__", "class": "__main__", "path": str(tmp_path), "words": ["script.py"],
        "folder": str(tmp_path), "variable": "here", "loaded": ["fractions", "numpy", "yaml"],
        "main": True, "interrupted": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    }  # fmt: skip
    assert (tmp_path / "last").exists()


def test_a_job_leaves_nothing_to_the_next(prepared):
    assert prepared.run("import os, yaml\nyaml.left = os.environ['LEFT'] = 'something'\n") == 0
    assert prepared.run("import os, yaml\nassert not hasattr(yaml, 'left') and 'LEFT' not in os.environ") == 0


@pytest.mark.parametrize("text, code, said", [
    ("import sys; sys.exit(3)", 3, ""),
    ("raise SystemExit", 0, ""),
    ("raise SystemExit('what is wrong')", 1, "what is wrong"),
    ("def f(): raise ValueError('no number')\nf()", 1, 'script.py", line 1, in f'),
])  # fmt: skip
def test_how_a_job_ends(tmp_path, monkeypatch, capfd, text, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(text)
    process = PreparedProcess.started(NEEDS, one_thread(), tmp_path / "a.log")
    try:
        assert process.run("script.py", one_thread()) == code
    finally:
        process.end()
    assert said in capfd.readouterr().err


def test_a_job_that_is_killed_is_told_by_its_signal(prepared):
    assert prepared.run(f"import os; os.kill(os.getpid(), {signal.SIGKILL:d})") == -signal.SIGKILL
    assert prepared.run("") == 0


def test_jobs_at_the_same_time_have_their_own_ends(prepared, tmp_path):
    texts = {code: f"import sys, time; time.sleep({0.1 * code}); sys.exit({code})" for code in (3, 1, 2)}
    for code, text in texts.items():
        (tmp_path / f"{code}.py").write_text(text)
    with ThreadPoolExecutor(3) as pool:
        ends = pool.map(lambda code: prepared.process.run(f"{code}.py", one_thread()), texts)
    assert list(ends) == list(texts)


def test_a_job_for_which_there_is_no_memory_is_not_begun(root, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import os\ndef fork():\n    raise OSError(12, 'no memory')\nos.fork = fork\n"
    )
    monkeypatch.chdir(tmp_path)
    variables = {**one_thread(), "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, root / "src")))}
    process = PreparedProcess.started(NEEDS, variables, tmp_path / "a.log")
    try:
        assert process.run("script.py", one_thread()) is None
    finally:
        process.end()


def test_keys_pressed_while_python_ends_are_not_told(root, tmp_path):
    text = (
        "import os, signal\nfrom pathlib import Path\nfrom prepared_jobs import PreparedProcess\n"
        "process = PreparedProcess.started({'modules': [], 'kernels': None}, dict(os.environ), Path('logs/a.log'))\n"
        "wait = process._process.wait\n"
        "process._process.wait = lambda **options: (signal.raise_signal(signal.SIGINT), wait(**options))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True,
        env={**one_thread(), "PYTHONPATH": os.pathsep.join(map(str, (root / "workflow", root / "src")))},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_has_gone_begins_no_job(prepared):
    prepared.process._process.kill()
    prepared.process._process.wait()
    assert prepared.run("") is None


@pytest.mark.parametrize("needs", [
    {"modules": ["a_module_that_is_not_there"], "kernels": None},
    {"modules": [], "kernels": "an_experiment_that_is_not_there"},
])  # fmt: skip
def test_what_cannot_be_loaded_is_told_in_a_line(needs, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert PreparedProcess.started(needs, one_thread(), tmp_path / "a.log") is None
    said = capfd.readouterr().err
    assert "not_there" in said and said.count("\n") == 1


def test_loading_is_logged_as_jobs_are(prepared, tmp_path):
    from usage import usage

    log = tmp_path / "results/logs/prepared_jobs/01_a.log"
    log.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "logs/01_a.log", log)
    assert usage(tmp_path / "results")["prepared_jobs"]["cpu_s"] > 0.0


class _Script:
    """A job as Snakemake knows it."""

    conda_env = container_img = env_modules = bench_record = shadow_dir = None
    threads, rulename = 1, "of_one_job"

    def __init__(self, code="0123456789abcdef of collect_channel", script="collect_channel.py", **input_files):
        self.path = SimpleNamespace(get_filename=lambda: script)
        self.params = {"code": code, "experiment": "besiii"}
        self.input, self.resources, self.begun = input_files, {"tmpdir": "/a/folder"}, []

    def executes_itself(self, name, edit):
        self.begun.append(name)


@pytest.fixture
def execute(monkeypatch, root):
    """What Snakemake calls, and the processes that were prepared, which do nothing."""
    started = []

    def start(needs, variables, log):
        started.append((needs, variables, log))
        return SimpleNamespace(run=lambda name, variables: {"fails.py": 7, "not_begun.py": None}.get(name, 0))

    monkeypatch.setattr(PreparedProcess, "started", start)
    monkeypatch.setattr(prepared_jobs, "_kinds", {})
    code = ProjectCode(root / "workflow/scripts", root / "workflow", root / "src")
    return SimpleNamespace(job=prepared_jobs._executing(code, lambda: {"of_many_jobs"}), started=started)


def test_from_the_second_job_of_a_kind_on(execute):
    jobs = [_Script() for _ in range(4)]
    for one in jobs:
        execute.job(one, "a.py")
    assert [len(one.begun) for one in jobs] == [1, 0, 0, 0]
    [(needs, variables, _)] = execute.started
    assert needs == {"modules": (), "kernels": None}
    assert variables["TMPDIR"] == "/a/folder" and variables["OMP_NUM_THREADS"] == "1"


def test_from_the_first_job_on_where_the_rule_has_several(execute):
    jobs = [_Script() for _ in range(3)]
    for one in jobs:
        one.rulename = "of_many_jobs"
        execute.job(one, "a.py")
    assert [len(one.begun) for one in jobs] == [0, 0, 0] and len(execute.started) == 1


def test_where_none_could_be_prepared_it_is_tried_again_but_seldom(execute, monkeypatch):
    """As where the first job compiles the kernels that a prepared process loads."""
    start, asked = PreparedProcess.started, []
    late = lambda *needs: asked.append(needs) or (start(*needs) if len(asked) == 3 else None)  # noqa: E731
    monkeypatch.setattr(PreparedProcess, "started", late)
    jobs = [_Script() for _ in range(9)]
    for one in jobs:
        one.rulename = "of_many_jobs"
        execute.job(one, "a.py")
    assert [len(one.begun) for one in jobs] == [1, 1, 1, 0, 0, 0, 0, 0, 0] and len(asked) == 3


def test_the_plan_says_which_rules_have_several_jobs():
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=name)) for name in ("one", "two", "two")]
    plan = SimpleNamespace(needrun_jobs=lambda exclude_finished: jobs)
    assert prepared_jobs._rules_with_many(SimpleNamespace(dag=plan)) == {"two"}
    assert prepared_jobs._rules_with_many(None) == set()


def test_how_a_prepared_job_ends(execute):
    for _ in range(2):
        execute.job(_Script(), "a.py")
    with pytest.raises(Exception, match=r"fails.py.*returned non-zero exit status 7"):
        execute.job(_Script(), "fails.py")
    not_begun = _Script()
    execute.job(not_begun, "not_begun.py")
    assert not_begun.begun == ["not_begun.py"]


@pytest.mark.parametrize("change", [
    {"threads": 2}, {"conda_env": "an environment"}, {"shadow_dir": "a folder"}, {"bench_record": "a record"},
    {"resources": {"shell_exec": "zsh"}}, {"params": {}}, {"params": {"code": "of a user's own rule"}},
])  # fmt: skip
def test_any_other_job_is_a_process_of_its_own(execute, change):
    jobs = [_Script() for _ in range(4)]
    for one in jobs:
        vars(one).update(change)
        execute.job(one, "a.py")
    assert [len(one.begun) for one in jobs] == [1, 1, 1, 1]


def test_with_kernels_no_code_is_loaded_but_that_of_the_job(execute, root):
    names = [f"lnvsearch.experiments.besiii.{name}" for name in ("select_sample", "tabulate_sample")]
    for _ in range(2):
        code = " and ".join(["0123456789abcdef of select_sample", *names])
        execute.job(_Script(code, "select_sample.py", kernels="a.compiled"), "a.py")
    [(needs, _, log)] = execute.started
    code = ProjectCode(root / "workflow/scripts", root / "workflow", root / "src")
    ours = {name for name in needs["modules"] if name.split(".")[0] in ("lnvsearch", "searches", "records")}
    assert {"records", "lnvsearch.experiments.besiii.selection.sample"} <= ours
    assert ours <= set(code.reached("select_sample", *names))
    assert needs["kernels"] == "besiii" and log.name.endswith("_select_sample.log")


def test_snakemake_is_still_one_that_can_be_told(monkeypatch):
    from snakemake.script import PythonScript

    monkeypatch.setattr(PythonScript, "execute_script", PythonScript.execute_script)
    monkeypatch.delattr(PythonScript, "executes_itself", raising=False)
    monkeypatch.delenv("LNVSEARCH_FRESH_JOBS", raising=False)
    usual = PythonScript.execute_script
    prepared_jobs.prepare_jobs(None)
    assert PythonScript.executes_itself is usual and PythonScript.execute_script is not usual
    monkeypatch.delattr(PythonScript, "executes_itself")


@pytest.mark.workflow
def test_results_do_not_depend_on_it(whole_dag, snakemake, tmp_path):
    """Of every kind that was prepared in the small run, jobs again as processes of their own."""
    prepared = {path.stem.partition("_")[2] for path in (whole_dag / "results/logs/prepared_jobs").iterdir()}
    assert {"select_sample", "draw_figure"} <= prepared and len(prepared) > 3
    fresh = tmp_path / "fresh"
    shutil.copytree(whole_dag, fresh)
    again = [
        "results/besiii_2025/selected/signal_two_majorana_m1.525/nominal.root",
        "results/na62_2019/figures/acceptance_dalitz.pdf",
        "results/besiii_2025/figures/event_signal.pdf",
        "results/na62_2019/acceptance/pimumu.csv",
    ]
    process = snakemake(fresh, *again, "--force", LNVSEARCH_FRESH_JOBS="1")
    assert process.returncode == 0, process.stdout[-4000:]
    assert "4 of 4 steps" in process.stdout
    same_results.assert_equal(whole_dag, fresh)


