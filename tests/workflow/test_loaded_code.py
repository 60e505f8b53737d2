"""What the jobs of the small run loaded, against what their fingerprints say."""

import json

import pytest
from fingerprint import ProjectCode

pytestmark = pytest.mark.workflow


def test_what_a_job_loads_is_in_its_fingerprint(root, whole_dag):
    """Of every job of the small run: nothing that it imported was overlooked."""
    workflow = root / "workflow"
    code = ProjectCode(workflow / "scripts", workflow, root / "src")
    notes = list((whole_dag / "loaded").iterdir())
    assert len(notes) > 50
    for note in notes:
        job = json.loads(note.read_text())
        names = job["code"].partition(" of ")[2].split(" and ")
        assert set(job["loaded"]) <= set(code.reached(*names)), note.name
