"""A user's own events through a kaon search: closed, opened, and files that cannot be used."""

import csv
import json
import shutil

import awkward as ak
import numpy as np
import pytest
import quick_yaml
import uproot

pytestmark = pytest.mark.workflow

NAME = "na62_2022"
SELECTED = f"results/{NAME}/selected/data/nominal.root"
CHANNELS = ("piee", "pipi0ee")


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def with_data(snakemake, root):
    """Run the search with a file of data; returns the finished process."""

    def run(folder, file, *targets, **opened):
        config = quick_yaml.load((root / "config/test.yaml").read_text())
        config["data"] = {NAME: {"file": str(file), **opened}}
        path = folder / "own.yaml"
        path.write_text(quick_yaml.dump(config))
        return snakemake(folder, *targets, config=str(path))

    return run


@pytest.fixture(scope="module")
def three_runs(whole_dag, with_data, kaon_pseudo_data, tmp_path_factory):
    """Results without data, with closed and then with open data, each from the one before."""
    kept = {"without": whole_dag / "results" / NAME}
    folder = tmp_path_factory.mktemp("kaon_data") / "run"
    shutil.copytree(whole_dag, folder)
    targets = [f"results/{NAME}/{name}" for name in (
        "comparison.csv", "figures/figure4.pdf", "figures/figure5.pdf",
        "tables/data_counts.csv", "tables/data_sensitivity.csv",
    )]  # fmt: skip
    stages = {"closed": {}, "masked": {"unblind": True, "open": "masked"}, "open": {"unblind": True}}
    for name, opened in stages.items():
        if name == "masked":
            # Not the signal's region first, nor anything of an analysis that is not frozen.
            for words in ("no such manifest", "the masked region comes before the signal's"):
                process = with_data(folder, kaon_pseudo_data.path, *targets, unblind=True)
                assert process.returncode != 0 and words in process.stdout, process.stdout[-4000:]
                assert with_data(folder, kaon_pseudo_data.path, "freeze", unblind=True).returncode == 0
        process = with_data(folder, kaon_pseudo_data.path, *targets, **opened)
        assert process.returncode == 0, process.stdout[-4000:]
        # Nothing is simulated again.
        assert "simulate_sample" not in process.stdout
        kept[name] = shutil.copytree(folder / "results" / NAME, folder.parent / name)
    return kept


def own_limits(results, channel):
    records = json.loads((results / "limits" / f"{channel}.json").read_text())
    return [record for record in records if record["kind"] == "user_data"]


def test_counts_stand_beside_the_published_ones(three_runs):
    table = {
        (row["channel"], row["selection"], row["region"]): row
        for row in rows(three_runs["closed"] / "tables" / "data_counts.csv")
    }
    known = table["piee", "sm", "normalisation"]
    assert known["published"] == "11041" and int(known["user_data"]) > 1000
    assert table["piee", "lnv", "masked"]["published"] == "1"
    for place in (("piee", "lnv", "masked"), ("piee", "lnv", "signal"), ("pipi0ee", "lnv", "signal")):
        assert table[place]["user_data"] == "closed"
    assert table["piee", "lnv", "upper"]["user_data"] != "closed"
    opened = {
        (row["channel"], row["selection"], row["region"]): row["user_data"]
        for row in rows(three_runs["open"] / "tables" / "data_counts.csv")
    }
    assert int(opened["piee", "lnv", "signal"]) > 100
    assert {place: row["user_data"] for place, row in table.items()
            if row["user_data"] != "closed"}.items() <= opened.items()  # fmt: skip


def test_the_masked_region_opens_before_the_signal(three_runs):
    counts = {
        (row["channel"], row["region"]): row["events"]
        for row in rows(three_runs["masked"] / "counts" / "data" / "nominal.csv")
        if row["selection"] == "lnv"
    }
    assert counts["piee", "signal"] == counts["piee", "masked"] == ""
    assert counts["piee", "masked_outside_signal"] != ""
    log = rows(three_runs["open"] / "tables" / "data_blinding.csv")
    assert [(row["event"], row["regions"]) for row in log] == [
        ("frozen", ""), ("opened", "masked"), ("opened", "masked signal"),
    ]  # fmt: skip


