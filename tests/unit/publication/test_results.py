"""Results are read by the names under which the rules hand them over."""

from lnvsearch.publication.published import COLUMNS, PublishedNumbers
from lnvsearch.publication.results import read_inputs


def test_results_are_read_by_what_they_are(tmp_path):
    (tmp_path / "a.csv").write_text("events\n3\n")
    (tmp_path / "b.json").write_text('{"value": 2.5}')
    (tmp_path / "numbers.csv").write_text(",".join(COLUMNS) + "\n")
    files = {name: str(tmp_path / name) for name in ("a.csv", "b.json", "numbers.csv", "c.root")}
    results = read_inputs({
        "background/piee": files["a.csv"], "background/pimumu": files["a.csv"],
        "closure": files["a.csv"], "limits/piee": files["b.json"],
        "published": files["numbers.csv"], "selected": files["c.root"],
    })
    assert results["background"] == {"piee": {"events": [3]}, "pimumu": {"events": [3]}}
    assert results["closure"] == {"events": [3]} and results["limits"]["piee"] == {"value": 2.5}
    assert isinstance(results["published"], PublishedNumbers) and not results["published"]
    # Events stay where they are: whoever reads them opens the file.
    assert results["selected"] == files["c.root"]
