"""A further search at BESIII is a YAML file: the examples of the manual, checked and run."""

import csv
import json
import math
import os
import re
import shutil
import sys

import hang_guard
import pytest
import python_path
import quick_yaml
import uproot
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers

MUONS, ELECTRONS, MIXED = "besiii_kkmumu", "besiii_pipiee", "besiii_kpiee"
#: Not an example of its own: that of the muons, with a pion.
MIXED_MUONS = "besiii_kpimumu"
N_JPSI = 10087e6
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def add(root, project, *names):
    """The project's data and workflow, copied, and the examples where they belong."""
    for folder in ("config", "resources", "workflow", "docs/examples"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, project / folder, ignore=ignored)
    shutil.copy(root / "Snakefile", project)
    (project / "src").symlink_to(root / "src")
    for name in names:
        example = project / "docs/examples" / name
        shutil.copy(example / f"{name}.yaml", project / "config/papers")
        published = project / "resources/published" / name
        published.mkdir()
        for file in ("numbers.csv", "SOURCES.md"):
            shutil.copy(example / file, published)
    return project


def add_kaon_pion_muons(project):
    """K+ pi+ mu- mu-: the example of the muons, in which the second kaon is a pion."""
    example = project / "docs/examples" / MUONS
    text = (example / f"{MUONS}.yaml").read_text(encoding="utf-8").replace("kkmumu", "kpimumu")
    content = quick_yaml.load(text)
    content["channels"]["kpimumu"]["final_state"] = ["K+", "pi+", "mu-", "mu-"]
    flat, pair = (content["samples"][f"signal_{n}"]["decay"] for n in ("phsp", "two_majorana"))
    flat["daughters"] = ["K+", "mu-", "pi+", "mu-"]
    pair["daughters"][1]["daughters"] = ["pi+", "mu-"]
    mixed = quick_yaml.load((project / f"docs/examples/{MIXED}/{MIXED}.yaml").read_text())
    content["selection"] = [
        cut for cut in content["selection"]
        if cut["cut"] not in ("kaon_identification", "smallest_chi_square")
    ]  # fmt: skip
    for place, cut in enumerate(mixed["selection"]):
        if cut["cut"] in ("kaon_identification", "pion_identification", "smallest_chi_square"):
            content["selection"].insert(place, cut)
    used = {row["estimate"].get("variation") for row in content["systematics"] if "estimate" in row}
    content["variations"] = {k: v for k, v in content["variations"].items() if k in used}
    file = project / "config/papers" / f"{MIXED_MUONS}.yaml"
    file.write_text(quick_yaml.dump(content, sort_keys=False), encoding="utf-8")
    published = project / "resources/published" / MIXED_MUONS
    published.mkdir()
    shutil.copy(example / "numbers.csv", published)
    return content


def load(project, name):
    config = read_yaml(project / "config/config.yaml")
    return load_papers({**config, "papers": [name]}, project, "config.yaml")[name]


@pytest.fixture
def project(root, tmp_path):
    return add(root, tmp_path, MUONS, ELECTRONS, MIXED)


def of_page(root):
    """The part of the manual about BESIII."""
    text = (root / "docs/adding-a-search.md").read_text(encoding="utf-8")
    return text.partition("## A search at BESIII")[2]


# ------------------------------------------------------------------------ what the file says


@pytest.mark.parametrize("name", [MUONS, ELECTRONS, MIXED])
def test_an_example_is_accepted_as_it_is(project, name):
    paper = load(project, name)
    assert f"results/{name}/tables/sensitivity.csv" in paper.leaves()
    assert set(paper.limit_inputs(paper.channel)) == {"acceptance", "systematics"}
    limit = paper.limit_parameters(paper.channel)
    assert "efficiency" not in limit and limit["n_parents"] == N_JPSI
    assert limit["inputs"] == "own"  # no published number is overridden: there is none


def test_only_a_search_with_muons_simulates_what_they_need(project):
    has_muons = {
        name: load(project, name).simulation_parameters("signal_phsp", "nominal").get("muons", False)
        for name in (MUONS, ELECTRONS, MIXED, "besiii_2025")
    }
    assert has_muons == {MUONS: True, ELECTRONS: False, MIXED: False, "besiii_2025": False}


