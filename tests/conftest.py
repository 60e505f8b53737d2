"""Paths that tests of the workflow share."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
for folder in ("workflow", "workflow/scripts"):
    sys.path.insert(0, str(ROOT / folder))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT
