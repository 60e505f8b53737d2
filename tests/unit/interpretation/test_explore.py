"""The page of the recasts: its numbers, read by a browser, are those of the tables; it needs no network."""

import json
import math
import re
import shutil
import subprocess

import pytest

from lnvsearch.interpretation.explore.page import LARGEST_BYTES, explore_page
from lnvsearch.interpretation.explore.patterns import mixing_patterns, pattern_limits
from lnvsearch.interpretation.mixing_limits import MIXING_COLUMNS
from lnvsearch.interpretation.mixing_table import COMBINED, mixing_table
from lnvsearch.tables import find_rows, read_csv, table_rows, to_csv

KAONS = [("na62_2022", "piee"), ("na62_2019", "pimumu")]
ALONE = ("besiii_2025", "one_majorana")
STEPS = 2
#: Moves every control as a reader does, and leaves in the page what is then on the screen.
READ_OFF = """
<script>
const until = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const model = name => Bokeh.documents.map(d => d.get_model_by_name(name)).find(Boolean);
const data = name => Object.fromEntries(
  Object.entries(model(name).data).map(([key, values]) => [key, Array.from(values, String)]));
// What follows a change runs after it, not within it.
const put = async (name, values) => { model(name).setv(values); await until(20); };
const ready = () => ['maps', 'mixing'].every(id => document.getElementById(id).dataset.ready === 'yes');
(async () => {
  while (!ready()) await until(50);
  const seen = {maps: {}, profiles: {}, references: {}, mixing: {}};
  for (const [channel] of model('channel').options) for (const chirality of [0, 1]) {
    await put('channel', {value: channel});
    await put('chirality', {active: chirality});
    await put('mass', {value: 1});
    const key = channel + ' ' + ['isotropic', 'v_minus_a'][chirality];
    seen.maps[key] = data('shown');
    seen.profiles[key] = data('profile');
    seen.references[key] = data('references');
  }
  const shown = ['na62_2022 piee', 'na62_2019 pimumu', 'combined', 'theirs'];
  for (const [e, mu] of [[1, 0], [0, 1], [0.5, 0.5], [0.5, 0], [0, 0]]) {
    await put('share_mu', {value: 0});
    await put('share_e', {value: e});
    await put('share_mu', {value: mu});
    seen.mixing[e + ' ' + mu] = Object.fromEntries(shown.map(n => [n, data('mixing ' + n)]));
  }
  await put('share_e', {value: 0.5});
  await put('quantity', {active: 1});
  seen.share = data('mixing na62_2022 piee');
  seen.notes = model('notes').text;
  await put('share_mu', {value: 1});
  seen.given_way = model('share_e').value;
  const out = document.createElement('pre');
  out.id = 'seen';
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
})();
</script>
"""


@pytest.fixture(scope="module")
def files(grids):
    return {key: grids / key[0] / f"{key[1]}.csv" for key in [*KAONS, ALONE]}


@pytest.fixture(scope="module")
def limits(files, tmp_path_factory):
    """Patterns in halves, read back from their file."""
    combined = [{"shares": {"e": 1.0, "mu": 1.0}, "combined": KAONS}]
    path = tmp_path_factory.mktemp("patterns") / "patterns.csv"
    path.write_text(to_csv(pattern_limits(files, STEPS, combined)))
    return read_csv(path)


