"""What a paper prints stands in one place: limits follow it, and what is overridden says so."""

import csv
from types import SimpleNamespace

import pytest
import quick_yaml
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers

from lnvsearch.limit_inputs import limit_from
from lnvsearch.limit_tables import limit_records
from lnvsearch.systematics import OVERRIDDEN, Source

CONFIG = "config/config.yaml"
PAPERS = {"besiii_2025": ["kkee"], "na62_2019": ["piee", "pimumu"], "na62_2022": ["piee", "pipi0ee"]}


def load(project, name):
    return load_papers(read_yaml(project / CONFIG), project, CONFIG)[name]


def numbers_of(project, name):
    return project / "resources" / "published" / name / "numbers.csv"


def edit(project, name, quantity, channel, mass="", /, **changes):
    """Change cells of one published number."""
    path = numbers_of(project, name)
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    (row,) = [row for row in rows if (row["quantity"], row["channel"], row["mass_gev"])
              == (quantity, channel, mass)]  # fmt: skip
    row.update(changes)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def own_limits(paper, channel):
    """The derived limits by the paper's own method, without a prior's width, by variant."""
    limit = limit_from({**paper.limit_parameters(channel), "priors": ["none"]})
    records = limit_records(limit.derived_inputs(), limit, 0.90)
    return {r["variant"]: r for r in records if r["is_paper_method"]}


@pytest.mark.parametrize("name", PAPERS)
def test_what_is_entered_is_what_the_paper_prints(root, name):
    paper = load(root, name)
    assert len(paper.entered) > 40
    for (quantity, channel, mass), used in paper.entered.items():
        assert used.value == paper.published.value(quantity, mass, channel=channel), quantity
    for channel in PAPERS[name]:
        limit = paper.limit_parameters(channel)
        assert limit["inputs"] == "published"
        assert limit["observed"] == paper.published.value("observed_events", channel=channel)


def test_the_inputs_of_a_limit_are_the_printed_digits(root):
    """Not a bit beside: 15.83 percent is the float 0.1583."""
    besiii, na62 = load(root, "besiii_2025"), load(root, "na62_2022")
    limit = besiii.limit_parameters("kkee")
    assert limit["efficiency"]["mean"] == 0.1583 and limit["n_parents"] == 10087e6
    assert limit["other_efficiencies"] == {"section_iii_efficiency": 0.1568}
    assert besiii.calibration["target"] == 0.1568
    assert na62.recomputation("pipi0ee") == {
        "candidates": 11041, "contamination": 1.0e-3,
        "normalisation_branching_fraction": {"mean": 3.00e-7, "sigma": 0.09e-7},
        "normalisation_acceptance": {"mean": 0.0362, "sigma": 0.0002},
        "signal_acceptance": {"mean": 0.00271, "sigma": 0.00003},
        "further_branching_fraction": {"mean": 0.98823, "sigma": 0.00034},
    }  # fmt: skip
    assert na62.normalisation("piee")["acceptance"] == 0.0362


def test_an_edited_background_changes_every_limit_that_uses_it(project):
    """CLs of one event: the limit falls as the background grows."""
    before = own_limits(load(project, "na62_2019"), "pimumu")
    edit(project, "na62_2019", "background_events", "pimumu", value="5.0")
    paper = load(project, "na62_2019")
    after = own_limits(paper, "pimumu")
    assert set(after) == {"printed_sensitivity", "recomputed_sensitivity"}
    for variant, record in after.items():
        assert record["background"] == 5.0
        assert record["upper_events"] < before[variant]["upper_events"] - 0.5
    assert paper.limit_parameters("piee")["background"]["mean"] == 0.16


def test_an_edited_candidate_count_changes_all_that_is_normalised_to_it(project):
    edit(project, "na62_2022", "normalisation_candidates", "piee", value="22082")
    paper = load(project, "na62_2022")
    for channel, printed in (("piee", 2.28e-11), ("pipi0ee", 3.68e-10)):
        limit = limit_from(paper.limit_parameters(channel))
        scales = {one.variant: one.scale for one in limit.derived_inputs()}
        assert scales["printed_sensitivity"] == printed
        assert scales["recomputed_sensitivity"] == pytest.approx(printed / 2, rel=2e-3)
        assert paper.recomputation(channel)["candidates"] == 22082