def test_pions_and_muons_are_a_search_of_their_own(project):
    """The cuts of the two examples together."""
    file = project / "config/papers" / f"{MUONS}.yaml"
    content = quick_yaml.load(file.read_text())
    other = quick_yaml.load((file.parent / f"{ELECTRONS}.yaml").read_text())
    (pions,) = (cut for cut in other["selection"] if cut["cut"] == "pion_identification")
    content["selection"][3] = pions
    content["channels"]["kkmumu"]["final_state"] = ["pi+", "pi+", "mu-", "mu-"]
    for sample in content["samples"].values():
        sample["decay"] = json.loads(json.dumps(sample["decay"]).replace('"K+"', '"pi+"'))
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    paper = load(project, MUONS)
    assert paper.simulation_parameters("signal_phsp", "nominal")["muons"]


def test_a_kaon_a_pion_and_muons_are_a_search_of_their_own(project):
    names = [cut["cut"] for cut in add_kaon_pion_muons(project)["selection"]]
    assert names[3:7] == [
        "kaon_identification", "pion_identification", "muon_identification", "muon_counter",
    ]  # fmt: skip
    assert names[-3:] == ["smallest_chi_square", "chi_square", "signal_window"]
    paper = load(project, MIXED_MUONS)
    assert paper.simulation_parameters("signal_phsp", "nominal")["muons"]


@pytest.mark.parametrize("cut", ["kaon_identification", "pion_identification"])
def test_each_of_two_hadrons_needs_its_identification(project, cut):
    file = project / "config/papers" / f"{MIXED}.yaml"
    content = quick_yaml.load(file.read_text())
    content["selection"] = [one for one in content["selection"] if one["cut"] != cut]
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    assert f"the selection does not identify it and would keep no event; add the cut {cut}" in refusal(
        project, MIXED
    )


def _decay(content, daughters):
    content["samples"]["signal_phsp"]["decay"]["daughters"] = daughters


def _cut(name, **parameters):
    return lambda c: c["selection"].insert(3, {"cut": name, **parameters})


def _final_state(*names):
    return lambda c: c["channels"]["kkmumu"].update(final_state=list(names))


def _from_kkee(section):
    def change(content, paper):
        content[section] = paper[section]
    return change


BAD = {
    "hadrons of both charges": (
        _final_state("K+", "pi-", "mu-", "mu-"), ["K+ pi- mu- mu-", "two hadrons of one charge"]
    ),
    "a pion for a kaon": (
        _final_state("K+", "pi+", "mu-", "mu-"),
        ["pi: the selection does not identify it", "add the cut pion_identification", "signal_phsp decays to"],
    ),
    "two leptons": (_final_state("K+", "K+", "mu-", "e-"), ["two equal leptons"]),
    "two of all": (_final_state("K+", "pi+", "mu-", "e-"), ["two equal leptons"]),
    "protons": (_final_state("p", "p", "mu-", "mu-"), ["p: the selection identifies K, pi, e and mu"]),
    "five particles": (_final_state("K+", "K+", "mu-", "mu-", "pi0"), ["pi0: the selection identifies"]),
    "one charge": (_final_state("K+", "K+", "mu+", "mu+"), ["pairs two hadrons of one charge"]),
    "muons that no cut identifies": (
        lambda c: c["selection"].pop(4), ["mu: the selection does not identify it", "muon_identification"]
    ),
    "a cut on electrons": (
        _cut("electron_identification", confidence_level_minimum=0.0, confidence_level_ratio_minimum=0.8),
        ["selection: electron_identification: no e in the final state", "remove the cut"],
    ),
    "a counter before its muons": (
        lambda c: c["selection"].insert(4, c["selection"].pop(5)),
        ["selection: muon_counter before muon_identification", "exchange them"],
    ),
    "pairs before their identification": (
        lambda c: c["selection"].insert(3, c["selection"].pop(6)),
        ["selection: kaon_identification after like_sign_pairs", "muon_counter after like_sign_pairs"],
    ),
    "another decay": (
        lambda c: _decay(c, ["K+", "e-", "K+", "e-"]),
        ["channels.kkmumu.efficiency_sample: signal_phsp decays to K+ K+ e- e-, not to K+ K+ mu- mu-"],
    ),
    "masses without a bin": (lambda c: c.pop("mass_bin"), ["mass_bin: missing", "at each mass"]),
    "masses without a scan": (lambda c: c.pop("mass_scan"), ["mass_scan: missing"]),
    "no model of the scan": (
        lambda c: c["channels"]["kkmumu"].pop("scan_model"), ["scan_model: missing", "two_majorana"]
    ),
    "not calibrated": (
        lambda c: c["variations"]["radiation_off"].update(calibrated=False),
        ["variations.radiation_off.calibrated: the search has no `calibration`"],
    ),
}  # fmt: skip


