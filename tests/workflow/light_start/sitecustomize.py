"""Every Python that a test starts reads this first, if the test has none of its own."""

import light_start  # noqa: F401
