"""[ssd] beside GluonCV's and torchvision's numbers (tests/oracle), and what holds for it alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from darkpy.heads.base import BoxesAbove, Moment
from darkpy.inference.suppression import thinned
from tests.heads.ssd300 import (
    COCO,
    FEW,
    MANY,
    SIDE,
    as_maps,
    corners_px,
    noise,
    sines,
    ssd_of,
    stored,
    truths_of,
)
from tests.heads.test_no_waiting import Watch

TARGETS, LOSSES = stored("ssd_gluoncv/targets.json"), stored("ssd_gluoncv/losses.json")
TORCHVISION = stored("torchvision_ssd/ssd.json")
NET_HW = (SIDE, SIDE)
GLUON = truths_of(TARGETS["truths_px_xyxy"], TARGETS["classes"])
BEST = {"sizes": COCO, "keys": "match=best\nclip_anchors=sizes\n"}


def anchors_px(heads, side=SIDE):
    """All anchors (N, 4) cxcywh px, of the maps of the plan."""
    maps = [head.plan.inputs[0] for head in heads]
    each = zip(heads, maps, strict=True)
    return torch.cat([head.anchors((m.h, m.w), (side, side)) for head, m in each]) * side


def asked(heads, truths, pictures=2):
    """What the anchors are asked to say, with the outputs of the oracles."""
    seen = []
    last = heads[-1]
    cost = last.cost
    last.cost = lambda given, moment: seen.append(given) or cost(given, moment)
    loss = loss_of(heads, truths, *sines(pictures))
    last.cost = cost
    return seen[0], loss


def loss_of(heads, truths, scores, offsets, moment=None):
    *others, own = as_maps(heads, scores, offsets)
    _, loss = heads[-1].train_on([own, *others], truths, NET_HW, moment or Moment())
    return loss


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("ssd300-vgg16-voc", ()),
        ("ssd512-mobilenet1.0", ()),
        (
            "ssd300-mobilenet1.0-lite",
            ("half=1\nbetween=none\n", *["half=1\nbetween=last\n"] * 5),
        ),
    ],
)
def test_anchors_are_gluoncvs(name, own, tmp_path):
    numbers = stored("ssd_gluoncv/anchors.json")[name]
    setting = dict(numbers["setting"])
    setting.pop("lite", None)
    ratios = [FEW if len(each) == 3 else MANY for each in setting.pop("ratios")]
    heads = ssd_of(tmp_path, own=own, ratios=ratios, **setting)

    found = anchors_px(heads, setting["side"])

    assert len(found) == numbers["count"]
    assert found.double().sum(dim=0).tolist() == pytest.approx(numbers["sums"], rel=1e-6)
    every = torch.tensor(numbers["every_97th"])
    torch.testing.assert_close(found[::97], every, rtol=1e-6, atol=1e-4)
    assert found[-1].tolist() == pytest.approx(numbers["last"], rel=1e-6)


def test_anchors_are_torchvisions(tmp_path):
    numbers = TORCHVISION["default_boxes"]

    found = anchors_px(ssd_of(tmp_path, **BEST))

    boxes = corners_px(found / SIDE)
    assert len(found) == 8732
    assert float(boxes.double().sum()) == pytest.approx(5332736.0, rel=1e-6)
    every = torch.tensor(numbers["every_97th_px_xyxy"])
    torch.testing.assert_close(boxes[::97], every, rtol=1e-6, atol=1e-4)
    assert boxes[-1].tolist() == pytest.approx([57.722569, 0, 242.277435, 300], abs=1e-3)


def test_anchors_without_step_share_the_picture_evenly(tmp_path):
    heads = ssd_of(tmp_path, sizes=(30, 60), ratios=(FEW,), steps=(0,), maps=(38,))

    assert anchors_px(heads)[0, :2].tolist() == pytest.approx([300 / 76, 300 / 76])


def test_anchors_are_cut_to_the_picture_with_clip_anchors(tmp_path):
    (head,) = ssd_of(
        tmp_path, "clip_anchors=1\n", sizes=(30, 60), ratios=(FEW,), steps=(8,), maps=(38,)
    )

    # The first one is 30 px around (4, 4): -11 to 19 becomes 0 to 19.
    assert anchors_px([head])[0].tolist() == pytest.approx([9.5, 9.5, 19, 19])


def test_two_pictures_have_13_and_23_positives(tmp_path):
    given, loss = asked(ssd_of(tmp_path), GLUON)

    positive = given.matches.positive
    assert positive.sum(dim=1).tolist() == [13, 23]
    for picture, numbers in enumerate(TARGETS["pictures"]):
        anchors = positive[picture].nonzero()[:, 0]
        assert anchors.tolist() == numbers["positive_anchors"]
        assert (given.classes[picture, anchors] + 1).tolist() == numbers["class_plus_1"]
    by_object = given.matches.truth[1][positive[1]].bincount(minlength=4)
    assert by_object.tolist() == [7, 1, 10, 5]
    assert int(loss.watched["positives"]) == 36
    assert int(loss.watched["negatives"]) == 3 * 36
    assert int(loss.watched["count"]) == 5


@pytest.mark.parametrize("thresh", [1, 0.5])
@pytest.mark.parametrize("normalize", ["batch", "sample"])
def test_losses_are_gluoncvs_and_normalization_a_factor(normalize, thresh, tmp_path):
    heads = ssd_of(tmp_path, f"normalize={normalize}\nneg_thresh={thresh}\n")

    loss = loss_of(heads, GLUON, *sines(2))

    # GluonCV's sums are over the positives alone; darkpy's are divided by the 2 pictures later.
    factor = 2 if normalize == "batch" else 1
    for part in ("class", "box"):
        wanted = factor * sum(each[normalize][part] for each in LOSSES["pictures"])
        assert float(loss.parts[part]) == pytest.approx(wanted, rel=1e-5)
    one, other = (each["batch"]["sum"] for each in LOSSES["pictures"])
    batch, sample = 2 * (one + other), one * 36 / 13 + other * 36 / 23
    assert float(loss.total) == pytest.approx(batch if normalize == "batch" else sample, rel=1e-5)
    assert float(loss.root.detach()) == pytest.approx(float(loss.total), rel=1e-6)


def test_gradients_are_gluoncvs(tmp_path):
    heads = ssd_of(tmp_path)
    scores, offsets = (each.requires_grad_() for each in sines(2))

    loss_of(heads, GLUON, scores, offsets).root.backward()

    for picture, numbers in enumerate(LOSSES["pictures"]):
        moved, pulled = scores.grad[picture] / 2, offsets.grad[picture] / 2
        taken = moved.abs().sum(dim=1).nonzero()[:, 0].tolist()
        positive = TARGETS["pictures"][picture]["positive_anchors"]
        assert sorted(set(taken) - set(positive)) == numbers["hard_negatives"]
        own = moved[numbers["score_gradient_of_anchors"]]
        rows = torch.tensor(numbers["score_gradient_rows"])
        torch.testing.assert_close(own, rows, rtol=1e-5, atol=1e-8)
        rows = torch.tensor(numbers["offset_gradient_rows"])
        torch.testing.assert_close(pulled[positive], rows, rtol=1e-5, atol=3e-7)


def test_losses_and_gradients_are_torchvisions(tmp_path):
    numbers = TORCHVISION["losses"]
    truths = truths_of(numbers["truths_px_xyxy"], numbers["classes"])
    heads = ssd_of(tmp_path, **BEST)
    scores, offsets = (each.requires_grad_() for each in sines(3))

    given, _ = asked(heads, truths, 3)
    loss = loss_of(heads, truths, scores, offsets)
    loss.root.backward()

    assert float(loss.parts["class"]) / 3 == pytest.approx(numbers["class"], rel=1e-5)
    assert float(loss.parts["box"]) / 3 == pytest.approx(numbers["box"], rel=1e-5)
    for picture, own in enumerate(numbers["pictures"]):
        anchors = given.matches.positive[picture].nonzero()[:, 0]
        assert anchors.tolist() == own["positive_anchors"]
        assert given.matches.truth[picture, anchors].tolist() == own["truth_of_each"]
        moved = scores.grad[picture] / 3
        taken = set(moved.abs().sum(dim=1).nonzero()[:, 0].tolist())
        assert sorted(taken - set(own["positive_anchors"])) == own["hard_negatives"]
        assert float(moved.abs().sum()) == pytest.approx(own["score_gradient_abs_sum"], rel=1e-5)
        rows = torch.tensor(own["offset_gradient_rows"]).view(-1, 4)
        torch.testing.assert_close(offsets.grad[picture][anchors] / 3, rows, rtol=1e-5, atol=3e-7)


def test_boxes_are_gluoncvs(tmp_path):
    heads = ssd_of(tmp_path, "clip_boxes=0\n")
    numbers = stored("ssd_gluoncv/decoding.json")

    maps = as_maps(heads, *sines(2))
    parts = [head.decode(x, NET_HW).boxes for head, x in zip(heads, maps, strict=True)]
    boxes = corners_px(torch.cat(parts, dim=1)[0])

    for number, row in numbers["boxes_px_xyxy"].items():
        assert boxes[int(number)].tolist() == pytest.approx(row, rel=1e-5, abs=1e-3)
    assert boxes.double().sum(dim=0).tolist() == pytest.approx(numbers["boxes_sum"], rel=1e-5)


def test_scores_are_gluoncvs_one_class_or_each(tmp_path):
    numbers = stored("ssd_gluoncv/decoding.json")
    logits = torch.tensor(numbers["logits"])
    small = {"sizes": (30, 60), "ratios": (FEW,), "steps": (8,), "maps": (38,)}
    each, one = (
        ssd_of(tmp_path, f"decode={way}\n", **small)[0].probabilities(
            torch.cat((logits, torch.full((2, 15), -1e9)), dim=1)
        )
        for way in ("class", "argmax")
    )

    wanted = torch.tensor(numbers["per_class"]["score"])
    torch.testing.assert_close(torch.where(each[:, :5] > 0.01, each[:, :5], 0), wanted)
    assert one.argmax(dim=1).tolist() == numbers["argmax"]["class"]
    torch.testing.assert_close(one.amax(dim=1), torch.tensor(numbers["argmax"]["score"]))
    assert (one > 0.01).sum(dim=1).tolist() == [1, 1]
    assert (each > 0.01).sum(dim=1).tolist() == [4, 2]
    assert ((one == 0) | (one == each)).all()


def detections(heads):
    """Classes, scores and boxes of the oracles' noise, the likeliest first."""
    last = heads[-1]
    maps = as_maps(heads, *noise())
    found = BoxesAbove.joined(
        [head.offered(x, NET_HW, 0.0) for head, x in zip(heads, maps, strict=True)]
    )
    probs = found.objectness[:, None] * found.probs
    probs = probs.masked_fill(probs <= last.suppression.least, 0)
    rule = last.suppression
    probs = thinned(found.boxes, probs, found.picture, rule, rule.threshold)
    row, kind = probs.nonzero(as_tuple=True)
    order = probs[row, kind].argsort(descending=True, stable=True)
    return kind[order], probs[row, kind][order], corners_px(found.boxes[row[order]])


