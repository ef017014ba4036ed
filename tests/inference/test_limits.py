"""pre_nms= and post_nms=: how many candidates are compared, and how many remain."""

from __future__ import annotations

import torch

from darkpy.heads.base import Suppression
from darkpy.inference.limits import limited
from darkpy.inference.suppression import suppress_batch, thinned

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
