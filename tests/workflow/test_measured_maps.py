"""Measured identification maps as docs/own-data.md configures them: files, variations, refusals."""

import json
import re

import pytest
import quick_yaml
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers

SEARCH = "config/papers/na62_2022.yaml"
NAME = "efficiency_electron_rich"
EXAMPLE = "docs/examples/identification_map/rich_positrons.json"


@pytest.fixture
def configured(project, root):
    """The search with what the page says, and possibly one thing more that is changed."""
    page = (root / "docs/own-data.md").read_text(encoding="utf-8")
    (text,) = [part for part in page.split("\n## ") if part.startswith("Identification maps")]
    first, second = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (project / EXAMPLE).parent.mkdir(parents=True, exist_ok=True)
    (project / EXAMPLE).write_text((root / EXAMPLE).read_text(encoding="utf-8"))

    def load(change=lambda measured, variations: None):
        content = quick_yaml.load((project / SEARCH).read_text())
        content["identification"] |= quick_yaml.load(first)["identification"]
        content["variations"] |= quick_yaml.load(second)
        change(content["identification"]["measured"][NAME], content["variations"])
        (project / SEARCH).write_text(quick_yaml.dump(content, sort_keys=False))
        config = read_yaml(project / "config/config.yaml")
        return load_papers(config, project, "config/config.yaml")["na62_2022"]

    return load


def test_the_variations_of_the_page_have_maps_of_their_own(configured):
    from types import SimpleNamespace

    from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
    from lnvsearch.experiments.na62.steps.map_identification import map_identification

    paper = configured()
    step, found = paper.steps["map_identification"], {}
    for key, variation in (("nominal", "nominal"), ("up", "identification_map_up"),
                           ("down", "identification_map_down")):  # fmt: skip
        file = f"results/na62_2022/identification/{variation}.json"
        assert paper.identification_file(variation) == file
        wildcards = SimpleNamespace(variation=variation)
        inputs, settings = step.inputs(paper, wildcards), step.settings(paper, wildcards)
        assert list(inputs) == [NAME] and inputs[NAME].endswith(EXAMPLE)
        maps = map_identification(inputs, settings)["maps"]
        table = IdentificationMaps.from_text(json.dumps(maps))
        found[key] = table.probability(NAME, 20.0, 0.005).item()
    assert found == {"nominal": 0.97, "up": 0.98, "down": 0.96}
    # A run of their own, with nominal's events, and a row in the table of what variations do.
    assert ("signal_piee", "identification_map_up") in set(paper.runs())
    together = paper.selected_together("signal_piee", "nominal")
    files = dict(zip(together, paper.identification_files("signal_piee", "nominal"), strict=True))
    assert files["identification_map_down"].endswith("/identification_map_down.json")
    assert "identification_map_up" in paper.variations_of("piee")


BAD = {
    "no such file": (lambda m, v: m.update(file="own.json"), ["own.json: No such file", "give the path"]),
    "no such correction": (lambda m, v: m.update(correction="rich"), ["no correction 'rich'", "positron_by_rich"]),
    "an unknown input": (lambda m, v: m.update(inputs=["momentum_gev", "eta", "systematic"]), ["inputs", "'eta'"]),
    "no key": (lambda m, v: m.pop("key"), ["key", "give both or none"]),
    "a key that the file lacks": (
        lambda m, v: v["identification_map_up"]["paper"]["identification"]["measured"][NAME].update(key="high"),
        ["variations.identification_map_up.paper.identification", "no key 'high'; there are nominal, up, down"],
    ),
    "momentum and text exchanged": (
        lambda m, v: m.update(inputs=["systematic", "angle_mrad", "momentum_gev"]), ["is of type", "in the order"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_file_and_key(configured, case):
    change, expected = BAD[case]
    with pytest.raises(ConfigurationError) as caught:
        configured(change)
    for words in ("na62_2022.yaml", *expected):
        assert words in str(caught.value), str(caught.value)
