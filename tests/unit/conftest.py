"""Invented results of NA62, which tests of the experiment and of its papers share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "experiments" / "na62" / "publication"))
