"""A training of SSD by the session of `detector train`: parts, resuming, several devices, files."""

from __future__ import annotations

import re

import pytest
import torch

from darkpy.heads.base import Truths
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.training.ledger import Ledger
from tests.detector.conftest import CFG
from tests.session.by_heart import learnt, rows
from tests.session.going_on import goes_on_with_the_same_bytes, two_devices_train_as_one

OLD_HEAD = CFG[CFG.index("[convolutional]\nfilters=14") :]
NEW_HEADS = """[convolutional]
filters=28
size=1
activation=linear

[ssd]
sizes=12,18
classes=2

[route]
layers=-3

[convolutional]
filters=28
size=3
stride=2
pad=1
activation=linear
init=xavier

[ssd]
sizes=18,30
jitter=.1
"""


@pytest.fixture
def ssd(project):
    """The tiny project with two [ssd] in place of its [yolo]."""
    project.change_cfg(OLD_HEAD, NEW_HEADS)
    return project


def test_the_parts_of_its_loss_are_in_the_csv_and_in_the_line(ssd):
    status, out, err = ssd.train("-map")

    assert status == 0, err
    first, *_, last = rows(ssd)
    for row in (first, last):
        parts = float(row["class"]) + float(row["box"])
        assert float(row["loss"]) == pytest.approx(parts, rel=1e-4)
        assert {"iou", "recall50", "objects", "AP square", "AP bar"} <= row.keys()
    assert re.search(r"class \d.*, box \d", out + err)


ONE = Truths.from_rows(torch.tensor([[[0.5, 0.5, 0.3, 0.3, 1.0]]]), torch.tensor([1]))


def test_the_loss_of_a_group_is_that_of_one_head(ssd):
    ledger = Ledger(batch=1)
    losses = Network.from_cfg(ssd.cfg).train_on(torch.rand(1, 3, 64, 64), ONE).losses

    loss, *values = ledger.collect(losses).tolist()

    assert [each.silent for each in losses.values()] == [True, False]
    parts = ledger.by_name(values)["parts"]
    assert ledger.per_picture(loss) == pytest.approx(float(losses[7].total))
    assert parts["class"] == pytest.approx(float(losses[7].parts["class"]))


def test_a_group_whose_last_head_is_not_trained_trains_nothing(ssd):
    ssd.change_cfg("sizes=18,30\n", "sizes=18,30\nonlyforward=1\n")
    network = Network.from_cfg(ssd.cfg)

    network.train_on(torch.rand(1, 3, 64, 64), ONE).gradient_root.backward()

    assert all(p.grad is None or not p.grad.any() for p in network.parameters())


def test_what_goes_on_ends_with_the_same_bytes(ssd, monkeypatch):
    goes_on_with_the_same_bytes(ssd, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("normalize", ["batch", "sample"])
def test_two_devices_that_share_mini_batches_are_one(ssd, normalize, monkeypatch):
    """Without batch norm, whose statistics would be those of each device's own pictures."""
    ssd.change_cfg("batch_normalize=1\n", "")
    ssd.change_cfg("subdivisions=2", "subdivisions=1")
    ssd.change_cfg("jitter=.1\n", f"jitter=.1\nnormalize={normalize}\n")
    two_devices_train_as_one(ssd, monkeypatch)


def test_the_weights_file_gives_what_was_saved(ssd, tmp_path):
    ssd.train()
    one, other = Network.from_cfg(ssd.cfg).eval(), Network.from_cfg(ssd.cfg).eval()
    load_weights(one, ssd.final)
    save_weights(one, tmp_path / "again.weights", seen=6 * 4)
    load_weights(other, tmp_path / "again.weights")

    assert (tmp_path / "again.weights").read_bytes() == ssd.final.read_bytes()
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for a, b in zip(one(images).values(), other(images).values(), strict=True):
            assert a.equal(b)


@pytest.mark.slow
def test_eight_pictures_are_learnt_by_heart(ssd):
    """mAP above .95 after 160 iterations of cfg/ssd-tiny.cfg, smaller and without augmentation."""
    changes = (
        (r"(max_batches|sgdr_cycle)=\d+", r"\1=160"),
        (r"burn_in=100", r"burn_in=10"),
        (r"(width|height)=128", r"\1=96"),
        (r"(saturation|exposure)=1.2", r"\1=1"),
        (r"hue=[\d.]+", "hue=0\nflip=0"),
        (r"jitter=[\d.]+", "jitter=0"),
        (r"filters=32", "filters=24"),
        (r"filters=(64|96|128)\b", "filters=48"),
        (r"sizes=(\d+),(\d+)", lambda m: f"sizes={int(m[1]) * 3 // 4},{int(m[2]) * 3 // 4}"),
    )

    assert learnt(ssd, "ssd-tiny.cfg", changes) > 0.95
