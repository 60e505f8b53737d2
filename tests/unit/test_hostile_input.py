"""Hostile numbers and files at the command line: one line and the right exit code, never a traceback.

Each example comes from a seed.  More of them by hand: HOSTILE_EXAMPLES=5000 pytest tests/unit/test_hostile_input.py
"""

import copy
import json
import os
import random

import pytest

from lnvsearch import computing_budget
from lnvsearch.cli import main

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "40"))
FIRST = int(os.environ.get("HOSTILE_FIRST", "0"))
# Processor seconds of one answer: a refusal for lack of time is as good as any here.
SECONDS = 0.3

USUAL = ("0", "1", "3", "0.5", "2.5", "0.1", "12", "7%", "30%", "0.9", "95%", "100")
HOSTILE = (
    "", " ", "-", "-1", "-0", "0.0", "1e-320", "1e-300", "1e-100", "1e-12", "1e6", "1e9", "1e15", "1e100",
    "1e308", "1e309", "-1e309", "inf", "-inf", "nan", "NaN", "1,5", "1.5.2", "0x10", "1e", "abc", "½",
    "１", "π", "\u2212 3", "\ud7ff", "1_000", "%", "100%", "+0.6-0.5", "+0.6", "+1e9-1e-9", "+inf-0.5",
    "+7%-200%", "1;2", '"', "'", "\t", "\x00", "null", "true", "[1]", "{}", "9" * 400, "1e-9%",
)  # fmt: skip
OPTIONS = {
    "method": ("rolke", "cls", "cls-profiled", "feldman-cousins", "bayesian", "cls-averaged", "fc", ""),
    "background-shape": ("bifurcated-gaussian", "lognormal", "gauss", ""),
    "prior": ("none", "lognormal", "gamma", "truncated-gaussian", "none,gamma", "a,b,c", ""),
    "signal-prior": ("uniform", "reciprocal-sqrt", "flat", ""),
    "convention": ("paper", "outermost", "root", "x"),
    "ordering": ("cousins-highland", "hill", "profile-likelihood", "x"),
}
NUMBERS = (
    "observed", "background", "background-uncertainty", "sideband", "tau", "efficiency",
    "efficiency-uncertainty", "correlation", "passed", "generated", "single-event-sensitivity",
    "single-event-sensitivity-uncertainty", "normalisation", "normalisation-uncertainty", "cl",
)  # fmt: skip
USUAL_SETS = (
    ("observed", "background", "efficiency"),
    ("observed", "background", "background-uncertainty", "efficiency", "efficiency-uncertainty"),
    ("observed", "sideband", "tau", "passed", "generated"),
    ("observed", "background", "single-event-sensitivity", "single-event-sensitivity-uncertainty"),
    ("observed", "background", "efficiency", "normalisation", "normalisation-uncertainty"),
)


@pytest.fixture
def answered(capsys, monkeypatch):
    """Call the command; check how it ends."""
    monkeypatch.setattr(computing_budget, "MOST_SECONDS", SECONDS)

    def check(words):
        code = main(words)
        out, err = capsys.readouterr()
        if code == 0:
            assert out.strip() and not err
            if "--json" in words:
                json.loads(out, parse_constant=pytest.fail)
        else:
            assert code == 2 and not out, words
            assert err.startswith("lnvsearch: error: ") and err.count("\n") == 1, words
            assert len(err) < 2000, words
            for name in ("Error:", "Traceback", "object at 0x"):
                assert name not in err, (words, err)

    return check


def number(rng, hostile):
    if rng.random() < hostile:
        if rng.random() < 0.4:
            return repr(rng.choice((-1.0, 1.0, 1.0)) * 10.0 ** rng.uniform(-320.0, 308.0))
        return rng.choice(HOSTILE)
    return rng.choice(USUAL)


def settings(rng):
    """A set of options, most of them usual; the share of hostile numbers varies."""
    hostile = rng.choice((0.0, 0.1, 0.3, 0.7))
    names = list(rng.choice(USUAL_SETS))
    if rng.random() < 0.3:
        names.append(rng.choice(NUMBERS))
    if rng.random() < 0.1:
        names.pop(0)
    chosen = {name: number(rng, hostile) for name in names}
    for name, values in OPTIONS.items():
        if rng.random() < (0.8 if name == "method" else 0.1):
            chosen[name] = rng.choice(values if rng.random() < 0.3 else values[:2] or values)
    return chosen


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_options(seed, answered):
    rng = random.Random(seed)
    words = ["limit"] + (["--json"] if rng.random() < 0.6 else [])
    for name, value in settings(rng).items():
        words += [f"--{name}={value}"]
    for flag in ("--bounded", "--expected", "--sensitivity", "--ranking", "--scan"):
        words += [flag] if rng.random() < 0.06 else []
    if rng.random() < 0.1:
        words += [f"--{rng.choice(('discovery', 'power'))}={number(rng, 0.7)}", "--sensitivity"]
    answered(words)


