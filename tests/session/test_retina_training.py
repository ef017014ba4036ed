"""A training of RetinaNet by the session of `detector train`: a pyramid, towers that are shared."""

from __future__ import annotations

import re

import pytest
import torch

from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from tests.detector.conftest import CFG
from tests.session.by_heart import learnt, rows
from tests.session.going_on import goes_on_with_the_same_bytes, two_devices_train_as_one

OLD_HEAD = CFG[CFG.index("[convolutional]\nfilters=14") :]
PYRAMID = "[fpn]\nfrom=-1,1\nfilters=6\n\n"
# A tower of one layer; six anchors of two classes
LEVEL = """[route]
layers={level}

[convolutional]
filters=6
size=3
pad=1
activation=leaky
{share}
[convolutional]
filters=36
size=3
pad=1
activation=linear
{share}
[retina]
size={size}
octaves=2
"""
NEW_HEADS = (
    PYRAMID
    + LEVEL.format(level=-2, share="", size=12)
    + LEVEL.format(level=-5, share="share_index=-4", size=24)
    + "classes=2\njitter=.1\n"
)


@pytest.fixture
def retina(project):
    """The tiny project with two [retina] in place of its [yolo]."""
    project.change_cfg(OLD_HEAD, NEW_HEADS)
    return project


def test_the_parts_of_its_loss_are_in_the_csv_and_in_the_line(retina):
    status, out, err = retina.train("-map")

    assert status == 0, err
    first, *_, last = rows(retina)
    for row in (first, last):
        parts = float(row["class"]) + float(row["box"])
        assert float(row["loss"]) == pytest.approx(parts, rel=1e-4)
        assert {"iou", "recall50", "objects", "AP square", "AP bar"} <= row.keys()
    assert re.search(r"class \d.*, box \d", out + err)


def test_what_goes_on_ends_with_the_same_bytes(retina, monkeypatch):
    goes_on_with_the_same_bytes(retina, monkeypatch)


def test_the_weights_of_the_tower_are_in_the_file_once(retina):
    retina.train()

    plan = Network.from_cfg(retina.cfg).plan
    backbone = (8 * 3 + 16 * 8) * 9 + 4 * (8 + 16)
    pyramid = 2 * (6 * 16 + 6) + 2 * (6 * 6 * 9 + 6)
    tower = 6 * 6 * 9 + 6 + 36 * 6 * 9 + 36
    assert plan.weights_bytes == 20 + 4 * (backbone + pyramid + tower)
    assert retina.final.stat().st_size == plan.weights_bytes
    trained = Network.from_cfg(retina.cfg).eval()
    load_weights(trained, retina.final)
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = trained(images)
    assert all(x.isfinite().all() for x in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("normalize", ["image", "batch"])
def test_two_devices_that_share_mini_batches_are_one(retina, normalize, monkeypatch):
    """Without batch norm, whose statistics would be those of each device's own pictures."""
    retina.change_cfg("batch_normalize=1\n", "")
    retina.change_cfg("subdivisions=2", "subdivisions=1")
    retina.change_cfg("jitter=.1\n", f"jitter=.1\nnormalize={normalize}\n")
    two_devices_train_as_one(retina, monkeypatch)


@pytest.mark.slow
def test_eight_pictures_are_learnt_by_heart(retina):
    """mAP above .95 after 260 iterations of cfg/retinanet-tiny.cfg, smaller, not augmented."""
    changes = (
        (r"(max_batches|sgdr_cycle)=\d+", r"\1=260"),
        (r"burn_in=100", r"burn_in=20"),
        (r"learning_rate=0.02", "learning_rate=0.03"),
        (r"(width|height)=128", r"\1=64"),
        (r"(saturation|exposure)=1.2", r"\1=1"),
        (r"hue=[\d.]+", "hue=0\nflip=0"),
        (r"jitter=[\d.]+", "jitter=0"),
        (r"\nsize=(24|48|96)\n", lambda m: f"\nsize={int(m[1]) // 2}\n"),
        (r"filters=64", "filters=48"),
    )

    assert learnt(retina, "retinanet-tiny.cfg", changes) > 0.95