def test_kaon_decays_follow_from_the_user_s_known_decay(three_runs, kaon_pseudo_data):
    for name in ("closed", "open"):
        for channel in CHANNELS:
            path = three_runs[name] / "sensitivity" / "data" / f"{channel}.json"
            record = json.loads(path.read_text())
            number = record["normalisation_candidates"]
            assert record["exposure"] == pytest.approx(number / 11041)
            decays = record["n_kaon_decays"]
            assert decays["mean"] == pytest.approx((1 - 1e-3) * number / (3.0e-7 * 0.0362))
            assert decays["statistical"] / decays["mean"] == pytest.approx(number**-0.5)
            limit = kaon_pseudo_data.paper.recomputation(channel)
            acceptance = limit["signal_acceptance"]["mean"]
            further = limit.get("further_branching_fraction", {"mean": 1.0})["mean"]
            sensitivity = record["single_event_sensitivity"]
            assert sensitivity["published_acceptances"]["mean"] == pytest.approx(
                1.0 / (decays["mean"] * acceptance * further)
            )
            simulation = json.loads(
                (three_runs[name] / "sensitivity" / f"{channel}.json").read_text()
            )["simulated"]["nominal"]
            assert sensitivity["simulated_acceptances"]["mean"] == pytest.approx(
                1.0 / (decays["mean"] * simulation["signal_acceptance"] * further)
            )


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_limit_is_set_when_the_data_are_open(three_runs, kaon_pseudo_data, channel):
    assert own_limits(three_runs["closed"], channel) == []
    records = own_limits(three_runs["open"], channel)
    assert {record["variant"] for record in records} == {
        "published_acceptances", "simulated_acceptances",
    }  # fmt: skip
    (record,) = [r for r in records
                 if (r["variant"], r["method"], r["prior"])
                 == ("published_acceptances", "bayesian", "none")]  # fmt: skip
    counted = {(row["channel"], row["region"]): row["events"]
               for row in rows(three_runs["open"] / "counts" / "data" / "nominal.csv")
               if row["selection"] == "lnv"}  # fmt: skip
    assert record["observed"] == int(counted[channel, "signal"]) > 30
    path = three_runs["open"] / "sensitivity" / "data" / f"{channel}.json"
    own = json.loads(path.read_text())
    published = kaon_pseudo_data.paper.channels[channel]["limit"]["background"]
    # The published background is that of as many kaon decays.
    assert record["background"] == pytest.approx(own["exposure"] * published["mean"])
    sensitivity = own["single_event_sensitivity"]["published_acceptances"]["mean"]
    events = record["upper_branching_fraction"] / sensitivity
    assert events == pytest.approx(record["upper_events"])
    # n events observed: n + 1.3 sqrt(n), and a little, at 90 %.
    expected = record["observed"] + 1.3 * np.sqrt(record["observed"])
    assert 0.97 * expected < events < 1.1 * expected
    table = rows(three_runs["closed"] / "tables" / "data_sensitivity.csv")
    (cell,) = [row for row in table if row["channel"] == channel
               and row["quantity"] == "upper_limit_branching_fraction"]  # fmt: skip
    assert cell["user_data_published_acceptances"] == "closed"


def test_the_comparison_with_the_paper_is_left_alone(three_runs):
    texts = {
        name: [(folder / file).read_text() for file in ("comparison.csv", "comparison.md")]
        for name, folder in three_runs.items()
    }
    assert texts["without"] == texts["closed"] == texts["open"]
    for channel in CHANNELS:
        one = (three_runs["without"] / "limits" / f"{channel}.json").read_text()
        assert one == (three_runs["closed"] / "limits" / f"{channel}.json").read_text()


