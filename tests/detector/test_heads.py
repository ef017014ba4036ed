"""Every detecting kind is trained, measured and shown from the command line."""

from __future__ import annotations

import pytest

from tests.detector.conftest import CFG

HEAD = CFG[CFG.index("filters=14") :]
# [convolutional] filters of the layer before, section
OTHERS = {
    "Gaussian_yolo": HEAD.replace("=14", "=22").replace("[yolo]", "[Gaussian_yolo]"),
    "region": "filters=14\nsize=1\nactivation=linear\n\n[region]\n"
    "anchors=1.5,1.5, 3,3\nnum=2\nclasses=2\nsoftmax=1\njitter=.1\n",
    "detection": "filters=12\nsize=1\nactivation=linear\n\n[detection]\n"
    "side=8\ncoords=4\nnum=2\nclasses=2\nsqrt=1\njitter=.1\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", OTHERS)
def test_kind_trains_is_measured_and_detects(project, kind):
    project.change_cfg(HEAD, OTHERS[kind])

    status, out, _ = project.train("-map")
    assert status == 0
    assert "iteration 6: mAP@0.50" in out

    words = ("-dont_show", "-thresh", 0.6)
    picture = project.folder / "images/0.png"
    status, out, _ = project.run(
        "detector", "test", project.data, project.cfg, project.final, picture, *words
    )
    assert status == 0
    assert "0.png" in out