def test_detections_are_those_of(tmp_path):
    """GluonCV in both ways of decoding, and torchvision."""
    gluon = stored("ssd_gluoncv/decoding.json")["detections"]
    cases = [(gluon[way], {"keys": f"decode={way}\nclip_boxes=0\n"}) for way in gluon]
    keys = f"{BEST['keys']}pre_nms_per=class\npost_nms=200\n"
    cases.append((TORCHVISION["detections"], {**BEST, "keys": keys}))
    for numbers, setting in cases:
        classes, scores, boxes = detections(ssd_of(tmp_path, **setting))

        assert classes.tolist() == numbers["class"]
        wanted = torch.tensor(numbers["score"])
        torch.testing.assert_close(scores, wanted, rtol=1e-5, atol=1e-6)
        wanted = torch.tensor(numbers["boxes_px_xyxy"])
        torch.testing.assert_close(boxes, wanted, rtol=1e-4, atol=1e-3)


def test_boxes_lie_inside_of_the_picture(tmp_path):
    heads = ssd_of(tmp_path)
    for head, x in zip(heads, as_maps(heads, *noise()), strict=True):
        low, high = (corners_px(head.decode(5 * x, NET_HW).boxes) / SIDE).split(2, dim=2)

        assert low.min() >= -1e-6
        assert high.max() <= 1 + 1e-6


