"""The description of a run, read back by the library of RO-Crate."""

import json

from same_results import assert_same_file

from lnvsearch.files import packed, zipped
from lnvsearch.publication.crate import crate_metadata

FILES = {"/p/Snakefile": "Snakefile", "/p/config/config.yaml": "config/config.yaml", "results/a.csv": "results/a.csv"}


def described():
    return crate_metadata(
        FILES, workflow="/p/Snakefile", settings=["/p/config/config.yaml"], results=["results/a.csv"],
        packages={"numpy": "2.0"}, seed=7, date_published="2026-11-30",
    )  # fmt: skip


def test_the_library_of_crates_reads_it(tmp_path):
    from rocrate.rocrate import ROCrate

    for name in FILES.values():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "ro-crate-metadata.json").write_text(described())
    crate = ROCrate(tmp_path)
    assert crate.mainEntity.id == "Snakefile"
    run = crate.dereference("#run")
    assert [entity.id for entity in run["object"]] == ["config/config.yaml"]
    assert [entity.id for entity in run["result"]] == ["results/a.csv"]
    assert crate.datePublished.date().isoformat() == "2026-11-30"
    assert crate.dereference("#numpy")["version"] == "2.0" and "seed 7" in run["name"]


def test_every_file_that_is_named_is_described():
    graph = json.loads(described())["@graph"]
    known = {entity["@id"] for entity in graph}
    (root,) = (entity for entity in graph if entity["@id"] == "./")
    assert {part["@id"] for part in root["hasPart"]} == set(FILES.values()) <= known


def test_archives_depend_on_names_and_contents_alone(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    packed(folder, tmp_path / "1.tar.gz")
    (folder / "a.txt").write_text("a")  # another time
    packed(folder, tmp_path / "2.tar.gz")
    assert_same_file(tmp_path / "1.tar.gz", tmp_path / "2.tar.gz")
    for name in ("1.zip", "2.zip"):
        zipped({"t.txt": "text", "a.txt": folder / "a.txt"}, tmp_path / name)
    assert_same_file(tmp_path / "1.zip", tmp_path / "2.zip")
