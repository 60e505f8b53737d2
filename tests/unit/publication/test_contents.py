"""What papers declare: every function is there, and takes what it is said to be given."""

import inspect

import pytest

from lnvsearch.experiments.na62 import publication as na62
from lnvsearch.papers import besiii_2025, na62_2019, na62_2022
from lnvsearch.publication.contents import PARTS, Content

MODULES = {
    "besiii_2025": besiii_2025, "na62_2019": na62_2019, "na62_2022": na62_2022, "na62": na62,
}
CONTENTS = {
    f"{name}: {content.function}": content
    for name, module in MODULES.items()
    for content in (*module.TABLES.values(), *module.FIGURES.values())
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_all_parts(name):
    assert all(hasattr(MODULES[name], part) for part in PARTS)
    assert callable(MODULES[name].COMPARISON.load())


@pytest.mark.parametrize("name", CONTENTS)
def test_a_function_takes_what_it_is_given(name):
    content = CONTENTS[name]
    given = {need.partition("/")[0] for need in content.needs} | set(content.settings)
    parameters = inspect.signature(content.load()).parameters
    assert given <= set(parameters)
    needed = {n for n, p in parameters.items() if p.default is inspect.Parameter.empty}
    assert needed <= given


def test_a_function_that_is_not_there_is_told():
    with pytest.raises(ValueError, match=r"lnvsearch\.tables has no function table9"):
        Content("lnvsearch.tables.table9").load()


def test_a_content_is_made_from_its_results_and_settings():
    content = Content("lnvsearch.tables.to_markdown", ("table",), ("headings",))
    made = content.make({"table": {"x": ["1"]}}, {"headings": {"x": "y"}})
    assert made == "| y |\n| --- |\n| 1 |\n"