@pytest.fixture(scope="module")
def public():
    return {
        "mixing": ["e", "e"], "experiment": ["theirs", "theirs"], "mass_gev": [0.2, 0.3],
        "mixing_limit": [1e-9, 2e-9], "source": ["a file </script>", "a file"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def page(files, limits, public):
    uniform = {("na62_2022", "piee"): {"derived": 5.4e-11, "simulated": 5.6e-11}}
    return explore_page(files, limits, public, STEPS, uniform, "grids of a test")


@pytest.fixture(scope="module")
def seen(page, tmp_path_factory):
    """What a browser without a network shows."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine: what the page shows cannot be read off")
    folder = tmp_path_factory.mktemp("page")
    # Not the "</body>" within the library's scripts.
    body, end, rest = page.rpartition("</body>")
    (folder / "explore.html").write_text(body + READ_OFF + end + rest, encoding="utf-8")
    process = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'user'}",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=60000", "--dump-dom",
         (folder / "explore.html").as_uri()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', process.stdout, re.DOTALL)
    assert found, process.stderr[-2000:]
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def numbers(cells):
    return [float(cell) for cell in cells]


def same(cells, values):
    wanted = [math.nan if value is None else value for value in values]
    assert numbers(cells) == pytest.approx(wanted, rel=0.0, abs=0.0, nan_ok=True)


def test_patterns_cover_every_share_once():
    found = mixing_patterns(4)
    assert len(found) == 15 and len({one.name for one in found.values()}) == 15
    assert (found[1, 2].e, found[1, 2].mu, found[1, 2].tau) == (0.25, 0.5, 0.25)
    with pytest.raises(ValueError, match="at least 1"):
        mixing_patterns(0)


def test_a_pattern_has_the_limits_that_are_computed_for_it_alone(files, limits):
    assert tuple(limits) == MIXING_COLUMNS
    alone = mixing_table(files, {"e": 1.0, "mu": 1.0}, KAONS, methods=("paper",))
    found = find_rows(limits, mixing="0.5:0.5:0")
    assert found == table_rows(alone) and any(row["searches"] == COMBINED for row in found)
    assert not find_rows(limits, mixing="e", searches=COMBINED)


def test_the_page_stands_alone_and_says_what_it_is(page):
    assert len(page.encode()) < LARGEST_BYTES / 2
    assert not re.search(r"<(script|link|iframe)[^>]+(src|href)=", page)
    text = re.sub(r"\s+", " ", page)
    assert "This is a reproduction with a fast simulation, no collaboration's result" in text
    for kind in ("published", "derived", "simulated"):
        assert f">{kind}</b>:" in page


def test_two_pages_are_the_same_but_for_running_numbers(files, limits, public):
    """The plotting library numbers its parts, from the first of a process."""
    one, other = (
        re.sub(r"\bp\d+\b", "p", explore_page(files, limits, public, STEPS)) for _ in range(2)
    )
    assert one == other


def test_a_page_that_is_too_large_or_empty_is_refused(files, limits, public, monkeypatch):
    monkeypatch.setattr("lnvsearch.interpretation.explore.page.LARGEST_BYTES", 1000)
    with pytest.raises(ValueError, match="recast_masses"):
        explore_page(files, limits, public, STEPS)
    with pytest.raises(ValueError, match="no search has a grid"):
        explore_page({}, limits, public, STEPS)


def test_maps_show_the_grids(seen, files):
    for key, path in files.items():
        table = read_csv(path)
        for chirality in ("isotropic", "v_minus_a"):
            name = f"{' '.join(key)} {chirality}"
            rows = sorted(find_rows(table, chirality=chirality),
                          key=lambda row: (row["mass_gev"], row["lifetime_ps"]))  # fmt: skip
            for column in rows[0].keys() - {"chirality"}:
                same(seen["maps"][name][column], [row[column] for row in rows])
            assert set(seen["maps"][name]["kind"]) == {"simulated"}
            second = sorted({row["mass_gev"] for row in rows})[1]
            at = [row for row in rows if row["mass_gev"] == second and row["lifetime_ps"] > 0.0]
            for column in ("lifetime_ps", "branching_fraction_limit", "branching_fraction_limit_cls"):
                same(seen["profiles"][name][column], [row[column] for row in at])


def test_kinds_of_limits_are_told_apart(seen):
    one, other = (seen["references"][f"{name} v_minus_a"] for name in ("na62_2022 piee", " ".join(ALONE)))
    assert one["kind"] == ["published", "derived", "simulated"]
    assert numbers(one["limit"]) == [5.3e-11, 5.4e-11, 5.6e-11]
    assert other["kind"] == ["published"] and numbers(other["limit"]) == [2.1e-9]
    assert "CLs" in one["method"][0] and "Rolke" in other["method"][0]


@pytest.mark.parametrize(
    ("sliders", "mixing"),
    [("1 0", "e"), ("0 1", "mu"), ("0.5 0.5", "0.5:0.5:0"), ("0.5 0", "0.5:0:0.5"), ("0 0", "tau")],
)
def test_sliders_show_the_limits_of_their_pattern(seen, limits, public, sliders, mixing):
    for name in ("na62_2022 piee", "na62_2019 pimumu", COMBINED):
        rows = find_rows(limits, searches=name, mixing=mixing)
        found = seen["mixing"][sliders][name]
        for column in ("mass_gev", "mixing_limit", "mixing_limit_prompt_reading", "lifetime_at_limit_ps"):
            same(found[column], [row[column] for row in rows])
        assert set(found["kind"]) <= {"simulated"}
    theirs = seen["mixing"][sliders]["theirs"]
    same(theirs["mixing_limit"], public["mixing_limit"] if mixing == "e" else [])
    assert set(theirs["kind"]) <= {"published"}


def test_a_flavour_has_its_share_and_the_other_slider_gives_way(seen, limits):
    rows = find_rows(limits, searches="na62_2022 piee", mixing="0.5:0:0.5")
    same(seen["share"]["shown"], [row["mixing_limit"] and 0.5 * row["mixing_limit"] for row in rows])
    assert seen["given_way"] == 0
    assert "BESIII 2025, J/psi -> N K+ e-" in seen["notes"] and "nobody has computed" in seen["notes"]


@pytest.mark.parametrize("known", [{}, {"derived": 5.26e-11}])
def test_the_legend_names_what_is_drawn_and_nothing_else(known):
    from bokeh.models import Legend

    from lnvsearch.interpretation.channels import GRIDS
    from lnvsearch.interpretation.explore.maps import map_view

    key = ("na62_2022", "piee")
    view = map_view({key: GRIDS / "na62_2022/piee.csv"}, {key: known})
    (legend,) = view.select({"type": Legend})
    said = [item.label.value for item in legend.items]
    even = [label.partition(",")[0] for label in said if "even in phase space" in label]
    assert even == ["published", *known]