def refusal(project, name=MUONS):
    with pytest.raises(ConfigurationError) as caught:
        load(project, name)
    return str(caught.value)


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_known_is_told(project, case):
    change, expected = BAD[case]
    file = project / "config/papers" / f"{MUONS}.yaml"
    content = quick_yaml.load(file.read_text())
    change(content)
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    message = refusal(project)
    for words in (file.name, *expected):
        assert words in message


@pytest.mark.parametrize(("sections", "said"), [
    (["backgrounds", "chi_square_scan"], "backgrounds: not known for K+ K+ mu- mu-, only for kaons and electrons"),
    (["recast"], "recast: not known for K+ K+ mu- mu-"),
    (["backgrounds"], "backgrounds: needs chi_square_scan, which is missing"),
])  # fmt: skip
def test_backgrounds_and_recasts_of_muons_are_refused(project, sections, said):
    file = project / "config/papers" / f"{MUONS}.yaml"
    content = quick_yaml.load(file.read_text())
    kkee = quick_yaml.load((file.parent / "besiii_2025.yaml").read_text())
    content |= {name: kkee[name] for name in sections}
    if "chi_square_scan" in sections:
        content["chi_square_scan"]["punzi_constant"] = 1.5
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    assert said in refusal(project)


def test_recorded_events_are_refused(project, tmp_path):
    config = read_yaml(project / "config/config.yaml")
    (tmp_path / "own.root").write_bytes(b"")
    data = {MUONS: {"file": str(tmp_path / "own.root")}}
    with pytest.raises(ConfigurationError, match=r"backgrounds: missing; .* data\.besiii_kkmumu"):
        load_papers({**config, "papers": [MUONS], "data": data}, project, "config.yaml")


def test_a_paper_without_its_printed_efficiency_is_told(project):
    """Only a search without published numbers may do without."""
    numbers = project / "resources/published/besiii_2025/numbers.csv"
    text = numbers.read_text(encoding="utf-8")
    lost = re.sub(r"channels\.kkee\.limit\.efficiency\.(mean|relative_sigma_percent)[^,\n]*", "", text)
    assert lost != text
    numbers.write_text(lost, encoding="utf-8")
    assert "channels.kkee.limit.efficiency: missing" in refusal(project, "besiii_2025")


# ------------------------------------------------------------------------------- the manual


def test_every_quoted_block_is_in_an_example(root):
    examples = [(root / f"docs/examples/{n}/{n}.yaml").read_text("utf-8") for n in (MUONS, ELECTRONS, MIXED)]
    blocks = [block for kind, block in FENCE.findall(of_page(root)) if kind == "yaml"]
    assert len(blocks) >= 4
    for block in blocks:
        assert any(block in example for example in examples), block


# ---------------------------------------------------------------------------------- the run