@pytest.mark.parametrize(("figure", "masked"), [
    ("figure4", (0.470, 0.505)), ("figure5", (0.484, 0.504)),
])
def test_points_of_the_figures_stay_out_of_the_closed_region(three_runs, figure, masked):
    low, high = masked

    def points(name):
        table = rows(three_runs[name] / "figures" / f"{figure}.csv")
        return {
            (row["selection"], float(row["mass_low_gev"]), float(row["mass_high_gev"])): int(
                row["data_events"]
            )
            for row in table
            if row["drawn_as"] == "data"
        }

    closed, opened = points("closed"), points("open")
    of_signal = {b: n for b, n in opened.items() if b[0] == "lnv" and b[1] < high and b[2] > low}
    assert sum(of_signal.values()) > 30
    assert closed == {b: n for b, n in opened.items() if b not in of_signal}
    without = rows(three_runs["without"] / "figures" / f"{figure}.csv")
    assert "data_events" not in without[0]


def test_no_file_of_closed_data_holds_a_closed_candidate(three_runs):
    """Neither the trees of candidates nor the spectra."""
    folder = three_runs["closed"]
    with uproot.open(folder / "selected" / "data" / "nominal.root") as file:
        for name, (low, high) in {"piee_lnv": (0.47, 0.505), "pipi0ee_lnv": (0.484, 0.504)}.items():
            mass = file[name]["mass_gev"].array(library="np")
            assert not np.any((mass >= low) & (mass < high))
    for row in rows(folder / "spectra" / "data" / "nominal.csv"):
        inside = 0.484 <= float(row["mass_low_gev"]) < float(row["mass_high_gev"]) <= 0.504
        assert not (inside and row["selection"] == "lnv" and row["events"])


# ------------------------------------------------------------------------ files that are refused


def branches(path):
    with uproot.open(path) as file:
        tree = file["Events"]
        names = [name for name in tree.keys() if name not in ("ntrack", "ncluster")]
        return {name: tree[name].array(entry_stop=200) for name in names}


def spoiled(kind, source, folder):
    """A file of data that must be refused."""
    path = folder / f"{kind.replace(' ', '_')}.root"
    if kind == "truncated":
        whole = source.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        return path
    content = branches(source)
    if kind == "without the RICH":
        del content["track_rich_positron"]
    elif kind == "with NaN":
        content["track_x_m"] = ak.full_like(content["track_x_m"], np.nan)
    elif kind == "of a wrong type":
        content["track_momentum_gev"] = ak.Array(np.ones(200))
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: values.type for name, values in content.items()})
        file["Events"].extend(content)
    return path


@pytest.fixture(scope="module")
def folder_of_kernels(whole_dag, tmp_path_factory):
    """A folder with nothing but the mark of compiled kernels."""
    folder = tmp_path_factory.mktemp("refused")
    shutil.copytree(whole_dag / "results" / "kernels", folder / "results" / "kernels")
    shutil.copytree(whole_dag / ".snakemake", folder / ".snakemake")
    return folder


@pytest.mark.parametrize(("kind", "words"), [
    ("truncated", "make or copy it again"),
    ("without the RICH", "no branch track_rich_positron, which these selections need"),
    ("with NaN", "track_x_m holds NaN"),
    ("of a wrong type", "track_momentum_gev holds values of the type"),
])
def test_a_bad_file_ends_with_one_message(
    with_data, kaon_pseudo_data, folder_of_kernels, tmp_path, kind, words
):
    file = spoiled(kind, kaon_pseudo_data.path, tmp_path)
    process = with_data(folder_of_kernels, file, SELECTED)
    assert process.returncode != 0
    assert words in process.stdout and file.name in process.stdout, process.stdout[-3000:]
    assert not (folder_of_kernels / SELECTED).exists()
    assert not list((folder_of_kernels / "results").rglob("*.part*"))


def test_a_missing_file_is_named(with_data, folder_of_kernels, tmp_path):
    process = with_data(folder_of_kernels, tmp_path / "nowhere.root", SELECTED)
    assert process.returncode != 0 and "nowhere.root" in process.stdout
