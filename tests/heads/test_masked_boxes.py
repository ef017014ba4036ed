"""Boxes that no object is asked of are left alone, in every head: to the last bit.

Those of [retina] are in `test_retina`.

Most boxes of a head have no object. Whatever they were asked would drown what the few are asked
that have one; and a mean over all of them would shrink with the size of the grid.
"""

from __future__ import annotations

import pytest
import torch

from darkpy.boxes import iou
from darkpy.heads.base import Truths
from tests.heads.ssd300 import as_maps, sines, ssd_of
from tests.heads.ssd300 import truths_of as ssd_truths
from tests.heads.test_properties import (
    BOXED,
    HEADS,
    INPUT,
    SIDE,
    TRAINED,
    losses_of,
    network,  # noqa: F401 - a fixture
    objects,
    pictures,
)

ANCHORS, NET_HW = 3, (INPUT, INPUT)
OVERLAPS = [name for name in BOXED if "iou" in HEADS[name][1].partition("iou_loss=")[2]]


def box_rows(head, values):
    """The box entries of values like the head's input, (B, N, coords), and their cells (N,)."""
    o = head.options
    if head.plan.kind == "detection":
        rows = values.flatten(1)[:, -4 * o.num * SIDE**2 :].unflatten(1, (-1, 4))
        return rows, torch.arange(SIDE**2).repeat_interleave(o.num)
    coords = 8 if head.plan.kind == "Gaussian_yolo" else 4
    rows = values.unflatten(1, (ANCHORS, -1))[:, :, :coords].movedim(2, -1)
    return rows.flatten(1, 3), torch.arange(SIDE**2).repeat(ANCHORS)


def with_objects(truths, cells):
    """Which of the cells (N,) the centre of an object lies in, (B, N)."""
    centre = (truths.boxes[..., :2] * SIDE).long()
    own = (centre[..., 1] * SIDE + centre[..., 0]).masked_fill(~truths.valid, -1)
    return (cells == own[..., None]).any(dim=1)


@pytest.mark.parametrize("name", BOXED)
def test_a_box_without_an_object_is_asked_nothing(network, name):  # noqa: F811
    net, truths = network(name), objects(3, each=2)
    (head,) = net.detecting.values()
    with torch.no_grad():
        output = next(iter(net(pictures(3)).values()))

    delta = head.delta(output, truths, NET_HW, TRAINED)

    rows, cells = box_rows(head, delta.delta)
    asked = (rows != 0).any(dim=-1)
    answers = with_objects(truths, cells)
    if getattr(head.options, "truth_thresh", 1) < 1:
        boxes = head.decode(output, NET_HW).boxes[:, :, None]
        best = iou(boxes, truths.boxes[:, None]).amax(dim=2)
        answers |= best > head.options.truth_thresh
    else:
        assert asked.sum() == delta.watched["count"] > 0
    assert not (asked & ~answers).any()
    assert asked.sum() < asked.numel() / 4


@pytest.mark.parametrize("name", BOXED)
def test_without_objects_the_weights_of_boxes_have_a_gradient_of_0(network, name):  # noqa: F811
    net = network(name)
    (head,) = net.detecting.values()
    nothing = Truths.from_rows(torch.zeros(3, 1, 5), torch.zeros(3, dtype=torch.long))
    with torch.no_grad():
        (output,) = net(pictures(3)).values()
    asked = output.detach().requires_grad_()

    loss = head.loss([asked], output, nothing, NET_HW, TRAINED)
    loss.root.backward()

    rows, _ = box_rows(head, asked.grad)
    assert not rows.any()
    assert asked.grad.any()
    assert loss.parts["box"] == 0


@pytest.mark.parametrize("name", BOXED)
def test_pictures_without_objects_change_nothing_of_the_box_loss(network, name):  # noqa: F811
    net, truths = network(name), objects(2)
    (head,) = net.detecting.values()
    empty = Truths(*(part.new_zeros(6, *part.shape[1:]) for part in _parts(truths)))
    more = Truths(*(torch.cat(pair) for pair in zip(_parts(truths), _parts(empty), strict=True)))
    images = pictures(8)

    alone, _ = losses_of(net, images[:2], truths)
    among, _ = losses_of(net, images, more)

    rows, _ = box_rows(head, among.delta)
    assert not rows[2:].any()
    torch.testing.assert_close(rows[:2], box_rows(head, alone.delta)[0], rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(among.parts["box"], alone.parts["box"], rtol=1e-5, atol=1e-7)


def _parts(truths):
    return truths.boxes, truths.classes, truths.valid, truths.tracks


@pytest.mark.parametrize("name", OVERLAPS)
def test_the_printed_overlap_is_a_mean_over_the_boxes_with_an_object(network, name):  # noqa: F811
    """The sum of what they lack is divided by their number, not by that of all boxes."""
    net, truths = network(name), objects(1)
    twice = Truths(*(torch.cat((part, part)) for part in _parts(truths)))
    images = pictures(1)

    once, _ = losses_of(net, images, truths)
    both, _ = losses_of(net, torch.cat((images, images)), twice)

    assert both.watched["count"] == 2 * once.watched["count"]
    torch.testing.assert_close(both.parts["box"], once.parts["box"], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("normalize", ["batch", "sample"])
def test_boxes_of_ssd_without_an_object_are_asked_nothing(tmp_path, normalize):
    heads = ssd_of(tmp_path, f"normalize={normalize}\n")
    scores, offsets = (each.requires_grad_() for each in sines(2))
    *others, own = as_maps(heads, scores, offsets)
    boxes = [[[60.0, 60.0, 130.0, 140.0]], []]
    truths = ssd_truths(boxes, [[4], []])

    _, loss = heads[-1].train_on([own, *others], truths, (300, 300), TRAINED)
    loss.root.backward()

    pulled = offsets.grad.ne(0).any(dim=2)
    assert pulled.sum() == loss.watched["positives"] > 0
    assert not pulled[1].any()
    # smooth L1 pulls with 1 at the most, divided by the positives: of two pictures, or of one
    pictures = 2 if normalize == "batch" else 1
    assert offsets.grad.abs().max() <= pictures / pulled.sum() + 1e-6
