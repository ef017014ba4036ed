"""Predictions in boxes of .ign files: no objectness is asked of them."""

from __future__ import annotations

import pytest
import torch

from darkpy.heads.base import Moment, Truths
from darkpy.heads.delta import Delta
from darkpy.heads.unjudged import unjudged
from darkpy.model.network import Network

# A grid of 2 x 2 cells with one anchor of half the input: raw zeros predict its four quarters,
# and objectness 0.5.
NET = "[net]\nbatch=1\nwidth=2\nheight=2\nchannels={channels}\n"
YOLO = NET + "[{kind}]\nmask=0\nanchors=1,1\nnum=1\nclasses=1\nignore_thresh=.5\n{more}\n"
REGION = NET + "[region]\nanchors=1,1\nnum=1\nclasses=1\nthresh=.5\nobjective=pjreddie\n{more}\n"
CFGS = {"yolo": YOLO, "Gaussian_yolo": YOLO, "region": REGION}
ENTRIES = {"yolo": 6, "Gaussian_yolo": 10, "region": 6}
OBJECTNESS = {"yolo": 4, "Gaussian_yolo": 8, "region": 4}
NOTHING = torch.zeros(1, 1, 5)
LEFT_HALF = (0.25, 0.5, 0.5, 1, -1)


def loss(tmp_path, ignored, *, kind="yolo", truth=None, more="") -> Delta:
    """One head's loss on one picture; `ignored` rows cx cy w h class, or None."""
    cfg = tmp_path / "head.cfg"
    channels = ENTRIES[kind]
    cfg.write_text(CFGS[kind].format(channels=channels, kind=kind, more=more))
    (head,) = Network.from_cfg(cfg).heads.values()
    output = head(torch.zeros(1, channels, 2, 2))
    rows = NOTHING if truth is None else torch.tensor([[truth]])
    counts = torch.tensor([0 if truth is None else 1])
    ignored = None if ignored is None else torch.tensor(ignored).view(1, -1, 5)
    return head.delta(output, Truths.from_rows(rows, counts, ignored), (2, 2), Moment())


def objectness(found: Delta, kind="yolo") -> list[list[float]]:
    """Objectness deltas of the 2 x 2 cells."""
    return found.delta[0, OBJECTNESS[kind]].tolist()


@pytest.mark.parametrize("kind", CFGS)
def test_predictions_inside_an_ignored_box_are_asked_nothing(tmp_path, kind):
    # logistic(0) = 0.5 is asked to be 0: -0.5, but for the two cells on the left
    assert objectness(loss(tmp_path, None, kind=kind), kind) == [[-0.5, -0.5], [-0.5, -0.5]]
    assert objectness(loss(tmp_path, [LEFT_HALF], kind=kind), kind) == [[0, -0.5], [0, -0.5]]


def test_their_share_of_the_loss_is_gone(tmp_path):
    # four cells of 0.5 squared, and two
    assert loss(tmp_path, None).parts["objectness"].item() == 1
    assert loss(tmp_path, [LEFT_HALF]).parts["objectness"].item() == 0.5


def test_the_class_of_an_ignored_box_is_of_no_account_to_objectness(tmp_path):
    named = (*LEFT_HALF[:4], 0)

    assert objectness(loss(tmp_path, [named])) == objectness(loss(tmp_path, [LEFT_HALF]))


def test_a_truth_inside_an_ignored_box_is_learnt_all_the_same(tmp_path):
    truth = (0.25, 0.25, 0.5, 0.5, 0.0)

    assert objectness(loss(tmp_path, [LEFT_HALF], truth=truth)) == [[0.5, -0.5], [0, -0.5]]


def test_objectness_smooth_asks_nothing_there_either(tmp_path):
    found = loss(tmp_path, [LEFT_HALF], more="objectness_smooth=1")

    assert objectness(found) == [[0, -0.5], [0, -0.5]]


def test_the_head_of_yolo_v1_asks_nothing_there_either(tmp_path):
    """Boxes of half the input in the middle of four cells; objectness 0.5, noobject_scale 1."""
    cfg = tmp_path / "head.cfg"
    cfg.write_text(
        NET.format(channels=6)
        + "[detection]\nclasses=1\ncoords=4\nside=2\nnum=1\nsqrt=0\nnoobject_scale=1\n"
    )
    (head,) = Network.from_cfg(cfg).heads.values()
    flat = torch.cat((torch.zeros(1, 4), torch.full((1, 20), 0.5)), dim=1)
    output = head(flat.view(1, 6, 2, 2))

    def deltas(ignored):
        truths = Truths.from_rows(NOTHING, torch.tensor([0]), ignored)
        return head.delta(output, truths, (2, 2), Moment()).delta.view(-1)[4:8].tolist()

    assert deltas(None) == [-0.5] * 4
    assert deltas(torch.tensor([[LEFT_HALF]])) == [0, -0.5, 0, -0.5]


@pytest.mark.parametrize(
    ("ignored", "excused"),
    [
        ((0.25, 0.25, 0.49, 0.49), True),  # 96 % of the prediction lies inside
        ((0.5, 0.5, 1.0, 1.0), True),  # all of it, though the IoU is 1/4
        ((0.25, 0.25, 0.4, 0.5), True),  # 80 % inside, IoU 0.8
        ((0.25, 0.25, 0.2, 0.5), False),  # 40 % inside, IoU 0.4
        ((0.5, 0.25, 0.5, 0.5), False),  # half of it inside, IoU 1/3
        ((0.75, 0.75, 0.5, 0.5), False),
        ((0.0, 0.0, 0.0, 0.0), False),  # what fills up a mini-batch
        ((0.25, 0.25, 0.0, 0.0), False),
    ],
)
def test_nearly_all_inside_or_overlap_above_ignore_thresh_excuses(ignored, excused):
    quarter = torch.tensor([[[0.25, 0.25, 0.5, 0.5]]])

    assert unjudged(quarter, torch.tensor([[ignored]]), 0.5).tolist() == [[excused]]


def test_only_the_own_pictures_ignored_boxes_excuse():
    boxes = torch.full((2, 3, 4), 0.5)
    ignored = torch.stack((torch.full((2, 4), 0.5), torch.zeros(2, 4)))

    assert unjudged(boxes, ignored, 0.5).tolist() == [[True] * 3, [False] * 3]


def test_broken_predictions_are_not_excused():
    broken = torch.tensor([[[float("nan"), 0.5, 0.1, 0.1], [0.5, 0.5, float("inf"), 0.1]]])

    assert not unjudged(broken, torch.full((1, 1, 4), 0.5), 0.5).any()
