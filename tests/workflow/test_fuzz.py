"""Whatever a user's configuration holds, it is accepted, or refused in words: file, key, problem and fix.

At least a thousand random changes of every YAML file.
"""

import copy
import gc
import pickle
import random
import re
import sys
from functools import cache

import pytest
import searches.numbers
from searches.combined import combinations_of
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers
from snakemake.utils import update_config

CONFIG, TEST = "config/config.yaml", "config/test.yaml"
MUTATIONS, TEXTS = 1000, 100
VALUES = (
    None, True, False, 0, -1, 1, 3.5, -0.0, 1e300, 5e-324, 2**70, 500.0, "", "all", "x", "é(", "1e-4", "K+",
    "none", [], {}, [[]], [1, "a"], [0.5, 0.4], {"cut": "geometry"}, {"value": 1}, {"a": {"b": [1]}},
    float("nan"), float("inf"),
)  # fmt: skip
NAMES = ("x", "X y", "on", "value", "cut", "", 1, None)
WORDS = re.compile(r"\S+\.(yaml|csv)(, line \d+)?: \S.*?: \S.*; \S.*")

#: What still needs a variation that is deleted, and what to remove, too.
NEEDS_IT = re.compile(
    r"\S+: (\w+)(?:\[(\d+)\] \(\w+\)\.estimate\.variation|\.(\w+)): .+; remove (it|the estimate|this uncertainty).*"
)


def files(root):
    found = sorted(path.relative_to(root).as_posix() for path in (root / "config").rglob("*.yaml"))
    assert len(found) >= 10
    return found


def places(content, path=()):
    """All places of nested mappings and lists."""
    parts = content.items() if isinstance(content, dict) else enumerate(content)
    for name, value in parts:
        yield (*path, name)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, name))


def mutate(content, draw):
    """Replace, scale, remove, rename, repeat or add one thing at some place."""
    *above, last = draw.choice(list(places(content)))
    for name in above:
        content = content[name]
    value = content[last]
    match draw.choice(["replace", "replace", "scale", "remove", "remove", "rename", "add", "repeat"]):
        case "scale" if isinstance(value, (int, float)):
            content[last] = value * draw.choice([-1, 0, 2, 1000, 0.001])
        case "remove":
            del content[last]
        case "rename" if isinstance(content, dict):
            content[draw.choice(NAMES)] = content.pop(last)
        case "add" if isinstance(content, dict):
            content[draw.choice(NAMES)] = copy.deepcopy(draw.choice(VALUES))
        case "repeat" if isinstance(content, list):
            content.insert(0, copy.deepcopy(value))
        case _:
            content[last] = copy.deepcopy(draw.choice(VALUES))


@pytest.fixture(scope="module")
def load(root):
    """Load the searches with one file's content in the place of what is in the file.

    All other files are parsed once.  A file of one search, or of its detector, is loaded with that
    search; of the user's knobs a third each is loaded with one search.
    """
    texts = {file: pickle.dumps(read_yaml(root / file)) for file in files(root)}
    spoiled = {}

    def read(path):
        name = path.relative_to(root).as_posix()
        return spoiled[name] if name in spoiled else pickle.loads(texts[name])

    def load(file, content, turn):
        config = pickle.loads(texts[CONFIG])
        papers = config["papers"]
        spoiled.clear()
        if file == CONFIG:
            config = content
        elif file == TEST:
            update_config(config, content)
        else:
            spoiled[file] = content
            stem = file.partition(".")[0].rpartition("/")[2]
            config["papers"] = [next(name for name in papers if name.startswith(stem))]
        if config.get("papers") == papers:
            config["papers"] = [papers[turn % len(papers)]]
        loaded = load_papers(config, root, CONFIG)
        combinations_of(config, loaded, CONFIG)
        for paper in loaded.values():
            assert list(paper.leaves())

    with pytest.MonkeyPatch.context() as patch:
        for module in list(sys.modules.values()):
            if module.__name__.startswith("searches") and hasattr(module, "read_yaml"):
                patch.setattr(module, "read_yaml", read)
        patch.setattr(searches.numbers, "read_published", cache(searches.numbers.read_published))
        # Half of the time would go into looking for circles.
        gc.disable()
        yield lambda file: pickle.loads(texts[file]), load
        gc.enable()


def test_a_thousand_changes_of_every_file_are_accepted_or_refused_in_words(root, load):
    content_of, load = load
    for file in files(root):
        draw, mutations, turn, refused = random.Random(file), 0, 0, 0
        while mutations < MUTATIONS:
            content, at_once = content_of(file), draw.choice([1, 2])
            for _ in range(at_once):
                if content:
                    mutate(content, draw)
            mutations, turn = mutations + at_once, turn + 1
            try:
                load(file, content, turn)
            except ConfigurationError as error:
                refused += 1
                for line in str(error).splitlines():
                    assert WORDS.fullmatch(line), line
        # It is not that nothing was loaded, or that nothing was found.
        assert turn / 4 < refused < turn, file


def spoil(text, draw):
    """One change of a file's bytes."""
    lines = text.splitlines(keepends=True)
    i, j = draw.randrange(len(lines)), draw.randrange(len(text))
    match draw.choice(["drop", "double", "indent", "byte", "insert", "cut"]):
        case "drop":
            del lines[i]
        case "double":
            lines.insert(i, lines[i])
        case "indent":
            lines[i] = draw.choice([b" ", b"\t", b"      "]) + lines[i]
        case "byte":
            return text[:j] + bytes([draw.randrange(256)]) + text[j + 1 :]
        case "insert":
            strange = [b"\xff", b"\0", b"\xfe\xff", b"&a ", b"*a ", b"{", b"]", b": ", b"!!python/name:os", b"---\n"]
            return text[:j] + draw.choice(strange) + text[j:]
        case "cut":
            return text[:j]
    return b"".join(lines)


def test_a_spoiled_text_is_read_or_refused_in_words(root, tmp_path):
    for file in files(root):
        draw, text = random.Random(file), (root / file).read_bytes()
        for _ in range(TEXTS):
            (tmp_path / "spoiled.yaml").write_bytes(spoil(text, draw))
            try:
                assert isinstance(read_yaml(tmp_path / "spoiled.yaml"), dict)
            except ConfigurationError as error:
                for line in str(error).splitlines():
                    assert re.fullmatch(r"\S+/spoiled.yaml: \S.*; \S.*", line), line


def test_every_variation_can_be_deleted(root, load):
    """What needs it is named, and after it is removed, too, the rest is accepted."""
    content_of, load = load
    for file in files(root):
        names = content_of(file).get("variations")
        for name in names if file.startswith("config/papers/") else ():
            content = content_of(file)
            del content["variations"][name]
            try:
                load(file, content, 0)
                continue
            except ConfigurationError as error:
                lines = str(error).splitlines()
            for line in reversed(lines):
                if f"recast.vertex_variations: '{name}' does not exist" in line:
                    content["recast"]["vertex_variations"].remove(name)
                    continue
                needs_it = NEEDS_IT.fullmatch(line)
                assert needs_it, line
                section, number, entry, fix = needs_it.groups()
                if number is None:
                    del content[section][entry]
                elif fix == "the estimate":
                    del content[section][int(number)]["estimate"]
                else:
                    del content[section][int(number)]
            load(file, content, 0)