def test_anchors_mostly_inside_an_ignored_box_are_asked_nothing(tmp_path):
    heads = ssd_of(tmp_path)
    plain, _ = asked(heads, GLUON)
    ignored = torch.tensor([[[0.2, 0.2, 0.37, 0.41]], [[0, 0, 0, 0]]])

    given, _ = asked(heads, replace(GLUON, ignored=ignored))

    spared = plain.matches.negative & ~given.matches.negative
    anchors = corners_px(given.anchors) / SIDE
    low, high = torch.tensor([0.015, -0.005]), torch.tensor([0.385, 0.405])
    shared = anchors[:, 2:].clamp(low, high) - anchors[:, :2].clamp(low, high)
    shared = shared.prod(dim=1)
    inside = shared / given.anchors[:, 2:].prod(dim=1) > 0.5
    assert spared[0].equal(inside & plain.matches.negative[0])
    assert spared[0].sum() > 100
    assert not spared[1].any()
    assert given.matches.positive.equal(plain.matches.positive)


def test_a_mini_batch_without_truths_costs_nothing(tmp_path):
    heads = ssd_of(tmp_path)
    nothing = replace(GLUON, valid=torch.zeros_like(GLUON.valid))
    scores, offsets = (each.requires_grad_() for each in sines(2))

    loss = loss_of(heads, nothing, scores, offsets)
    loss.root.backward()

    assert float(loss.total) == 0
    assert scores.grad.abs().sum() == 0
    assert offsets.grad.abs().sum() == 0


