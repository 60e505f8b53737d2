"""A comparison of results says what differs first, in few words, and keeps both sides."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import same_results
from same_results import assert_equal, assert_same_file

from lnvsearch.event_files import tree_file
from lnvsearch.publication.figures.style import column_figure, figure_bytes


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(same_results, "KEPT", tmp_path / "kept")
    return tmp_path / "kept"


def lines(count, changed=()):
    return "".join(f"{i},{'x' if i in changed else 'a'}\n" for i in range(count)).encode()


def record(commit):
    return json.dumps({"rule": "a", "packages": {"numpy": "2"}, "commit": commit, "inputs": [1, 2]}).encode()


def events(path, masses, text="{}"):
    with tree_file(path) as add:
        add("Events", {"mass_gev": np.array(masses), "charge": np.ones(len(masses), np.int8)})
        add.write_text("metadata", text)
    return path.read_bytes()


def figure(kind, height=1.0):
    drawn, axes = column_figure()
    axes.plot([0.0, 1.0], [0.0, height])
    axes.set(ylim=(0, 2))
    return figure_bytes(drawn, kind)


def message_of(one, other):
    with pytest.raises(AssertionError) as caught:
        assert_same_file(one, other)
    return str(caught.value)


def differing(folder, name, one, other):
    for side, content in (("one", one), ("other", other)):
        (folder / side).mkdir(exist_ok=True)
        (folder / side / name).write_bytes(content)
    return message_of(folder / "one" / name, folder / "other" / name)


def test_the_first_lines_and_keys_are_named(tmp_path):
    said = differing(tmp_path, "a.csv", lines(99), lines(99, changed=range(3, 80)))
    assert "line 4: b'3,a' | b'3,x'" in said and "and 71 more" in said and len(said) < 1200
    assert "line 5: (nothing) | b'4,a'" in differing(tmp_path, "a.csv", lines(4), lines(5))
    said = differing(tmp_path, "a.json", record("0123"), record("0123+"))
    assert "commit: '0123' | '0123+'" in said and "packages" not in said
    assert "same content" in differing(tmp_path, "a.json", b'{"a": 1}', b'{"a":1}')
    assert "not whole JSON" in differing(tmp_path, "a.json", b'{"a": 1}', b'{"a": ')


def test_events_are_named_by_tree_branch_and_entry(tmp_path):
    nan = float("nan")
    one = events(tmp_path / "1.root", [0.5, nan, 0.25])
    said = differing(tmp_path, "a.root", one, events(tmp_path / "2.root", [0.5, nan, 0.75]))
    assert "Events;1/mass_gev: 1 of 3 and 3 entries, first 2: 0.25 | 0.75" in said and "charge" not in said
    said = differing(tmp_path, "a.root", one, events(tmp_path / "2.root", [0.5, nan]))
    assert "Events;1/mass_gev: 1 of 3 and 2 entries, first 2: 0.25 | None" in said
    said = differing(tmp_path, "a.root", one, events(tmp_path / "2.root", [0.5, nan, 0.25], '{"n": 1}'))
    assert """metadata;1: {} | {"n": 1}""" in said
    assert "not two whole ROOT files" in differing(tmp_path, "a.root", one, one[:400])
    said = differing(tmp_path, "a.root", one, one + b"\0")
    assert "same trees and texts" in said and f"byte {len(one)} of {len(one)} and {len(one) + 1}" in said


def test_pictures_are_told_by_what_is_drawn(tmp_path):
    said = differing(tmp_path, "a.png", figure("png"), figure("png", 1.5))
    assert re.search(r"[1-9]\d* of \d+ pixels, rows \d+ to", said)
    assert "(unpacked)" in differing(tmp_path, "a.pdf", figure("pdf"), figure("pdf", 1.5))
    assert "byte 0 of 3 and 4" in differing(tmp_path, "a.gz", b"\x01\x00\x02", b"\x03\x00\x02\x04")


def test_runs_are_kept_with_the_logs_of_their_jobs(tmp_path, kept):
    one, other = tmp_path / "run", tmp_path / "run again"
    for folder in (one, other):
        for path in ("results/a.csv", "results/same.csv", "results/logs/a.log", "log", "results/.a.12.part.csv"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("x\n1\n")
    (other / "results/logs/a.log").write_text("waited for another job")
    assert_equal(one, other)
    assert not kept.exists()
    (other / "results/a.csv").write_text("x\n2\n")
    (other / "results/b.csv").touch()
    with pytest.raises(AssertionError) as caught:
        assert_equal(one, other)
    said = str(caught.value)
    assert "results/a.csv:\n  line 2: b'1' | b'2'" in said and f"only in {other}: results/b.csv" in said
    place = Path(re.search(r"both kept in (\S+)", said)[1])
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    shared = {f"{side}/{path}" for side in ("one", "other") for path in ("results/a.csv", "results/logs/a.log", "log")}
    assert found == shared | {"other/results/b.csv"} and place.parent == kept


def test_of_many_files_some_are_told_and_all_are_named(tmp_path):
    for side in ("one", "other"):
        for i in range(20):
            path = tmp_path / side / f"results/{i:02}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(lines(20, changed=range(20) if side == "other" else ()))
    with pytest.raises(AssertionError) as caught:
        assert_equal(tmp_path / "one", tmp_path / "other")
    said = str(caught.value)
    assert all(f"results/{i:02}.csv" in said for i in range(20)) and len(said) < 4000
