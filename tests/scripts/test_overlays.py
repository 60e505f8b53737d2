"""An overlay that was cut is named."""

import pytest
from overlays import with_overlays

SETTINGS = {"detector": {"emc": {"scale": {"value": 1.0}}}}


def test_an_overlay_s_values_replace_the_detector_s(tmp_path):
    (tmp_path / "overlay.yaml").write_text("detector: {emc: {scale: 2.0}}\n")
    overlaid = with_overlays(SETTINGS, {"overlay": [tmp_path / "overlay.yaml"]})
    assert overlaid == {"detector": {"emc": {"scale": {"value": 2.0}}}}


@pytest.mark.parametrize("text", ["", "detector:", "detector: em", "detec: {}", "detector: {emc: {sca: 1.0}}"])
def test_an_overlay_that_is_not_whole_is_refused(tmp_path, text):
    (tmp_path / "overlay.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"overlay\.yaml: .*; "):
        with_overlays(SETTINGS, {"overlay": [tmp_path / "overlay.yaml"]})
