"""What tests of the experiments and of their papers share: invented results, checks of figures."""

import sys
from pathlib import Path

for folder in (".", "experiments/na62/publication"):
    sys.path.insert(0, str(Path(__file__).parent / folder))