def damaged(rng, text):
    """The bytes of a text, at times cut, doubled or with others in it."""
    data = text.encode("utf-8", "surrogatepass")
    kind = rng.randrange(12)
    place = rng.randrange(len(data) + 1)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + rng.choice((b"\xff\xfe", b"\x00", b"\xc3", b"\r", b'"', b"\n\n")) + data[place:]
    if kind == 2:
        return data + data
    if kind == 3:
        return b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    return data


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_tables(seed, answered, tmp_path):
    rng = random.Random(seed)
    first = settings(rng)
    names = list(first) + (["label"] if rng.random() < 0.3 else [])
    if rng.random() < 0.05:
        names.append(names[0])
    separator = rng.choice(",;\t")
    lines = [separator.join(names)]
    hostile = rng.choice((0.0, 0.0, 0.05, 0.3))
    for _ in range(rng.choice((0, 1, 2, 7, 30))):
        cells = [
            number(rng, hostile) if name in NUMBERS else first.get(name, "π") for name in names
        ]
        lines.append(separator.join(cells[: rng.choice((len(cells),) * 30 + (1, len(cells) - 1))]))
    path = tmp_path / "table.csv"
    path.write_bytes(damaged(rng, "\n".join(lines) + "\n"))
    words = ["limit", "--table", str(path)] + (["--json"] if rng.random() < 0.5 else [])
    if rng.random() < 0.3:
        words += [f"--method={rng.choice(OPTIONS['method'])}"]
    if rng.random() < 0.1:
        words += [rng.choice(("--expected", "--sensitivity", "--ranking", "--scan"))]
    answered(words)


def value(rng):
    """Any scalar or small structure, as JSON and YAML know them."""
    return rng.choice((
        0, 1, 3.5, -1, 1e-320, 1e300, 10**400, float("inf"), float("nan"), True, None, "", "2", "abc", "π",
        "7%", [], [1], [[]], {}, {"a": 1}, {"a": {"b": []}}, "x" * 300, [1, 2], ["-"], -0.0, 1e6,
    ))  # fmt: skip


def changed(rng, content, changes):
    """A copy with some entries replaced, removed or renamed."""
    content = copy.deepcopy(content)
    for _ in range(changes):
        places = []

        def walk(node, places=places):
            pairs = node.items() if isinstance(node, dict) else enumerate(node)
            for key, entry in list(pairs):
                places.append((node, key))
                if isinstance(entry, (dict, list)):
                    walk(entry)

        walk(content)
        if not places:
            break
        node, key = rng.choice(places)
        kind = rng.random()
        if kind < 0.65:
            node[key] = value(rng)
        elif kind < 0.85:
            del node[key]
        elif isinstance(node, dict):
            node[rng.choice(("π", "", "name", "data", "type"))] = node.pop(key)
        else:
            node.append(copy.deepcopy(node[key]))
    return content