def test_sigmoids_have_no_background(tmp_path):
    heads = ssd_of(tmp_path, "score=sigmoid\n")
    scores, offsets = sines(2)
    scores = scores[:, :, :20].contiguous()

    given = asked_with(heads, scores, offsets)
    loss = loss_of(heads, GLUON, scores, offsets)

    positive = given.matches.positive
    wanted = F.one_hot(given.classes, 20) * positive[:, :, None]
    each = F.binary_cross_entropy_with_logits(scores, wanted.float(), reduction="none").sum(dim=2)
    hard = [each[k][~positive[k]].topk(3 * n).values.sum() for k, n in enumerate((13, 23))]
    total = each[positive].sum() + sum(hard)
    assert float(loss.parts["class"]) == pytest.approx(float(total) * 2 / 36, rel=1e-5)


def asked_with(heads, scores, offsets):
    seen = []
    last = heads[-1]
    cost = last.cost
    last.cost = lambda given, moment: seen.append(given) or cost(given, moment)
    loss_of(heads, GLUON, scores, offsets)
    last.cost = cost
    return seen[0]


def test_devices_that_share_a_mini_batch_have_the_loss_of_one(tmp_path):
    heads = ssd_of(tmp_path)
    scores, offsets = sines(2)
    whole = loss_of(heads, GLUON, scores, offsets)

    # Each has one picture, and hears of the other's 23 or 13 positives.
    halves = []
    for k, others in ((0, 23), (1, 13)):
        moment = Moment(sharers=2, together=lambda count, others=others: count + others)
        own = replace(
            GLUON,
            boxes=GLUON.boxes[k : k + 1],
            classes=GLUON.classes[k : k + 1],
            valid=GLUON.valid[k : k + 1],
            tracks=GLUON.tracks[k : k + 1],
        )
        halves.append(loss_of(heads, own, scores[k : k + 1], offsets[k : k + 1], moment))

    assert float(sum(half.total for half in halves)) == pytest.approx(float(whole.total), rel=1e-6)


