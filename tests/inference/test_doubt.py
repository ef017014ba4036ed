"""How unsure a network is of a picture."""

from __future__ import annotations

import pytest
import torch

from darkpy.inference.detector import Detections
from darkpy.inference.doubt import box_doubts, picture_doubt


def found(*probs):
    table = torch.tensor(probs, dtype=torch.float32).reshape(len(probs), -1)
    return Detections(torch.full((len(probs), 4), 0.5), torch.ones(len(probs)), table)


def test_a_box_is_doubtful_where_it_may_be_there_or_not():
    # One class: H(.5) = 1 bit; H(.25) = .25 * 2 + .75 * log2(4/3) = .5 + .311278 = .811278
    assert box_doubts(found([0.5], [0.25])) == pytest.approx([1, 0.811278], abs=1e-6)


def test_a_box_is_doubtful_where_it_may_be_one_class_or_the_other():
    # .96 and .72: the second is .75 of the first; H(.96) = .242292 is less
    assert box_doubts(found([0.96, 0.72, 0.0])) == pytest.approx([0.75], abs=1e-6)
    assert box_doubts(found([0.96, 0.0, 0.0])) == pytest.approx([0.242292], abs=1e-6)


def test_a_picture_is_judged_by_its_three_most_doubtful_boxes():
    # Doubts 1, 1, .811278 and of the sure ones H(.99) = .080793, which does not count
    picture = found([0.5], [0.99], [0.5], [0.25], [0.99])
    assert picture_doubt(picture) == pytest.approx((1 + 1 + 0.811278) / 3, abs=1e-6)
    assert picture_doubt(found([0.5])) == pytest.approx(1)


def test_a_picture_without_boxes_is_no_riddle():
    nothing = Detections(torch.empty(0, 4), torch.empty(0), torch.empty(0, 2))
    assert picture_doubt(nothing) == 0
