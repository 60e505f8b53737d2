"""Files of a user's own that are nested so deeply that their readers would end the program."""

import gzip

import pytest

from lnvsearch.cli import main
from lnvsearch.experiments.na62.selection.measured_maps import with_measured
from lnvsearch.files import read_json
from lnvsearch.nesting import NestedTooDeeplyError, check_nesting, json_of, yaml_of

DEEP = {"brackets": "a: " + "[" * 100_000, "braces": "{a: " * 100_000, "dashes": "- " * 100_000, "closed": "[" * 101 + "]" * 101}
WORDS = "more than 100 lists or mappings are within one another; close brackets"


@pytest.mark.parametrize("case", DEEP)
@pytest.mark.parametrize("name", ["CSafeLoader", "SafeLoader"])
def test_yaml_is_refused_before_it_is_built(case, name):
    yaml = pytest.importorskip("yaml")
    with pytest.raises(NestedTooDeeplyError, match=f"^line 1: {WORDS}"):
        check_nesting(DEEP[case], getattr(yaml, name, yaml.SafeLoader))


def test_a_hundred_levels_are_read():
    assert str(yaml_of("[" * 100 + "]" * 100)) == "[" * 100 + "]" * 100
    assert str(json_of("[" * 100 + "]" * 100)) == "[" * 100 + "]" * 100
    assert yaml_of("[1],[2]"[:3]) == [1] and yaml_of("".join(f"a{i}: [1]\n" for i in range(300)))["a299"] == [1]


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 101 + "]" * 101, '{"a":' * 101 + "1" + "}" * 101])
def test_json_is_refused(text, tmp_path):
    with pytest.raises(NestedTooDeeplyError, match=WORDS):
        json_of(text)
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(ValueError, match=f"result.json: not a whole JSON file .{WORDS}.*delete it and run again"):
        read_json(tmp_path / "result.json")
    (tmp_path / "maps.json.gz").write_bytes(gzip.compress(text.encode()))
    measured = {"pion": {"correction": "x", "inputs": ["momentum_gev"]}}
    with pytest.raises(ValueError, match=f"maps.json.gz: no JSON .{WORDS}"):
        with_measured({"corrections": []}, measured, {"pion": str(tmp_path / "maps.json.gz")})


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["recast", "--model"], DEEP["brackets"]), (["combine"], DEEP["dashes"]),
        (["check-events", "events.root", "--branches"], DEEP["braces"]),
        (["limit", "--model"], '{"channels": ' + "[" * 100_000),
        (["limit", "--model"], '{"channels": ' + "[" * 200 + "]" * 200 + "}"),
    ],
)  # fmt: skip
def test_commands_refuse_it_in_one_line(words, text, tmp_path, capsys):
    (tmp_path / "deep.yaml").write_text(text)
    assert main([*words, str(tmp_path / "deep.yaml")]) == 2
    said = capsys.readouterr().err
    assert "deep.yaml" in said and WORDS in said and said.count("\n") == 1
