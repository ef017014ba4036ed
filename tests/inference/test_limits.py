"""pre_nms= and post_nms=: how many candidates are compared, and how many remain."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.heads.base import Suppression
from darkpy.inference.detector import Detector
from darkpy.inference.limits import limited
from darkpy.inference.suppression import suppress_batch, thinned
from darkpy.model.network import Network
from tests.heads.ssd300 import FEW, ssd_of

PROBS = torch.tensor([[0.9, 0.2], [0.0, 0.8], [0.7, 0.6], [0.5, 0.4]])
PICTURES = torch.tensor([0, 0, 0, 1])
APART = torch.tensor([[0.1, 0.1, 0.1, 0.1], [0.5, 0.5, 0.1, 0.1], [0.9, 0.9, 0.1, 0.1]])
BOXES = torch.cat((APART, APART[:1]))


def kept(**rule):
    return thinned(BOXES, PROBS, PICTURES, Suppression(**rule), 0.45)


def test_the_likeliest_of_a_picture_are_compared():
    expected = torch.tensor([[0.9, 0], [0, 0.8], [0, 0], [0.5, 0.4]])

    assert kept(compared=2).equal(expected)


def test_the_likeliest_of_each_class_are_compared():
    expected = torch.tensor([[0.9, 0], [0, 0.8], [0, 0], [0.5, 0.4]])

    assert kept(compared=1, by_class=True).equal(expected)


def test_so_many_remain_of_a_picture():
    expected = torch.tensor([[0.9, 0], [0, 0.8], [0.7, 0], [0.5, 0.4]])

    assert kept(kept=3).equal(expected)
    assert kept().equal(PROBS)


def test_the_limit_before_counts_what_would_be_suppressed():
    boxes = APART[:1].expand(3, 4)
    probs, one = torch.tensor([[0.9], [0.8], [0.7]]), torch.zeros(3, dtype=torch.long)

    found = thinned(boxes, probs, one, Suppression(compared=2, kept=2), 0.45)

    assert found.equal(torch.tensor([[0.9], [0], [0]]))
    assert found.equal(suppress_batch(boxes, probs, one, threshold=0.45))


def test_of_equal_ones_the_first_stay():
    probs = torch.full((4, 1), 0.5)

    assert limited(probs, torch.zeros(4, 1, dtype=torch.long), 2)[:, 0].tolist() == [
        0.5,
        0.5,
        0,
        0,
    ]


def test_a_detector_gives_what_remains_and_no_more(tmp_path):
    setting = {"sizes": (30, 60), "ratios": (FEW,), "steps": (8,), "maps": (38,)}
    ssd_of(tmp_path, "pre_nms=50\npost_nms=7\nthresh=.02\n", **setting)
    torch.manual_seed(3)
    detector = Detector(Network.from_cfg(tmp_path / "ssd.cfg"), ())
    picture = np.random.default_rng(3).integers(0, 255, (300, 300, 3), dtype=np.uint8)

    (found,) = detector.detect([picture], thresh=0.001)
    (every,) = detector.detect([picture], thresh=0.001, nms=0)

    # Of a fresh network all 4 * 38 * 38 anchors give each of 20 classes about 1/21.
    assert len(every.boxes) > 5000
    assert every.probs[every.probs > 0].min() > 0.02
    assert int((found.probs > 0).sum()) == 7
    assert len(found.boxes) <= 7
    assert (found.probs > 0).any(dim=1).all()
    assert found.probs.max() == every.probs.max()


def test_what_is_given_stays_as_it_is():
    before = PROBS.clone()

    thinned(BOXES, PROBS, PICTURES, Suppression(compared=1, kept=1), 0.45)
    thinned(BOXES, PROBS, PICTURES, Suppression(), 0.45)

    assert before.equal(PROBS)