@pytest.mark.parametrize("keys", ["layout=split\n", "order=yxhw\n"])
def test_outputs_in_another_order_say_the_same(keys, tmp_path):
    heads = ssd_of(tmp_path)
    others = ssd_of(tmp_path, keys)
    scores, offsets = sines(2)
    for head, other, x in zip(heads, others, as_maps(heads, scores, offsets), strict=True):
        b, _, h, w = x.shape
        each = x.view(b, head.options.num, 25, h, w)
        if "split" in keys:
            moved = torch.cat((each[:, :, 4:].flatten(1, 2), each[:, :, :4].flatten(1, 2)), dim=1)
        else:
            moved = each[:, :, [1, 0, 3, 2, *range(4, 25)]].flatten(1, 2)

        for one, two in zip(head.read(x), other.read(moved), strict=True):
            assert one.equal(two)


@pytest.mark.parametrize(
    "keys", ["", "match=best\nnormalize=sample\nneg_thresh=.5\n", "score=sigmoid\nclip_anchors=1\n"]
)
def test_loss_does_not_wait_for_the_device(keys, tmp_path):
    heads = ssd_of(tmp_path, keys)
    scores, offsets = sines(2)
    maps = as_maps(heads, scores[:, :, : heads[0].options.scores].contiguous(), offsets)
    truths = replace(GLUON, ignored=torch.tensor([[[0.2, 0.2, 0.4, 0.4]]] * 2))

    with Watch() as watch:
        heads[-1].loss([maps[-1], *maps[:-1]], maps[-1], truths, NET_HW, Moment())

    assert watch.count > 30
    assert watch.waits == []


@pytest.mark.parametrize(
    ("keys", "alpha", "gamma"),
    [("", 0.5, 2.0), ("alpha=.25\n", 0.25, 2.0), ("gamma=1.5\n", None, 1.5)],
)
@pytest.mark.parametrize("score", ["softmax", "sigmoid"])
def test_focal_loss_trains_all_negatives_the_less_the_surer_they_are(
    score, keys, alpha, gamma, tmp_path
):
    heads = ssd_of(tmp_path, f"score={score}\nfocal_loss=1\n{keys}")
    scores, offsets = sines(2)
    scores = scores[:, :, : heads[0].options.scores].contiguous()

    given = asked_with(heads, scores, offsets)
    loss = loss_of(heads, GLUON, scores, offsets)

    positive = given.matches.positive
    if score == "softmax":
        right = scores.softmax(dim=2).gather(2, ((given.classes + 1) * positive)[:, :, None])
        there = positive[:, :, None]
    else:
        there = F.one_hot(given.classes, 20).bool() & positive[:, :, None]
        right = torch.where(there, scores.sigmoid(), 1 - scores.sigmoid())
    weight = 1.0 if alpha is None else torch.where(there, alpha, 1 - alpha)
    total = (-weight * (1 - right) ** gamma * right.log()).sum()
    assert float(loss.parts["class"]) == pytest.approx(float(total) * 2 / 36, rel=1e-4)
    assert int(loss.watched["negatives"]) == int((~positive).sum())


def test_negatives_overlap_every_object_less_than_neg_thresh(tmp_path):
    usual, _ = asked(ssd_of(tmp_path), GLUON)

    given, _ = asked(ssd_of(tmp_path, "neg_thresh=.3\n"), GLUON)

    overlap = usual.matches.overlap
    assert ((overlap >= 0.3) & usual.matches.negative).sum() > 10
    assert given.matches.negative.equal(usual.matches.negative & (overlap < 0.3))