@pytest.fixture(scope="module")
def results(root, tmp_path_factory):
    """Results of the commands of the page, typed as they stand there; then those of the other searches."""
    project = add(root, tmp_path_factory.mktemp("project"), ELECTRONS, MIXED)
    add_kaon_pion_muons(project)
    program = project / "bin/snakemake"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m snakemake "$@"\n')
    program.chmod(0o755)
    (block,) = (block for kind, block in FENCE.findall(of_page(root)) if kind == "console")
    commands = [line.removeprefix("$ ") for line in block.splitlines()]
    commands.append(commands[-1].replace(MUONS, f'{ELECTRONS}","{MIXED}","{MIXED_MUONS}'))
    environment = {
        **os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": python_path.beginning_with(project / "src"), "MPLCONFIGDIR": str(project / ".matplotlib"),
    }  # fmt: skip
    process = hang_guard.run(
        ["sh", "-ec", "\n".join(commands)], cwd=project, env=environment, merge=True
    )
    assert process.returncode == 0, process.stdout[-4000:]
    return project / "results"


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.workflow
def test_muons_are_predicted(results, root):
    efficiencies = {
        (row["sample"], row["variation"]): row
        for row in rows(results / MUONS / "efficiencies/kkmumu.csv")
    }
    nominal = float(efficiencies["signal_phsp", "nominal"]["efficiency"])
    # Acceptance, tracking and kaon decays leave 46 %, the counter about 0.8 of the muon pairs.
    assert 0.18 < nominal < 0.27
    sigma = float(efficiencies["signal_phsp", "nominal"]["efficiency_uncertainty"])
    ratio = {v: float(row["efficiency"]) / nominal for (s, v), row in efficiencies.items()
             if s == "signal_phsp"}
    # The same random numbers: a counter that takes (0.95/0.90)^2 of the pairs, or fewer that need it.
    assert 1.03 < ratio["muon_counter_efficiency"] <= (0.95 / 0.90) ** 2 + 2 * sigma / nominal
    assert ratio["muon_counter_coverage"] < 1.0 and ratio["muon_counter_threshold"] < 0.95
    assert ratio["kaon_decay_radius"] < 1.0 and ratio["slow_muons_lost"] <= 1.0


@pytest.mark.workflow
def test_the_bin_holds_both_masses_of_a_kaon_and_a_muon(results):
    scan = [row for row in rows(results / MUONS / "efficiencies/kkmumu.csv") if row["mass_gev"]]
    assert len(scan) == 5
    for row in scan:
        inside = int(row["n_selected_in_bin"]) / int(row["n_selected"])
        assert 0.9 < inside <= 1.0, row["mass_gev"]
    with uproot.open(results / MUONS / "selected/signal_two_majorana_m1.050/nominal.root") as file:
        found = file["Candidates"].arrays(library="np")
    passes = found["passes_signal_window"] & found["passes_majorana_mass_bin"]
    for i in (1, 2):
        assert abs(found[f"fitted_m_kmu_{i}_gev"][passes].mean() - 1.05) < 0.003


@pytest.mark.workflow
def test_the_limits_are_those_of_the_given_counts(results):
    (row,) = rows(results / MUONS / "tables/sensitivity.csv")
    efficiency = float(row["efficiency_percent"]) / 100.0
    limit = float(row["upper_limit"])
    # No event and a known efficiency: ln 10/(efficiency N); its uncertainty of some 25 % adds a little.
    assert 1.0 < limit / (math.log(10.0) / (efficiency * N_JPSI)) < 1.1
    assert row["expected_limit"] == row["upper_limit"]  # nothing else can be seen
    (row,) = rows(results / ELECTRONS / "tables/sensitivity.csv")
    assert (row["background_events"], row["observed_events"]) == ("1.5", "1")
    low, median, high = (float(row[k]) for k in ("expected_from", "expected_limit", "expected_to"))
    assert low <= float(row["upper_limit"]) <= high and low <= median <= high
    for name in (MUONS, ELECTRONS):
        (row,) = rows(results / name / "tables/sensitivity.csv")
        channel = name.removeprefix("besiii_")
        records = json.loads((results / name / f"limits/{channel}.json").read_text())
        assert {record["kind"] for record in records} == {"simulated"}
        shown = [r for r in records if r["is_paper_method"] and r["variant"] == "nominal"]
        assert float(row["upper_limit"]) == pytest.approx(shown[0]["upper_branching_fraction"], rel=0.005)


