"""The README's picture: the numbers of the results, and small."""

import pytest

from lnvsearch.publication.chain_picture import chain_steps, drawn_chain

CUTFLOW = {
    "sample": ["signal"] * 2 + ["other"], "variation": ["nominal"] * 3, "cut": ["tracks", "window", "tracks"],
    "events_in": [1000, 440, 1000], "events_out": [440, 158, 3],
}  # fmt: skip
LIMIT = {
    "kind": "simulated", "variant": "nominal", "method": "rolke", "observed": 1, "background": 9.26e-5,
    "efficiency": 0.158, "efficiency_uncertainty": 0.01106, "upper_branching_fraction": 2.299e-9,
}  # fmt: skip


def test_steps_are_the_numbers_of_the_results():
    steps = dict(chain_steps("→ final state", CUTFLOW, [{**LIMIT, "kind": "derived"}, LIMIT], sample="signal", method="rolke"))
    assert list(steps) == ["generation", "detector", "selection", "background", "systematics", "limit"]
    assert "1,000 decays" in steps["generation"] and steps["detector"].startswith("44 %")
    assert steps["selection"].startswith("15.8 %") and steps["background"].startswith("0.0001")
    assert "± 7.0 %" in steps["systematics"]
    assert steps["limit"] == "1 seen (published)\nB < 2.3$\\times10^{-9}$"
    texts = [text.get_text() for text in drawn_chain(list(steps.items())).axes[0].texts]
    assert set(steps.values()) <= set(texts)


def test_results_without_the_limit_are_refused():
    with pytest.raises(ValueError, match="run the whole search"):
        chain_steps("", CUTFLOW, [LIMIT], sample="signal", method="cls")


def test_the_picture_that_is_kept_is_small(root):
    picture = root / "docs/images/chain.svg"
    assert picture.stat().st_size < 30_000
    assert "lnvsearch reproduction" in picture.read_text("utf-8")
