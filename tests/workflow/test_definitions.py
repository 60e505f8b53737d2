"""The definitions of keys: complete, closed, and what no key can say is refused, too."""

import re
import subprocess
import sys

import pytest
from searches.configuration import ConfigurationError, checked, read_config, read_yaml
from searches.definitions import Config
from searches.keys import definitions_in, meaning_of
from searches.load import EXPERIMENTS
from searches.na62 import cuts as kaon_cuts

from lnvsearch.detector.parameters import parameters

CONFIG = "config/config.yaml"
BESIII = "config/papers/besiii_2025.yaml"
KAONS = "config/papers/na62_2019.yaml"
NA62 = "config/detectors/na62.yaml"
FILES = (CONFIG, BESIII, KAONS, NA62, "config/papers/na62_2022.yaml", "config/detectors/besiii.yaml")


def first_variation(content, overlay):
    """Let the first variation that changes the detector alone change this of the file, too."""
    name = next(name for name, entry in content["variations"].items() if "detector" in entry and "paper" not in entry)
    content["variations"][name]["paper"] = overlay


def all_definitions():
    found = [Config, *(search.keys for search in EXPERIMENTS.values())]
    for definition in found:  # grows while it runs
        for field in definition.model_fields.values():
            found += [new for new in definitions_in(field.annotation) if new not in found]
    return found


@pytest.mark.parametrize("definition", all_definitions(), ids=lambda one: one.__name__)
def test_every_key_says_what_it_means(definition):
    assert definition.__doc__
    for name, field in definition.model_fields.items():
        assert name == "cut" or len(meaning_of(field)) > 3, name


@pytest.mark.parametrize("detector", EXPERIMENTS)
def test_every_number_of_a_detector_says_what_it_means(detector):
    for section, keys in parameters(EXPERIMENTS[detector].response).items():
        for key, parameter in keys.items():
            assert len(parameter.meaning) > 4, f"{section}.{key}"
            assert parameter.minimum < parameter.maximum


def test_cuts_and_maps_are_those_of_the_library():
    from searches.besiii import definitions as besiii

    from lnvsearch.experiments.besiii.selection import kkee
    from lnvsearch.experiments.na62.selection.cuts import CUTS
    from lnvsearch.experiments.na62.selection.identification_maps import INTERPOLATIONS, MAPS

    def names(definitions):
        return {name for d in definitions for name in d.model_fields["cut"].annotation.__args__}

    # The searches themselves add these, for recorded events and for a mass of the scan.
    assert names(kaon_cuts.CUTS) == set(CUTS) - {"open_and_identified"}
    assert names(besiii.CUTS) == set(kkee.CUTS) - {"closed_window", "majorana_mass_bin"}
    assert set(kaon_cuts.Maps.model_fields) == set(MAPS)
    assert kaon_cuts.Map.model_fields["interpolation"].annotation.__args__ == INTERPOLATIONS


# --------------------------------------------------------------------------------- what a file may be

BAD_TEXTS = {
    "a key given twice": ("base_seed: 1\nbase_seed: 2\n", ["base_seed", "lines 1 and 2", "keep one"]),
    "a key given twice, further down": (
        "statistics:\n  signal: 200\n  control: 300\n  signal: 400\n",
        [": statistics.signal: given twice", "lines 2 and 4"],
    ),
    "a merge given twice": (
        "a: &a {x: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b\n", [": c.<<: given twice, in lines 4 and 5"]
    ),
    "a key given twice in an entry of a list": (
        "data:\n  - {a: 1}\n  - {b: {c: 1, c: 2}}\n", [": data[1].b.c: given twice, in lines 3 and 3"]
    ),
    "a key that YAML takes for a truth value": ("data:\n  on: 1\n", ["on: line 2", "quotes"]),
    "a key that is a number": ("1: 2\n", ["1: line 1", "quotes"]),
    "a key that is a list": ("? [1, 2]\n: 3\n", ["not valid YAML", "unhashable key"]),
    "a key that is nothing": ("null: 2\n", ["null: line 1", "quotes"]),
    "a list that holds itself": ("papers: &a [*a]\n", ["not valid YAML", "recursive", "fix"]),
    "a mapping that holds itself": ("data: &a {x: *a}\n", ["not valid YAML", "recursive"]),
    "code": ("__use_yte__: true\npapers: [besiii_2025]\n", ["__use_yte__", "remove it"]),
    "an object of Python": ("papers: !!python/name:os.system\n", ["not valid YAML", "fix"]),
    "a tag with a text that it cannot take": ("papers: !!bool perhaps\n", ["not valid YAML"]),
    "a date that is none": ("papers: 2020-13-45\n", ["not valid YAML"]),
    "a file in Latin-1": (b"# caf\xe9\npapers: [besiii_2025]\n", ["not UTF-8 text; save it as UTF-8"]),
    "a file in UTF-16": ("papers: [besiii_2025]\n".encode("utf-16"), ["not UTF-8 text"]),
    "nested beyond measure": ("papers: " + "[" * 100_000, ["line 1: more than 100 lists or mappings"]),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_a_bad_file_is_refused(tmp_path, case):
    text, expected = BAD_TEXTS[case]
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        read_config([path])
    for words in (str(path), *expected):
        assert words in str(caught.value)


def test_merged_keys_may_be_given_again(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {<<: *a}\n")
    assert read_yaml(path) == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}, "c": {"x": 1, "y": 2}}


