"""`lnvsearch check-config` reads files as data and says what the workflow would say."""

import re

import pytest

from lnvsearch.cli import main


@pytest.fixture
def check(root, tmp_path, capsys):
    """Exit code, and what is said, of a file."""

    def run(text):
        (tmp_path / "own.yaml").write_bytes(text.encode("latin-1"))
        code = main(["check-config", "--project", str(root), str(tmp_path / "own.yaml")])
        said = capsys.readouterr()
        assert (said.err if code else said.out).count("\n") == 1
        return code, said.out + said.err

    return run


def test_nothing_in_a_file_runs(check, tmp_path):
    proof = tmp_path / "ran"
    code, said = check(
        "__use_yte__: true\n__variables__:\n"
        f"  x: ?__import__('os').system('touch {proof}')\npapers: [besiii_2025]\n"
    )
    assert code == 2 and "__use_yte__: would run values as code; remove it" in said
    code, _ = check(f"papers: !!python/object/apply:os.system ['touch {proof}']\n")
    assert code == 2 and not proof.exists()


def test_a_good_file_says_what_it_asks_for(check):
    code, said = check("papers: [na62_2019]\nstatistics: {signal: 2000}\n")
    assert code == 0 and "own.yaml: can be used; searches: na62_2019" in said


@pytest.mark.parametrize(("text", "words"), [
    ("statistics: {signal: 500.0}\n", "statistics.signal: 500.0 is not allowed"),
    ("base_seed: 1\nbase_seed: 2\n", "base_seed: given twice"),
    ("papers: [nowhere]\n", "no search 'nowhere'"),
    ("{}\n", "own.yaml: holds no keys"),
    ("papers: {}\n", "own.yaml: papers: empty, which changes nothing .* give a value, or remove the key"),
    ("statistics: {signal: {}}\n", "statistics.signal: empty"),
    ("combinations: {}\n", "combinations: empty"),
    ("base_seed: {}\n", "base_seed: empty"),
    ("mixing_limits: {e: {shares: {e: 1.0}, combined: {}}}\n", "mixing_limits.e.combined: empty"),
    ("# caf\xe9\n", "not UTF-8 text; save it as UTF-8"),
])
def test_what_the_workflow_would_refuse_is_refused(check, text, words):
    code, said = check(text)
    assert code == 2 and re.search(words, said), said


def test_an_empty_mapping_on_the_command_line_has_no_effect_and_is_refused(root):
    from searches.configuration import ConfigurationError, read_config

    with pytest.raises(ConfigurationError, match="--config: papers: empty, which changes nothing"):
        read_config([root / "config/config.yaml"], {"papers": {}})


def test_a_folder_without_the_workflow_is_named(tmp_path, capsys):
    assert main(["check-config", "--project", str(tmp_path), "a.yaml"]) == 2
    assert "give the workflow's folder as --project" in capsys.readouterr().err
