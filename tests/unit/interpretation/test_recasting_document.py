"""The worked examples of docs/recasting.md run as they stand."""

import re
import shlex

import pytest

from lnvsearch.cli import main
from lnvsearch.interpretation.channels import GRIDS

COMMAND = re.compile(r"^\$ (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def document(root):
    return (root / "docs/recasting.md").read_text("utf-8")


def blocks(document, kind):
    return re.findall(rf"```{kind}\n(.*?)```", document, re.DOTALL)


def has_shipped(arguments):
    """Whether the grid that a command reads ships with the package."""
    options = dict(zip(arguments, arguments[1:], strict=False))
    return (GRIDS / options.get("--search", "") / f"{options.get('--channel', '')}.csv").is_file()


def test_every_command_of_the_examples_runs(document, grids, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for kind in ("yaml", "python"):
        for text in blocks(document, kind):
            (tmp_path / re.match(r"# (\S+?):?\s", text).group(1)).write_text(text)
    ran = 0
    for line in COMMAND.findall("\n".join(blocks(document, "console"))):
        program, *arguments = shlex.split(line)
        if program == "python":
            exec(compile((tmp_path / arguments[0]).read_text(), arguments[0], "exec"), {})
            continue
        assert program == "lnvsearch"
        if "--model" not in arguments and not has_shipped(arguments):
            arguments += ["--grids", str(grids)]
        code = main(arguments)
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, ""), line
        ran += 1
    assert ran >= 7 and (tmp_path / "ue4.dat").is_file()


def test_the_density_of_the_third_example_changes_the_limit(
    document, tmp_path, monkeypatch, capsys
):
    """Pairs of large mass, of which this density has more, are accepted more often."""
    monkeypatch.chdir(tmp_path)
    (text,) = blocks(document, "python")
    exec(compile(text, "contact.py", "exec"), {})
    (tmp_path / "contact.yaml").write_text(blocks(document, "yaml")[0])
    assert main(["recast", "--model", "contact.yaml"]) == 0
    found = capsys.readouterr().out
    ratio = float(re.search(r"acceptance_over_phase_space +(\S+)", found).group(1))
    limit = float(re.search(r"branching_fraction_limit +(\S+)", found).group(1))
    assert ratio > 1.0 and limit == pytest.approx(5.3e-11 / ratio, rel=1e-3)


def test_every_channel_is_in_the_table(document):
    from lnvsearch.interpretation.channels import read_channels, searches

    for paper in searches():
        (row, *_) = [line for line in document.splitlines() if line.startswith(f"| `{paper}`")]
        assert row
        for name in read_channels(paper):
            assert f"`{name}`" in document