@pytest.mark.parametrize("file", FILES)
def test_lines_of_the_project_s_files_are_short(root, file):
    for number, line in enumerate((root / file).read_text(encoding="utf-8").splitlines(), start=1):
        assert len(line) < 120, f"{file}, line {number}"


# ------------------------------------------------------------------------------- what a key may not be


def lnv(content):
    return content["channels"]["piee"]["selections"]["lnv"]


def moved(content, name, place):
    """Put a cut of BESIII's selection at another place."""
    cuts = content["selection"]
    (cut,) = (cut for cut in cuts if cut["cut"] == name)
    cuts.remove(cut)
    cuts.insert(place, cut)


def maps(content):
    return content["identification"]["maps"]


BAD = {
    "an integer as 500.0": (
        CONFIG, lambda c: c["statistics"].update(signal=500.0), ["statistics.signal", "integer"]
    ),
    "more events than anyone simulates": (
        CONFIG, lambda c: c["statistics"].update(signal=10**12), ["statistics.signal", "<="]
    ),
    "a number that YAML takes for text": (
        CONFIG, lambda c: c.update(confidence_level="9e-1"), ["confidence_level", "1.0e-4"]
    ),
    "a path that Snakemake would fill in": (
        CONFIG, lambda c: c["data"]["na62_2019"].update(file="{paper}.root"),
        ["data.na62_2019.file", "braces"],
    ),
    "masses with one name": (
        CONFIG, lambda c: c.update(majorana_masses_gev=[0.6, 0.6001]), ["majorana_masses_gev", "0.001"]
    ),
    "a paper twice": (
        CONFIG, lambda c: c.update(papers=["na62_2019", "na62_2019"]), ["papers", "twice"]
    ),
    "no final state": (
        BESIII, lambda c: c["channels"]["kkee"].pop("final_state"), ["channels.kkee.final_state", "add"]
    ),
    "no efficiency sample": (
        BESIII, lambda c: c["channels"]["kkee"].pop("efficiency_sample"),
        ["channels.kkee.efficiency_sample", "add"],
    ),
    "no model of the scan": (
        BESIII, lambda c: c["channels"]["kkee"].pop("scan_model"), ["channels.kkee.scan_model", "add"]
    ),
    "a model of the scan without samples": (
        BESIII, lambda c: c["channels"]["kkee"].update(scan_model="phase_space"),
        ["channels.kkee.scan_model", "two_majorana"],
    ),
    "no signal window": (BESIII, lambda c: c["selection"].pop(), ["selection", "signal_window", "add"]),
    "no fit": (
        BESIII, lambda c: c["selection"].pop(7), ["selection", "kinematic_fit", "add"]
    ),
    "a cut on the fit before it": (
        BESIII, lambda c: moved(c, "conversion_veto", 0), ["selection", "conversion_veto", "exchange"]
    ),
    "a cut twice": (
        BESIII, lambda c: c["selection"].append(dict(c["selection"][0])), ["polar_angle", "twice"]
    ),
    "a name with capitals": (
        BESIII, lambda c: c["variations"].update(Pulls_Off=c["variations"].pop("pulls_off")),
        ["variations.Pulls_Off", "lower-case"],
    ),
    "a name with a bracket": (
        BESIII, lambda c: c["channels"].update({"kk(ee": c["channels"].pop("kkee")}),
        ["channels.kk(ee", "lower-case"],
    ),
    "a variation called nominal": (
        BESIII, lambda c: c["variations"].update(nominal=c["variations"].pop("pulls_off")),
        ["variations", "nominal", "rename"],
    ),
    "a variation of nothing": (
        BESIII, lambda c: c["variations"]["pulls_off"].pop("detector"),
        ["variations.pulls_off.paper", "changes nothing"],
    ),
    "a scan without end": (
        BESIII, lambda c: c.update(mass_scan={"step_gev": 1.0e-9}), ["mass_scan.step_gev", "larger"]
    ),
    "samples of another particle": (
        BESIII, lambda c: c["parent"].update(particle="K+"), ["samples.signal_phsp.decay.parent", "K+"]
    ),
    "an overlay of what is no mapping": (
        BESIII, lambda c: c["variations"]["pulls_off"].update(paper={"mass_scan": {"first_gev": {"a": 1}}}),
        ["variations.pulls_off", "mass_scan.first_gev"],
    ),
    "an overlay of a cut with a list": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"channels": {"piee": {"selections": {"lnv": {"cuts": {"one_vertex": []}}}}}}
        ),
        ["material_up", "lnv.cuts[0]"],
    ),
    "an overlay of regions as if of cuts": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"channels": {"piee": {"selections": {"lnv": {"regions": {"signal": {"a": 1}}}}}}}
        ),
        ["material_up", "regions.signal"],
    ),
    "an overlay that turns a window": (
        KAONS,
        lambda c: c["variations"]["material_up"].update(
            paper={"channels": {"piee": {"selections": {
                "lnv": {"cuts": {"track_momentum": {"minimum_gev": 50.0}}}}}}}
        ),
        ["material_up", "minimum_gev", "50.0", "45.0"],
    ),
    "a list for a cut's limit": (
        KAONS, lambda c: lnv(c)["cuts"][0].update(z_minimum_m=[]), ["sm.cuts[0].z_minimum_m", "number"]
    ),
    "a particle that is none": (
        KAONS, lambda c: c["channels"]["piee"].update(final_state=["pi-", "none", "e+"]),
        ["channels.piee.final_state[1]", "none", "pi-"],
    ),
    "another charge than the particles'": (
        KAONS, lambda c: lnv(c).update(charge=-1), ["lnv.charge", "-1"]
    ),
    "momenta that do not ascend": (
        KAONS, lambda c: maps(c)["efficiency_pion"].update(momentum_gev=[45.0, 10.0]),
        ["identification.maps.efficiency_pion.momentum_gev", "order"],
    ),
    "an anchor too few": (
        KAONS, lambda c: maps(c)["efficiency_pion"].update(probability=[0.9]),
        ["identification.maps.efficiency_pion.probability", "as many"],
    ),
    "a ring without hits": (
        KAONS, lambda c: maps(c)["pion_to_electron_rich"].pop("positron_hits"),
        ["pion_to_electron_rich.positron_hits", "cherenkov"],
    ),
    "a ring that no detector gives": (
        KAONS, lambda c: maps(c)["pion_to_electron_rich"].update(threshold_momentum_gev=50.0),
        ["pion_to_electron_rich.interpolation", "threshold"],
    ),
    "a range of momenta upside down": (
        KAONS, lambda c: c["closure"]["pion"].update(momentum_gev=[44, 10]),
        ["closure.pion.momentum_gev", "44", "exchange"],
    ),
    "a map that is not there": (
        KAONS, lambda c: c["closure"]["pion"]["maps"].append("control"),
        ["closure.pion.maps[4]", "control", "efficiency_pion"],
    ),
    "bins without end": (
        KAONS, lambda c: lnv(c)["spectrum"].update(width_gev=5e-324), ["lnv.spectrum.width_gev", "larger"]
    ),
    "a count that is no whole number": (
        KAONS, lambda c: c["channels"]["piee"]["limit"].update(observed=0.5),
        ["channels.piee.limit.observed", "integer"],
    ),
    "chambers out of order": (
        NA62, lambda c: c["spectrometer"]["chamber_z_m"]["value"].reverse(),
        ["spectrometer.chamber_z_m[0]", "not below"],
    ),
    "a beam spectrometer out of order": (
        NA62, lambda c: c["upstream"]["gtk1_z_m"].update(value=1.5), ["upstream.ktag_z_m", "gtk1_z_m"]
    ),
    "veto stations out of order": (
        NA62, lambda c: c["lav"]["front_z_m"]["value"].reverse(), ["lav.front_z_m[0]", "not below"]
    ),
    "radii of the veto out of order": (
        NA62, lambda c: c["lav"]["inner_radius_m"]["value"].reverse(), ["lav.inner_radius_m[0]", "not below"]
    ),
    "another unit": (
        NA62, lambda c: c["beam"]["momentum_gev"].update(unit="MeV"), ["beam.momentum_gev.unit", "GeV"]
    ),
    "an unknown provenance": (
        NA62, lambda c: c["beam"]["momentum_gev"].update(provenance="rumour"),
        ["beam.momentum_gev.provenance", "assumed"],
    ),
    "a bare number": (
        NA62, lambda c: c["beam"].update(momentum_gev=75.0), ["beam.momentum_gev", "source"]
    ),
    "a picture from a selection that is not there": (
        KAONS, lambda c: c["event_displays"]["signal_piee"].update(tree="piee_sideways"),
        ["event_displays.signal_piee.tree", "'piee_sideways'", "piee_lnv"],
    ),
    "a picture from a selection of another channel": (
        KAONS, lambda c: c["event_displays"]["signal_piee"].update(tree="pimumu_lnv"),
        ["event_displays.signal_piee.tree", "'pimumu_lnv'"],
    ),
    "a picture from a tree that is not there": (
        BESIII, lambda c: c["event_displays"]["signal"].update(tree="Selected"),
        ["event_displays.signal.tree", "'Selected'", "Candidates"],
    ),
    "a trigger of the paper's own selection": (
        "config/calibration/na62_2022.yaml", lambda c: c["selections"]["piee"].update(trigger=["no_such"]),
        ["selections.piee.trigger", "'no_such'", "di_electron"],
    ),
    "a variation's trigger": (
        KAONS, lambda c: first_variation(c, {"channels": {"piee": {"selections": {"lnv": {"trigger": ["no_such"]}}}}}),
        [".paper.channels.piee.selections.lnv.trigger", "'no_such'"],
    ),
    "a variation's normalisation": (
        KAONS, lambda c: first_variation(c, {"channels": {"piee": {"normalisation": "no_such"}}}),
        [".paper.channels.piee.normalisation", "'no_such'"],
    ),
    "a variation's sample": (
        BESIII, lambda c: first_variation(c, {"channels": {"kkee": {"efficiency_sample": "no_such"}}}),
        [".paper.channels.kkee.efficiency_sample", "'no_such'"],
    ),
    "a file of another detector": (NA62, lambda c: c.update(detector="besiii"), ["detector", "na62"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_key_is_refused(refused, case):
    file, change, expected = BAD[case]
    message = refused(file, change)
    for words in (file.rpartition("/")[2], *expected):
        assert words in message, message
    assert all(re.match(r".+: \S+: .*; ", line) for line in message.splitlines())


@pytest.mark.parametrize("key", [1, None, True, (1, 2)])
def test_a_key_that_is_no_text_is_refused(root, key):
    config = read_yaml(root / CONFIG)
    for spoiled in ({**config, key: 1}, {**config, "data": {key: {"file": None}}}):
        with pytest.raises(ConfigurationError, match=r"config: .*; "):
            checked(Config, spoiled, "config")


def test_loading_all_searches_imports_no_kernel(root):
    """Every job and every cluster job loads them: numba alone would take longer than all of it."""
    program = (
        "import sys; from pathlib import Path; from searches.configuration import read_yaml; "
        "from searches.load import load_papers; "
        f"load_papers(read_yaml({str(root / CONFIG)!r}), Path({str(root)!r}), 'config'); "
        "print(sorted({'numba', 'numpy', 'scipy', 'awkward', 'jsonschema'} & set(sys.modules)))"
    )
    path = [str(root / "src"), str(root / "workflow")]
    run = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(path)}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"


@pytest.mark.workflow
def test_snakemake_reads_the_knobs_as_strictly(root, project, snakemake):
    """Nothing in config.yaml runs as code, and the last of two equal keys does not win."""
    for name in ("workflow", "src", "Snakefile"):
        (project / name).symlink_to(root / name)
    knobs = project / CONFIG
    whole = knobs.read_text(encoding="utf-8")
    code = f'__use_yte__: true\nx: ?open({str(project / "ran")!r}, "w")\n'
    for text, words in (
        (code + whole, "__use_yte__: would run values as code; remove it"),
        (whole + "base_seed: 1\n", "base_seed: given twice, in lines"),
    ):
        knobs.write_text(text, encoding="utf-8")
        process = snakemake(project, "--dry-run", project=project)
        assert process.returncode != 0 and words in process.stdout, process.stdout
        assert "Traceback" not in process.stdout
    # A file given by --configfile is refused likewise, though Snakemake reads it first.
    knobs.write_text(whole, encoding="utf-8")
    (project / "own.yaml").write_text("__use_yte__: true\nbase_seed: 5\n", encoding="utf-8")
    process = snakemake(project, "--dry-run", project=project, config="own.yaml")
    assert process.returncode != 0
    assert "own.yaml: __use_yte__: would run values as code; remove it" in process.stdout
    assert not (project / "ran").exists()
