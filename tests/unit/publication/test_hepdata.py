"""HEPData submissions: origins kept apart, and the official validator is content."""

import pytest
import yaml

from lnvsearch.publication.hepdata import records_of, submission_documents, table_document, write_thumbnail

#: HEPData's validator uses a name that jsonschema is about to drop, and leaves files open.
pytestmark = [
    pytest.mark.filterwarnings("ignore:jsonschema:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

KEYWORDS = {"reactions": ["K+ --> PI- E+ E+"], "observables": ["BR"]}
LIMITS = {
    "kind": ["derived", "simulated", "simulated", "external"], "method": ["cls", "cls", "rolke", "cls"],
    "mass_gev": [0.5, 0.5, 0.75, 0.5], "upper": [1e-10, 2e-10, None, 3e-10],
    "upper_uncertainty": [1e-11, 0.0, None, 2e-11],
}  # fmt: skip


def records(table, name="Limits"):
    return list(records_of(name, "Upper limits.", table, KEYWORDS))


def test_every_origin_has_a_table_of_its_own():
    found = records(LIMITS)
    assert [record.origin for record in found] == ["derived", "simulated", "published"]
    for record in found:
        (variable,) = table_document(record)["dependent_variables"]
        assert variable["qualifiers"] == [{"name": "origin", "value": record.origin}]
        assert record.origin in record.name and record.origin in record.description


def test_units_and_uncertainties_come_from_the_names():
    document = table_document(records(LIMITS)[0])
    method, mass = document["independent_variables"]
    assert mass["header"] == {"name": "mass", "units": "GeV"} and mass["values"] == [{"value": 0.5}]
    assert method["values"] == [{"value": "cls"}]
    (upper,) = document["dependent_variables"]
    assert upper["values"] == [{"value": 1e-10, "errors": [{"symerror": 1e-11, "label": "total"}]}]


def test_an_uncertainty_of_zero_and_an_empty_cell_are_left_out():
    (upper,) = table_document(records(LIMITS)[1])["dependent_variables"]
    assert upper["values"] == [{"value": 2e-10}, {"value": "-"}]


def test_columns_can_tell_the_origin_and_bins_have_edges():
    spectrum = {
        "mass_low_gev": [0.4, 0.45], "mass_high_gev": [0.45, 0.5], "expected_events": [1.5, 2.5],
        "expected_events_statistical": [0.5, 0.5], "events_published": [2, None],
    }  # fmt: skip
    simulated, published = records(spectrum)
    assert (simulated.origin, published.origin) == ("simulated", "published")
    document = table_document(simulated)
    assert document["independent_variables"][0]["values"][0] == {"low": 0.4, "high": 0.45}
    assert len(table_document(published)["independent_variables"][0]["values"]) == 1


def test_series_tell_the_origin():
    found = records({"mass_gev": [1.0, 1.0], "series": ["published", "simulated_nominal"], "limit": [1.0, 2.0]})
    assert [record.origin for record in found] == ["published", "simulated"]


def test_a_ratio_to_a_published_number_is_not_published_and_what_went_in_is_derived():
    table = {
        "momentum_gev": [10.0], "true_probability": [0.98], "measured_probability": [0.97],
        "ratio_published": [0.8], "ratio_over_published": [1.01],
    }  # fmt: skip
    found = {record.origin: table_document(record)["dependent_variables"] for record in records(table)}
    names = {origin: [one["header"]["name"] for one in variables] for origin, variables in found.items()}
    assert names == {
        "derived": ["true probability"], "simulated": ["measured probability", "ratio over published"],
        "published": ["ratio published"],
    }  # fmt: skip


def test_numbers_of_which_nothing_tells_the_origin_have_the_given_one():
    (record,) = records_of("Coverage", "Of limits.", {"true_signal": [1.0], "coverage": [0.9]}, KEYWORDS, origin="derived")
    assert record.origin == "derived"


def test_long_names_are_cut_and_equal_ones_refused():
    (record, *_) = records(LIMITS, "A very long name of a table that HEPData would not take as it is")
    assert len(record.name) <= 64
    with pytest.raises(ValueError, match="two tables of one name"):
        list(submission_documents("comment", [record, record], []))


def test_a_table_without_numbers_gives_none():
    assert not records({"cut": ["a", "b"], "note": ["", ""]})


def test_the_official_validator_is_content(tmp_path):
    from hepdata_validator.full_submission_validator import FullSubmissionValidator
    from PIL import Image

    found = list(records_of("Limits", "Upper limits.", LIMITS, KEYWORDS, image="a.png"))
    for record in found:
        (tmp_path / record.data_file).write_text(yaml.safe_dump(table_document(record)))
    documents = submission_documents("A reproduction.", found, ["a.png", "b.png"])
    (tmp_path / "submission.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False))
    for name in ("a.png", "b.png"):
        Image.new("RGB", (900, 600)).save(tmp_path / name)
        write_thumbnail(tmp_path / name, tmp_path / f"thumb_{name}")
        assert max(Image.open(tmp_path / f"thumb_{name}").size) == 300
    validator = FullSubmissionValidator()
    assert validator.validate(directory=str(tmp_path)), validator.get_messages()