CHANNELS = {
    "quantity": "branching fraction",
    "channels": {
        "a": {
            "observed": 0, "background": 0.4, "background_errors": {"side": "30%"},
            "efficiency": 4.0, "efficiency_errors": {"norm": 0.03}, "final_state": "x", "data_sets": [1],
        },
        "b": {
            "observed": 1, "background": 0.8, "background_errors": {"other": "+40%-30%"},
            "single_event_sensitivity": 0.1, "efficiency_errors": {"norm": 0.03}, "data_sets": [2],
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_channels(seed, answered, tmp_path):
    import yaml

    rng = random.Random(seed)
    content = changed(rng, CHANNELS, rng.choice((0, 1, 1, 2, 5)))
    path = tmp_path / "channels.yaml"
    path.write_bytes(damaged(rng, yaml.safe_dump(content, allow_unicode=True)))
    method = rng.choice(("rolke", "cls", "bayesian", "rolke", "cls", "bayesian", "feldman-cousins", "x"))
    words = ["combine", str(path), f"--method={method}", "--toys=100"]
    words += ["--json"] if rng.random() < 0.5 else []
    if rng.random() < 0.2:
        words += [f"--{rng.choice(('cl', 'toys', 'seed', 'method', 'convention'))}={number(rng, 0.8)}"]
    answered(words)


PYHF = {
    "channels": [{"name": "c", "samples": [
        {"name": "s", "data": [5.0], "modifiers": [
            {"name": "mu", "type": "normfactor", "data": None},
            {"name": "e", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
        ]},
        {"name": "b", "data": [2.0], "modifiers": [
            {"name": "u", "type": "histosys", "data": {"hi_data": [2.4], "lo_data": [1.7]}},
            {"name": "v", "type": "shapesys", "data": [0.3]},
            {"name": "w", "type": "staterror", "data": [0.2]},
        ]},
    ]}],
    "observations": [{"name": "c", "data": [3.0]}],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}  # fmt: skip
HS3 = {
    "distributions": [{"type": "histfactory_dist", "name": "c", "axes": [], "samples": [
        {"name": "s", "data": {"contents": [5.0], "errors": [0.1]}, "modifiers": [
            {"name": "mu", "parameter": "mu", "type": "normfactor"},
            {"name": "e", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
        ]},
        {"name": "b", "data": {"contents": [2.0], "errors": [0.2]}, "modifiers": [
            {"name": "st", "type": "staterror"},
            {"name": "u", "type": "histosys",
             "data": {"hi": {"contents": [2.4]}, "lo": {"contents": [1.7]}}},
        ]},
    ]}],
    "data": [{"name": "obs", "type": "binned", "contents": [3.0]}],
    "likelihoods": [{"name": "l", "distributions": ["c"], "data": ["obs"]}],
    "analyses": [{"name": "a", "likelihood": "l", "parameters_of_interest": ["mu"]}],
    "metadata": {"hs3_version": "0.2"},
}  # fmt: skip
DATACARD = """\
imax 1
jmax 2
kmax *
-----
bin b
observation 3
bin b b b
process sig bkg other
process 0 1 2
rate 5.0 1.5 0.5
-----
e lnN 1.1 - -
norm lnN 1.02 1.3/0.8 1.2
cr gmN 6 - 0.25 -
"""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
@pytest.mark.parametrize("kind", ["pyhf", "hs3", "datacard"])
def test_models(kind, seed, answered, tmp_path):
    rng = random.Random(seed)
    path = tmp_path / "model"
    if kind == "datacard":
        lines = [line.split(" ") for line in DATACARD.splitlines()]
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            line = rng.choice(lines)
            place = rng.randrange(len(line))
            if rng.random() < 0.7:
                line[place] = number(rng, 0.8)
            elif rng.random() < 0.5:
                del line[place:]
                line.append("#")
            else:
                lines.append(list(line))
        text = "\n".join(" ".join(line) for line in lines) + "\n"
    else:
        content = changed(rng, {"pyhf": PYHF, "hs3": HS3}[kind], rng.choice((0, 1, 1, 2, 5)))
        text = json.dumps(content, indent=rng.choice((None, 1)))
    path.write_bytes(damaged(rng, text))
    method = rng.choice(("rolke", "cls", "bayesian", "feldman-cousins"))
    answered(["limit", "--model", str(path), f"--method={method}", "--json"])


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("observed,sideband,tau,efficiency", "1,2,0,0.5"),
        ("observed,background,background-uncertainty,efficiency", "1,1e300,1e300%,0.5"),
        ("observed,background,efficiency,efficiency-uncertainty", "1,1,1e-320,1e-320"),
    ],
)
def test_numbers_of_a_table_that_overflow(head, cells, answered, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(f"{head}\n{cells}\n{cells}\n")
    answered(["limit", "--table", str(path), "--method=rolke"])


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "{}", "{", "[]", "null", '{"channels": {}}', "\x00"]
)
@pytest.mark.parametrize("command", ["limit --method cls --model", "combine", "limit --method cls --table"])
def test_files_without_sense(command, text, answered, tmp_path):
    path = tmp_path / "file"
    path.write_text(text)
    answered([*command.split(), str(path)])


@pytest.mark.parametrize("command", ["limit --method cls --model", "combine", "limit --method cls --table"])
def test_no_file(command, answered, tmp_path):
    for path in (tmp_path, tmp_path / "missing", "", "a\x00b", "\ud800"):
        answered([*command.split(), str(path)])