def test_an_edited_background_changes_the_scan(project, tmp_path):
    from scan_limits import scan_limits

    (tmp_path / "efficiencies.csv").write_text(
        "sample,model,mass_gev,variation,efficiency,efficiency_in_bin\n"
        "signal_m0.575,two_majorana,0.575,nominal,0.09,0.09\n"
    )
    (tmp_path / "systematics.csv").write_text("mass_gev,total_percent\n0.575,20.0\n")

    def limits():
        limit = load(project, "besiii_2025").limit_parameters("kkee")
        files = {
            "published": numbers_of(project, "besiii_2025"), "efficiencies": tmp_path / "efficiencies.csv",
            "systematics": tmp_path / "systematics.csv",
        }  # fmt: skip
        mass_bin = {"in_efficiency": True, "width_gev": 0.025}
        scan_limits(files, tmp_path / "scan.csv", limit, "two_majorana", mass_bin, 0.90)
        with open(tmp_path / "scan.csv", newline="", encoding="utf-8") as stream:
            return {row["kind"]: row for row in csv.DictReader(stream)
                    if float(row["mass_gev"]) == 0.575}  # fmt: skip

    for quantity, value in (("observed_events", "3"), ("background_events", "0")):
        edit(project, "besiii_2025", quantity, "kkee", "0.575", value=value)
    without = limits()
    edit(project, "besiii_2025", "background_events", "kkee", "0.575", value="2")
    with_two = limits()
    for kind in ("derived", "simulated"):
        assert float(with_two[kind]["background"]) == 2.0
        low, high = (float(rows[kind]["upper_events"]) for rows in (with_two, without))
        assert low < 0.85 * high


def test_a_value_in_the_search_s_file_overrides_and_is_told(project):
    file = project / "config" / "papers" / "na62_2019.yaml"
    content = quick_yaml.load(file.read_text())
    content["channels"]["piee"]["limit"]["background"] = {"mean": 0.5}
    content["normalisation"]["pimumu"]["candidates"] = 9000
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    paper = load(project, "na62_2019")
    piee, pimumu = (paper.limit_parameters(channel) for channel in ("piee", "pimumu"))
    assert piee["background"] == {"mean": 0.5, "sigma": 0.03}
    assert piee["inputs"] == pimumu["inputs"] == "overridden"
    assert all(record["inputs"] == "overridden" for record in own_limits(paper, "piee").values())
    used = paper.entered["background_events", "piee", None]
    assert (used.value, used.source) == (0.5, "settings")
    # What is not given is still the paper's.
    assert paper.entered["background_events", "pimumu", None].source == "published"


def test_what_a_simulated_limit_uses_besides_is_told_when_it_is_overridden(project):
    file = project / "config" / "papers" / "na62_2022.yaml"
    content = quick_yaml.load(file.read_text())
    content["channels"]["pipi0ee"]["pileup"]["sideband_events"] = 4
    content["channels"]["piee"]["background_systematic"]["fraction"] = 0.5
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    paper = load(project, "na62_2022")
    for channel in ("piee", "pipi0ee"):
        limit = paper.limit_parameters(channel)
        assert (limit["inputs"], limit["simulation_inputs"]) == ("published", "overridden")
        wildcards = SimpleNamespace(channel=channel)
        settings = paper.steps["estimate_backgrounds"].settings(paper, wildcards)
        assert settings["inputs"] == "overridden"


