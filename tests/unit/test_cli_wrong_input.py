"""The command line: every wrong input is one line and exit code 2."""

import errno
import os

import pytest

GOOD = "--method cls --observed 1 --background 0.5 --efficiency 0.2"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "command"),
        ("limits", "invalid choice: 'limits'"),
        ("limit", "--observed is missing"),
        ("limit --method cls", "--observed is missing"),
        ("limit --method best --observed 1", "invalid choice: 'best'"),
        ("limit --method cls --observed one", "--observed must be a number; got 'one'"),
        ("limit --method cls --observed 1 --efficiency 1", "--background B, or --sideband M"),
        ("limit --method cls --observed 1 --background 1", "--efficiency E (1 for"),
        ("limit --method cls --observed 1 --sideband 3 --efficiency 1", "--sideband needs --tau"),
        (f"limit {GOOD} --tau 2", "--tau needs --sideband"),
        (f"limit {GOOD} --sideband 3 --tau 2", "--background and --sideband exclude each other"),
        (f"limit {GOOD} --passed 3 --generated 9", "--efficiency and --passed exclude each other"),
        (f"limit {GOOD} --generated 9", "--generated needs --passed"),
        (
            "limit --method cls --observed 1 --sideband 1 --tau 1 --efficiency 1 "
            "--background-uncertainty 0.1",
            "--background-uncertainty needs --background",
        ),
        (
            "limit --method cls --observed 1 --background 1 --passed 1 --generated 2 "
            "--efficiency-uncertainty 0.1",
            "--efficiency-uncertainty needs --efficiency",
        ),
        (
            "limit --method cls --observed 1 --background 1 --passed 1 --generated 2 "
            "--normalisation 9 --normalisation-uncertainty 1",
            "--normalisation-uncertainty needs --efficiency",
        ),
        (f"limit {GOOD} --normalisation-uncertainty 3", "needs --normalisation"),
        (f"limit {GOOD} --normalisation 0", "--normalisation must be finite and > 0"),
        (f"limit {GOOD} --normalisation nan", "--normalisation must be a number; got 'nan'"),
        (f"limit {GOOD} --normalisation inf", "--normalisation must be finite and > 0"),
        (
            f"limit {GOOD} --normalisation 5 --normalisation-uncertainty -1",
            "--normalisation-uncertainty must be finite and >= 0; got -1",
        ),
        (f"limit {GOOD} --bounded", "--bounded is only for --method rolke"),
        (f"limit {GOOD} --signal-prior uniform", "only for --method bayesian"),
        (f"limit {GOOD} --convention root", "only for --method feldman-cousins"),
        (f"limit {GOOD} --prior flat", "prior must be one of"),
        (f"limit {GOOD} --prior gamma,gamma,gamma", "prior must be one of"),
        (f"limit {GOOD} --cl 95", "did you mean 0.95?"),
        (f"limit {GOOD} --cl nan", "--cl must be a number"),
        ("limit --method cls --observed 1.5 --background 0 --efficiency 1", "whole number"),
        ("limit --method cls --observed -1 --background 0 --efficiency 1", "observed"),
        ("limit --method cls --observed 1 --background inf --efficiency 1", "--background must be"),
        ("limit --method cls --observed 1 --background 0 --efficiency 0", "--efficiency must be"),
        ("limit --method cls --observed 1 --background -2 --efficiency 1", ">= 0; got -2; a fit"),
        ("limit --method cls --observed 1 --sideband 3 --tau 0 --efficiency 1", "--tau must be"),
        (f"limit {GOOD} --normalisation -1e9", "--normalisation must be finite and > 0; got -1e+09"),
        (f"limit {GOOD} --sensitivity --power 90", "did you mean 0.9?"),
        (f"limit {GOOD} --cl 1", "(0.90 for 90 %); got 1\n"),
        (
            f"limit {GOOD} --background-uncertainty 0.1 --efficiency-uncertainty 0.1 "
            "--correlation -2",
            "--correlation must be between -1 and 1; got -2",
        ),
        (
            "limit --method cls-profiled --observed 1 --background 0.5 "
            "--background-uncertainty +0.3-0.6 --efficiency 1",
            "--background-uncertainty must go down by less than --background 0.5",
        ),
        (f"limit {GOOD} --efficiency-uncertainty -0.1", "must be finite and >= 0; got -0.1"),
        (f"limit {GOOD} --background-uncertainty -0.1", "must be finite and >= 0; got -0.1"),
        (
            "limit --method cls --observed 1 --background 0 --passed 3 --generated 2",
            "--passed must be at most --generated",
        ),
        (
            "limit --method rolke --observed 1 --background 0 --efficiency 1 --prior gamma",
            "--prior is only for --method",
        ),
        (f"limit {GOOD} --obs 1", "unrecognized arguments: --obs 1"),
        (f"limit {GOOD} --plot /dev/full", "--plot /dev/full: no file for a picture; end its name with .pdf, .png, .svg"),
        (f"limit {GOOD} --plot curve", "--plot curve: no file for a picture"),
        (f"limit {GOOD} --plot curve.1", "--plot curve.1: no file for a picture"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(refusal, command, message):
    assert message in refusal(command)


@pytest.mark.parametrize("command", [
    "limit --method cls --table", "limit --method cls --model", "combine", "recast --model", "check-events x.root --branches",
])  # fmt: skip
def test_a_file_that_is_no_text_is_refused_at_its_first_block(refusal, command, tmp_path):
    (tmp_path / "zeros").write_bytes(b"\0" * 4096)
    assert "cannot be read: it is no text, but holds a NUL byte" in refusal(f"{command} {tmp_path}/zeros")


@pytest.mark.parametrize("content", ["# caf\xe9\n".encode("latin-1"), b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("command", [
    "limit --method cls --table {file}", "limit --method cls --model {file}", "combine {file}", "recast --model {file}",
    "recast --model {density}", "recast --model {events}", "check-events x.root --branches {file}",
    "convert-dst x.dst out.root --shower-response {file}", "check-config {file}",
])  # fmt: skip
def test_a_text_in_another_encoding_is_refused_with_the_fix(refusal, command, content, tmp_path, root):
    file = tmp_path / "odd"
    file.write_bytes(content)
    (tmp_path / "odd.lhe").write_bytes(content)
    model = "search: na62_2022\nchannel: piee\n"
    for name, line in (("density", f"density: {file}"), ("events", f"events: {file}.lhe")):
        (tmp_path / name).write_text(model + line + "\n")
    names = {name: tmp_path / name for name in ("density", "events")}
    said = refusal(command.format(file=file, **names) + (f" --project {root}" if "check-config" in command else ""))
    assert "not UTF-8 text; save it" in said and str(file) in said and "codec" not in said


def test_a_picture_on_a_full_disk_names_file_and_fix_and_leaves_nothing(refusal, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def full(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Figure, "savefig", full)
    said = refusal(f"limit {GOOD} --plot {tmp_path}/curve.png")
    assert f"--plot {tmp_path}/curve.png cannot be written: No space left on device; free some and run again" in said
    assert not list(tmp_path.iterdir())


def test_a_picture_does_not_take_the_place_of_a_pipe(refusal, tmp_path):
    os.mkfifo(tmp_path / "curve.png")
    assert "a device or a pipe" in refusal(f"limit {GOOD} --plot {tmp_path}/curve.png")
