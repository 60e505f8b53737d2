"""Notes of `lnvsearch limit`: questions about slips, and the unit of their numbers."""

import json

import pytest

from lnvsearch.cli import main


def call(capsys, command, *more):
    """Exit code, stdout and stderr of a command."""
    code = main([*command.split(), *more])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(("error", "asked"), [("2", True), ("2%", False), ("2e8", False)])
def test_an_error_of_two_decays_in_ten_billion_is_asked_about(capsys, tmp_path, error, asked):
    head, row = "observed,background,efficiency,normalisation", "1,0.5,0.1583,1e10"
    table = tmp_path / "counts.csv"
    table.write_text(f"{head},normalisation_uncertainty\n{row},{error}\n")
    for answer in json.loads(call(capsys, "limit --method cls --json --table", str(table))[1]):
        notes = [note for note in answer["notes"] if note.startswith("question: the normalisation")]
        assert bool(notes) == asked


def test_limits_in_notes_are_in_the_unit_of_the_answer(capsys, tmp_path):
    # KARMEN's case without its error: largest accepted signal 1.00584, the paper's upper end 1.078.
    counts = "limit --method fc --json --observed 0 --background 2.88"
    for settings, scale in (
        ("--efficiency 0.1 --normalisation 1e9", 1e-8),
        ("--single-event-sensitivity 1e-11", 1e-11),
    ):
        _, out, _ = call(capsys, f"{counts} {settings}")
        answer = json.loads(out)
        assert answer["upper"] == pytest.approx(1.07827 * scale, rel=1e-5)
        assert any(f"correction it is {1.005838 * scale:.6g}" in note for note in answer["notes"])
        assert not any("produced" in note for note in answer["notes"])
    table = tmp_path / "counts.csv"
    table.write_text(
        "observed,background,efficiency,normalisation\n0,2.88,0.1,1e9\n0,2.88,0.1,\n0,2.88,0.1,1e8\n"
    )
    _, out, _ = call(capsys, "limit --method fc --json --table", str(table))
    for answer, scale in zip(json.loads(out), (1e-8, 10.0, 1e-7), strict=True):
        assert any(f"correction it is {1.005838 * scale:.6g}" in note for note in answer["notes"])
