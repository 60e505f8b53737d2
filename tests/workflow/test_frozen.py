"""Data open with the frozen analysis alone, and the log says who looked."""

import copy
import errno
import json
import os
import subprocess
import sys

import frozen
import pytest
import quick_yaml
from searches.load import load_papers


class Code:
    """Stands for the project's code."""

    text = "as it is"

    def fingerprint(self, *names):
        return f"{self.text} {names}"


@pytest.fixture
def searches(root, tmp_path, monkeypatch):
    """Load the searches with data that are open, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.root").write_bytes(b"events")
    config = quick_yaml.load((root / "config/config.yaml").read_text())

    def load(project=root, **chosen):
        values = copy.deepcopy(config)
        for name in values["data"]:
            values["data"][name] = {"file": "data.root", "unblind": True, **chosen}
        return load_papers(values, project, "config.yaml")

    return load


#: Of the BESIII search; narrower at one end.
WINDOW, NARROW = {"kkee/lnv": [[3.07, 3.12]]}, {"kkee/lnv": [[3.09, 3.12]]}


def freeze(search, code):
    return list(frozen.freeze({search.name: frozen.parts(search, code)}))


def test_only_the_frozen_analysis_opens_and_what_changed_is_named(searches):
    search, code = searches()["besiii_2025"], Code()
    (line,) = frozen.problems(search, code)
    assert line.startswith("data.besiii_2025.unblind: config/frozen/besiii_2025.json: no such manifest")
    assert "commit" in freeze(search, code)[0]
    assert list(frozen.problems(search, code)) == []
    assert freeze(search, code) == ["config/frozen/besiii_2025.json: as frozen before"]
    cuts = {cut["cut"]: cut for cut in search.settings["selection"]}

    def window():
        cuts["signal_window"]["mass_maximum_gev"] = 3.11

    changes = {
        "selection": lambda: cuts["chi_square"].update(maximum=30.0),
        "regions, closed regions": window,
        "normalisation": lambda: search.config["data"][search.name].update(n_parents={"mean": 1e9, "sigma": 1e6}),
        "own events": lambda: search.config["data"][search.name].update(branches={"track_kappa": "q_over_pt"}),
        "systematics": lambda: search.settings["systematics"].pop(),
        "samples and limits": lambda: search.settings["parent"].update(number=1e9),
        "combinations": lambda: search.config["combinations"]["besiii_charges"].update(
            common_efficiency_percent=3.0),
        "detector": lambda: search.detector["beam"]["momentum_x_gev"].update(value=0.03),
        "library": lambda: setattr(code, "text", "edited"),
    }
    so_far = []
    for part, change in changes.items():
        change()
        so_far.append(part)
        (line,) = frozen.problems(search, code)
        assert f"another {', '.join(so_far)};" in line, line
    names = "selection, regions, closed regions, normalisation, own events, systematics, samples and limits, combinations, " \
        "detector, library"
    assert f"({names})" in freeze(search, code)[0]
    assert list(frozen.problems(search, code)) == []


@pytest.mark.parametrize("content", [
    b"", b"{", b"\xff\xfe", b"[]", b"null", b'"parts"', b'{"parts": []}', b'{"parts": null}', b'{"parts": {}}',
    b"[" * 100_000,
])  # fmt: skip
def test_what_is_no_manifest_is_refused_in_one_line_and_frozen_anew(searches, content):
    search, code = searches()["besiii_2025"], Code()
    freeze(search, code)
    frozen.manifest_file("besiii_2025").write_bytes(content)
    (line,) = frozen.problems(search, code)
    assert "besiii_2025.json: no such manifest, or not a whole one; freeze" in line
    assert "frozen anew" in freeze(search, code)[0]
    assert list(frozen.problems(search, code)) == []


def test_a_manifest_of_other_kinds_of_values_differs(searches):
    search, code = searches()["besiii_2025"], Code()
    freeze(search, code)
    file = frozen.manifest_file("besiii_2025")
    content = json.loads(file.read_text())
    content["parts"] |= {"packages": "numpy 3 scipy==", "regions": 5, "selection": ["a"]}
    file.write_text(json.dumps(content))
    (line,) = frozen.problems(search, code)
    assert "another selection, regions, packages (" in line


def test_other_events_off_resonance_are_another_analysis(searches, tmp_path):
    (tmp_path / "off.root").write_bytes(b"few")
    point = {"file": "off.root", "energy_gev": 3.08, "luminosity_per_pb": 153.0}
    search, code = searches()["besiii_2025"], Code()
    search.config["data"]["besiii_2025"]["off_resonance"] = [point]
    freeze(search, code)
    (tmp_path / "off.root").write_bytes(b"none")
    (line,) = frozen.problems(search, code)
    assert "another own events;" in line


@pytest.mark.parametrize(("name", "file", "old", "new"), [
    ("besiii_2025", "config/calibration/besiii_2025.yaml", "maximum: 20.0", "maximum: 2.0"),
    ("besiii_2025", "resources/besiii_2025_cocktail.csv", ",", ",1"),
    ("besiii_2025", "resources/published/besiii_2025/numbers.csv", "Table 2", "table 2"),
    ("na62_2022", "config/calibration/na62_2022.yaml", "minimum_m: 0.015", "minimum_m: 0.15"),
    ("na62_2022", "resources/effective_events/na62_2022.csv", "e-0", "e-1"),
    ("na62_2022", "map.json", '"flow"', ' "flow"'),
])  # fmt: skip
def test_the_content_of_every_file_counts_under_its_name(searches, with_map, name, file, old, new):
    search, code, path = searches(with_map, masked_first=False)[name], Code(), with_map / file
    freeze(search, code)
    text = path.read_text()
    if path.suffix == ".yaml":
        path.write_text(f"# A comment\n{text}")
        assert list(frozen.problems(search, code)) == []
    assert old in text
    path.write_text(text.replace(old, new, 1))
    (line,) = frozen.problems(search, code)
    assert f"another {file};" in line


def test_a_manifest_without_a_part_needs_a_new_freeze_that_names_it(searches):
    search, code = searches()["besiii_2025"], Code()
    freeze(search, code)
    file, new = frozen.manifest_file("besiii_2025"), ("closed regions", "config/calibration/besiii_2025.yaml")
    content = json.loads(file.read_text())
    content["parts"] = {part: value for part, value in content["parts"].items() if part not in new}
    content["parts"]["resources/former.csv"] = "0"
    file.write_text(json.dumps(content))
    (line,) = frozen.problems(search, code)
    names = "closed regions (new), config/calibration/besiii_2025.yaml (new), resources/former.csv (not read now)"
    assert f"another {names}; go back" in line and "`snakemake freeze`" in line
    assert f"frozen anew ({names})" in freeze(search, code)[0]


def test_another_package_is_named_with_both_versions(searches, monkeypatch):
    search, code = searches()["besiii_2025"], Code()
    freeze(search, code)
    installed = frozen.packages.versions()
    assert {"python", "numpy", "scipy", "numba", "llvmlite", "uproot"} <= installed.keys()
    assert not {"snakemake", "matplotlib"} & installed.keys()
    others = {**installed, "numpy": "9.9", "further": "1.0"}
    monkeypatch.setattr(frozen.packages, "versions", lambda: others)
    (line,) = frozen.problems(search, code)
    named = f"packages (further 1.0, not none, numpy 9.9, not {installed['numpy']})"
    assert f"another {named};" in line
    assert f"frozen anew ({named})" in freeze(search, code)[0]


def test_a_combination_counts_for_the_searches_in_it_and_so_does_the_code_that_combines(searches):
    class Recorder(Code):
        asked = ()

        def fingerprint(self, *names):
            self.asked += names
            return ""

    both, code = searches(), Recorder()
    before = {name: frozen.parts(search, code) for name, search in both.items()}
    assert "combine_limits" in code.asked
    combinations = both["besiii_2025"].config["combinations"]
    combinations["besiii_charges"]["title"] = "another"
    assert {name: frozen.parts(search, code) for name, search in both.items()} == before
    combinations["besiii_charges"]["parts"]["kkee_plus"]["observed"] = 0
    changed = [name for name, search in both.items() if frozen.parts(search, code) != before[name]]
    assert changed == ["besiii_2025"]


def test_what_is_closed_needs_no_manifest_and_looks_do_not_count(searches):
    for search in searches(unblind=False).values():
        assert list(frozen.problems(search, Code())) == []
    for search in searches(masked_first=False).values():
        freeze(search, Code())
        search.settings["title"] = "another"
        assert list(frozen.problems(search, Code())) == []


def test_the_masked_region_of_a_kaon_search_opens_first(searches):
    code = Code()
    search = searches()["na62_2022"]
    freeze(search, code)
    (line,) = frozen.problems(search, code)
    assert "the masked region comes before the signal's" in line and "open: masked" in line
    frozen.open_or_close("na62_2022", ["masked"], "data.root", {})
    assert list(frozen.problems(search, code)) == []
    # With another manifest the order begins anew.
    search.settings["parent"] = "another"
    freeze(search, code)
    assert "comes before" in next(frozen.problems(search, code))


def test_every_opening_and_closing_is_a_line_of_a_log_that_shows_edits(searches):
    search = searches()["besiii_2025"]
    freeze(search, Code())
    manifest = frozen.digest(frozen.manifest_file("besiii_2025"))
    for opened in ([], ["signal"], ["signal"], [], []):
        frozen.open_or_close("besiii_2025", opened, "data.root", WINDOW)
    table = frozen.history("besiii_2025")
    assert table["event"] == ["frozen", "opened", "opened", "closed"]
    assert [event["event"] for event in frozen.events("besiii_2025")].count("looked") == 1
    assert set(table["manifest"]) == {manifest} and table["data"][1] == frozen.digest("data.root")
    assert frozen.history("na62_2022")["event"] == []
    lines = frozen.LOG.read_text().splitlines()
    for spoiled in (lines[:1] + lines[2:], [lines[0], lines[1].replace("looked", "closed"), *lines[2:]],
                    [*lines, "{"]):  # fmt: skip
        frozen.LOG.write_text("\n".join(spoiled) + "\n")
        with pytest.raises(frozen.FrozenError, match="openings.jsonl: line . does not follow"):
            frozen.open_or_close("besiii_2025", ["signal"], "data.root", WINDOW)
    assert [json.loads(line)["regions"] for line in lines[1:3]] == [["kkee/lnv:3.07-3.12"], ["signal"]]


def test_what_is_no_longer_closed_is_a_line_of_the_log(searches):
    """Without a manifest, too; the table of the report leaves out data that were only read while closed."""
    wide, further = {"kkee/lnv": [[3.06, 3.13]]}, {"kkee/sm": []}
    for closed in (further | WINDOW, further | WINDOW, wide, NARROW, WINDOW, {}, further | wide, further | wide | {"kkee/new": []}):
        frozen.open_or_close("besiii_2025", [], "data.root", closed)
    told = [(event["event"], " ".join(event["regions"])) for event in frozen.events("besiii_2025")]
    assert told == [
        ("looked", "kkee/sm:none kkee/lnv:3.07-3.12"), ("looked", "kkee/lnv:3.06-3.13"),
        ("narrowed", "kkee/lnv:3.09-3.12"), ("narrowed", "kkee/lnv:3.07-3.12"), ("narrowed", ""),
        ("looked", "kkee/sm:none kkee/lnv:3.06-3.13"),
        ("narrowed", "kkee/sm:none kkee/lnv:3.06-3.13 kkee/new:none"),
    ]  # fmt: skip
    assert frozen.history("besiii_2025")["event"] == ["narrowed"] * 4
    assert frozen.events()[2]["closed"] == NARROW


def test_closed_regions_narrower_than_the_frozen_ones_are_refused(searches):
    (search, kaons), code = (searches(unblind=False)[name] for name in ("besiii_2025", "na62_2022")), Code()
    for one in (search, kaons):
        freeze(one, code)
    (window,) = (cut for cut in search.settings["selection"] if cut["cut"] == "signal_window")
    window.update(mass_minimum_gev=3.06, mass_maximum_gev=3.13)
    assert list(frozen.problems(search, code)) == []
    window.update(mass_minimum_gev=3.095, mass_maximum_gev=3.0951)
    (line,) = frozen.problems(search, code)
    assert "config/papers/besiii_2025.yaml: closed windows in mass: narrower than the frozen ones (config/frozen/" in line
    assert "without kkee/lnv:3.07-3.095 kkee/lnv:3.0951-3.12 GeV; widen them again, or freeze" in line
    regions = kaons.channels["piee"]["selections"]["lnv"]["regions"]
    del regions["signal"]  # lies in the masked one
    assert list(frozen.problems(kaons, code)) == []
    regions["masked"] = [[0.47, 0.50]]
    (line,) = frozen.problems(kaons, code)
    assert "without piee/lnv:0.5-0.505 GeV" in line
    freeze(search, code)
    assert list(frozen.problems(search, code)) == []
    file = frozen.manifest_file("na62_2022")
    for content in ("5", "[]", '{"piee/lnv": 5}', "{", "[" * 100_000):
        file.write_text(json.dumps({"parts": {"closed regions": content}}))
        (line,) = frozen.problems(kaons, code)
        assert "config/frozen/na62_2022.json: closed regions: no windows; restore" in line


OPEN = "import frozen, sys; [frozen.log_event(sys.argv[1], 'opened', [], '') for _ in range(40)]"


def test_searches_that_are_opened_at_the_same_time_leave_a_whole_log(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = os.pathsep.join([str(root / "workflow"), str(root / "src")])
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, name], env={**os.environ, "PYTHONPATH": paths})
        for name in ("one", "two", "three")
    ]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert [len(frozen.events(name)) for name in ("one", "two", "three")] == [40, 40, 40]
    assert [path.name for path in frozen.FOLDER.iterdir()] == ["openings.jsonl"]


def test_an_opening_without_a_line_of_its_freezing_is_refused(searches):
    """The log was moved away, or is that of another manifest; freezing again says that it was lost."""
    search, code = searches()["besiii_2025"], Code()
    freeze(search, code)
    frozen.open_or_close("besiii_2025", ["signal"], "data.root", WINDOW)
    for spoil in (frozen.LOG.unlink, lambda: frozen.LOG.write_text("")):
        spoil()
        (line,) = frozen.problems(search, code)
        assert "openings.jsonl has no line that config/frozen/besiii_2025.json was frozen; restore" in line
        with pytest.raises(frozen.FrozenError, match="has no line"):
            frozen.open_or_close("besiii_2025", ["signal"], "data.root", WINDOW)
        assert "as frozen before, but config/frozen/openings.jsonl did not say so" in freeze(search, code)[0]
        assert list(frozen.problems(search, code)) == []
        assert freeze(search, code) == ["config/frozen/besiii_2025.json: as frozen before"]
        frozen.open_or_close("besiii_2025", ["signal"], "data.root", WINDOW)
        assert frozen.history("besiii_2025")["event"] == ["frozen again", "opened"]
    odd = dict.fromkeys([*frozen._KEYS, "closed"], "")
    for content in (b"{", b"\xff", b'{"before": ""}', json.dumps(odd).encode(), b"[" * 100_000):
        frozen.LOG.write_bytes(content)
        (line,) = frozen.problems(search, code)
        assert "openings.jsonl: line 1 does not follow" in line


def test_a_log_on_a_full_disk_stays_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frozen.log_event("one", "opened", [], "")
    before = frozen.LOG.read_bytes()

    def full(*paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="openings.jsonl"):
            frozen.log_event("one", "closed", [], "")
    assert frozen.LOG.read_bytes() == before
    frozen.log_event("one", "closed", [], "")
    assert len(frozen.events()) == 2


def test_a_search_without_a_masked_region_opens_at_once(searches, root):
    from searches.configuration import ConfigurationError

    with pytest.raises(ConfigurationError, match=r"besiii_2025\.open: the search has no masked region"):
        searches(open="masked")


def test_the_order_of_the_regions_is_the_library_s():
    from searches.na62.search import KaonSearch

    from lnvsearch.selection.blinding import CLOSED_REGIONS

    assert KaonSearch.closed_regions == CLOSED_REGIONS