@pytest.mark.parametrize(("source", "own"), [
    ("kinematic_fit", 5.0), ("pid", [{"percent": 0.8, "particles": 2}, {"particles": 2}]),
])
def test_an_overridden_systematic_uncertainty_is_told(project, source, own):
    file = project / "config" / "papers" / "besiii_2025.yaml"
    content = quick_yaml.load(file.read_text())
    (row,) = (row for row in content["systematics"] if row["source"] == source)
    row["external_percent"] = own
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    paper = load(project, "besiii_2025")
    assert paper.limit_parameters("kkee")["simulation_inputs"] == "overridden"
    sources = map(Source.from_mapping, paper.systematic_sources())
    found = {source.source: source.rows(None) for source in sources}
    notes = {name: [row["note"] or "" for row in rows] for name, rows in found.items()}
    assert [name for name in notes if any(OVERRIDDEN in note for note in notes[name])] == [source]
    assert found[source][0]["published_percent"] is None
    assert found["n_jpsi"][0]["published_percent"] == 0.5
    assert paper.table("table2").settings["inputs"] == "overridden"


def test_an_overridden_mass_scan_is_told(project):
    file = project / "config" / "papers" / "besiii_2025.yaml"
    before = load(project, "besiii_2025").table("table2").settings["inputs"]
    content = quick_yaml.load(file.read_text())
    content["mass_scan"] = {"first_gev": 0.6}
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    paper = load(project, "besiii_2025")
    assert before == "published" and paper.table("table2").settings["inputs"] == "overridden"
    assert paper.limit_parameters("kkee")["simulation_inputs"] == "published"


BAD = {
    "a key that does not exist": (
        "track_momentum_minimum_gev", "piee",
        {"entered": "channels.piee.selections.lnv.cuts.track_moment.minimum_gev"},
        ["no key", "track_moment", "give an existing key"],
    ),
    "an input of a channel that does not exist": (
        "observed_events", "piee", {"entered": "channels.pie.limit.observed"},
        ["no key channels.pie.limit.observed", "give an existing key"],
    ),
    "an input that does not exist": (
        "observed_events", "piee", {"entered": "channels.piee.limit.observd"},
        ["no key channels.piee.limit.observd"],
    ),
    "an input of a normalisation channel that does not exist": (
        "normalisation_candidates", "piee", {"entered": "normalisation.pie.candidates"},
        ["no key normalisation.pie.candidates"],
    ),
    "another unit": (
        "background_events", "piee", {"unit": "GeV"}, ["gev", "write the factor"],
    ),
    "two sources": (
        "background_ke3_dalitz_events", "piee", {"entered": "channels.piee.limit.background.mean"},
        ["two sources", "background_ke3_dalitz_events", "remove it"],
    ),
    "neither entered nor compared nor explained": (
        "beam_momentum_spread_percent", "all", {"entered": "", "not_simulated": ""},
        ["beam_momentum_spread_percent (channel all) is entered nowhere", "name its key in entered",
         "say in not_simulated why"],
    ),
    "a background of which there is no sample": (
        "background_kmu4_events", "pimumu", {"quantity": "background_kmu9_events"},
        ["background_kmu9_events", "compared with nothing"],
    ),
    "a value that its key does not allow": (
        "observed_events", "piee", {"value": "-1"},
        ["entered at channels.piee.limit.observed: -1 is not allowed", "integer >= 0"],
    ),
    "entered and yet not simulated": (
        "observed_events", "piee", {"not_simulated": "a count"}, ["keep the one that holds"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_entry_is_refused_with_file_row_and_fix(project, case):
    quantity, channel, changes, expected = BAD[case]
    edit(project, "na62_2019", quantity, channel, **changes)
    with pytest.raises(ConfigurationError) as caught:
        load(project, "na62_2019")
    for words in ("na62_2019/numbers.csv, line ", *expected):
        assert words in str(caught.value)


def test_an_input_that_nobody_gives_is_missing(project):
    edit(project, "na62_2019", "observed_events", "piee", entered="", not_simulated="a count")
    with pytest.raises(
        ConfigurationError, match=r"channels\.piee\.limit\.observed: missing; add it, or name it under "
        r"`entered` of its number in .*na62_2019/numbers\.csv"
    ):
        load(project, "na62_2019")