@pytest.mark.workflow
def test_pions_and_electrons_are_predicted_and_four_pions_are_not_taken_for_them(results):
    efficiencies = {
        (row["sample"], row["variation"]): row
        for row in rows(results / ELECTRONS / "efficiencies/pipiee.csv")
    }
    nominal = float(efficiencies["signal_phsp", "nominal"]["efficiency"])
    assert 0.20 < nominal < 0.31
    assert float(efficiencies["four_pions", "nominal"]["n_selected"]) == 0
    varied = float(efficiencies["signal_phsp", "electron_energy_response"]["efficiency"])
    assert 0.8 * nominal < varied < nominal


@pytest.mark.workflow
def test_a_kaon_and_a_pion_are_predicted(results):
    """More than two kaons of the same leptons, less than two pions: kaons decay sooner."""
    found = {
        name: {
            (row["sample"], row["variation"]): row
            for row in rows(results / name / f"efficiencies/{name.removeprefix('besiii_')}.csv")
        }
        for name in (MUONS, ELECTRONS, MIXED, MIXED_MUONS)
    }
    nominal = {n: float(f["signal_phsp", "nominal"]["efficiency"]) for n, f in found.items()}
    assert nominal[MUONS] < 1.05 * nominal[MIXED_MUONS] < 1.35 * nominal[MUONS]
    assert 0.7 * nominal[ELECTRONS] < nominal[MIXED] < 1.05 * nominal[ELECTRONS]
    assert float(found[MIXED]["kshort_kpi", "nominal"]["n_selected"]) == 0
    kaons, pions = (
        float(found[MIXED]["signal_phsp", f"{name}_decay"]["efficiency"]) for name in ("kaons", "pions")
    )
    assert kaons < pions <= nominal[MIXED]  # the same random numbers; few pions decay


@pytest.mark.workflow
@pytest.mark.parametrize(("name", "lepton"), [(MIXED, "e"), (MIXED_MUONS, "mu")])
def test_the_bin_holds_the_mass_of_the_kaon_s_and_of_the_pion_s_pair(results, name, lepton):
    channel = name.removeprefix("besiii_")
    scan = [row for row in rows(results / name / f"efficiencies/{channel}.csv") if row["mass_gev"]]
    assert len(scan) >= 4
    for row in scan:
        inside = int(row["n_selected_in_bin"]) / int(row["n_selected"])
        assert 0.9 < inside <= 1.0, row["mass_gev"]
        mass = float(row["mass_gev"])
        with uproot.open(results / name / f"selected/{row['sample']}/nominal.root") as file:
            found = file["Candidates"].arrays(library="np")
            true = file["Generated"].arrays(library="np")
        passes = found["passes_signal_window"] & found["passes_majorana_mass_bin"]
        for pair in (f"k{lepton}", f"pi{lepton}"):
            assert abs(found[f"fitted_m_{pair}_gev"][passes].mean() - mass) < 0.003
            # Radiation takes a little from some.
            assert abs(float(sorted(true[f"true_m_{pair}_gev"])[-1]) - mass) < 1e-6


@pytest.mark.workflow
def test_every_cut_keeps_a_part_and_the_tables_agree(results):
    for name, channel in ((MUONS, "kkmumu"), (ELECTRONS, "pipiee"), (MIXED, "kpiee")):
        flow = [r for r in rows(results / name / f"cutflow/{channel}.csv")
                if (r["sample"], r["variation"]) == ("signal_phsp", "nominal")]
        left = [int(row["events_out"]) for row in flow]
        assert left == sorted(left, reverse=True) and left[-1] > 0
        (acceptance,) = (r for r in rows(results / name / f"acceptance/{channel}.csv")
                         if (r["sample"], r["variation"]) == ("signal_phsp", "nominal"))
        assert left[-1] == pytest.approx(
            float(acceptance["acceptance"]) * int(acceptance["generated_events"])
        )
        assert "there is nothing to compare with" in (results / name / "comparison.md").read_text("utf-8")
        table = rows(results / name / "tables/assumptions.csv")
        assert all(row["provenance"] and row["headline"] != "not run" for row in table)
