"""Suppression against the C program, against a plain greedy loop, and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from darkpy.boxes import iou
from darkpy.inference import blocks, rounds, suppression, walk

ORACLE = np.load(Path(__file__).parent.parent / "oracle" / "nms" / "nms.npz")
KINDS = {
    "sort": "default",
    "greedynms": "greedynms",
    "diounms_beta06": "diounms",
    "cornersnms_beta06": "cornersnms",
}


def oracle_rows(name):
    """Boxes, probabilities and order of the rows that have objectness (the others are skipped)."""
    rows = torch.tensor(ORACLE[name])
    rows = rows[rows[:, 4] != 0]
    return rows[:, :4], rows[:, 5:]


def random_boxes(count, seed):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(count, 4, generator=rng) * torch.tensor([1, 1, 0.4, 0.4]), rng


def greedy_loop(boxes, probs, threshold):
    """The rule written out, one class at a time."""
    probs = probs.clone()
    alike = (iou(boxes[:, None], boxes) > threshold).tolist()
    for k in range(probs.shape[1]):
        order = probs[:, k].argsort(descending=True, stable=True).tolist()
        for place, i in enumerate(order):
            if probs[i, k] == 0:
                continue
            for j in order[place + 1 :]:
                if alike[i][j]:
                    probs[j, k] = 0
    return probs


@pytest.mark.oracle
@pytest.mark.parametrize("threshold", [0.3, 0.45, 0.6])
@pytest.mark.parametrize("name", KINDS)
def test_survivors_and_their_order_are_the_c_programs(name, threshold):
    boxes, probs = oracle_rows("input")

    left = suppression.suppress(boxes, probs, threshold=threshold, kind=KINDS[name], beta=0.6)

    wanted_boxes, wanted_probs = oracle_rows(f"{name}_thresh{threshold}")
    order = suppression.darknet_order(probs)
    assert torch.equal(boxes[order], wanted_boxes)
    assert torch.equal(left[order], wanted_probs)


@pytest.mark.oracle
def test_thresholds_of_the_c_programs_rows_leave_something_to_decide():
    survivors = [
        int((oracle_rows(f"sort_thresh{threshold}")[1] > 0).sum()) for threshold in (0.3, 0.45, 0.6)
    ]

    assert survivors == sorted(set(survivors))


def test_box_is_silenced_by_one_that_stays_but_not_by_one_that_goes():
    # side by side, each shifted by half a width: neighbours overlap by 1/3, next ones by 0
    boxes = torch.tensor([[0.0, 0, 2, 2], [1, 0, 2, 2], [2, 0, 2, 2]])
    probs = torch.tensor([[0.9], [0.8], [0.7]])

    # the middle one goes with the first; the last is like the middle one only, so it stays
    assert suppression.suppress(boxes, probs, threshold=0.3)[:, 0].tolist() == pytest.approx(
        [0.9, 0, 0.7]
    )
    assert suppression.suppress(boxes, probs, threshold=0.34).equal(probs)


def test_overlap_of_exactly_the_threshold_is_allowed():
    # 2 x 1 on its left half: 1 / 2
    boxes = torch.tensor([[1.0, 0.5, 2, 1], [0.5, 0.5, 1, 1]])
    probs = torch.tensor([[0.9], [0.8]])

    assert suppression.suppress(boxes, probs, threshold=0.5).equal(probs)


def test_classes_do_not_silence_each_other():
    boxes = torch.tensor([[0.5, 0.5, 1, 1]]).repeat(2, 1)
    probs = torch.tensor([[0.9, 0.0, 0.3], [0.0, 0.8, 0.4]])

    left = suppression.suppress(boxes, probs, threshold=0.45)

    assert left.tolist() == torch.tensor([[0.9, 0.0, 0.0], [0.0, 0.8, 0.4]]).tolist()


def test_distance_saves_a_box_that_plain_overlap_would_lose():
    # IoU 1/3; d² = 1, c² = 9 + 4: 1/3 - (1/13)^0.6 = 0.12
    boxes = torch.tensor([[0.0, 0, 2, 2], [1, 0, 2, 2]])
    probs = torch.tensor([[0.9], [0.8]])

    left = {
        kind: int((suppression.suppress(boxes, probs, threshold=0.3, kind=kind) > 0).sum())
        for kind in suppression.NMS_KINDS
    }

    assert left == {"default": 1, "cornersnms": 1, "greedynms": 2, "diounms": 2}


def test_beta_is_the_exponent_of_diounms_only():
    # with beta 3 the distance term is (1/13)^3, next to nothing
    boxes = torch.tensor([[0.0, 0, 2, 2], [1, 0, 2, 2]])
    probs = torch.tensor([[0.9], [0.8]])

    left = {
        kind: int((suppression.suppress(boxes, probs, threshold=0.3, kind=kind, beta=3) > 0).sum())
        for kind in ("greedynms", "diounms")
    }

    assert left == {"greedynms": 2, "diounms": 1}


def test_earlier_row_wins_between_equal_probabilities():
    boxes = torch.tensor([[0.5, 0.5, 1, 1]]).repeat(3, 1)

    left = suppression.suppress(boxes, torch.full((3, 1), 0.5), threshold=0.45)

    assert left[:, 0].tolist() == [0.5, 0, 0]


def test_group_larger_than_several_blocks_is_still_exactly_greedy():
    boxes, rng = random_boxes(400, seed=1)
    probs = torch.rand(400, 2, generator=rng)

    assert suppression.suppress(boxes, probs, threshold=0.3).equal(greedy_loop(boxes, probs, 0.3))


@pytest.mark.parametrize("few", [0, 10**6], ids=["box by box", "in rounds"])
def test_few_and_many_that_are_alike_are_suppressed_alike(monkeypatch, few):
    monkeypatch.setattr(walk, "_FEW", few)
    boxes, rng = random_boxes(150, seed=5)
    probs = (torch.rand(150, 3, generator=rng) * 8).floor() / 8  # many ties, some 0

    assert suppression.suppress(boxes, probs, threshold=0.2).equal(greedy_loop(boxes, probs, 0.2))


def test_chain_that_takes_a_round_a_box_is_walked_along():
    # Each box is like the next one only and likelier than it: every second one stays, and a round
    # settles two. 200 of them would take 100 rounds.
    boxes = torch.tensor([[float(x), 0, 2, 2] for x in range(200)])
    probs = torch.linspace(0.9, 0.1, 200)[:, None]
    one = np.arange(199)

    left = suppression.suppress(boxes, probs, threshold=0.3)

    assert rounds.suppressed_in_rounds(probs.numpy(), one, one + 1) is None
    assert left[::2].equal(probs[::2])
    assert not left[1::2].any()


def test_comparing_in_small_portions_changes_nothing(monkeypatch):
    boxes, rng = random_boxes(90, seed=2)
    probs = torch.rand(90, 3, generator=rng)
    at_once = suppression.suppress(boxes, probs, threshold=0.2)

    monkeypatch.setattr(walk, "_PAIRS", 37)
    monkeypatch.setattr(walk, "_LOOKS", 200)

    assert suppression.suppress(boxes, probs, threshold=0.2).equal(at_once)
    assert at_once.equal(greedy_loop(boxes, probs, 0.2))


def test_pictures_of_a_batch_are_suppressed_as_if_each_were_alone():
    boxes, rng = random_boxes(120, seed=3)
    probs = torch.rand(120, 4, generator=rng) * (torch.rand(120, 4, generator=rng) > 0.5)
    pictures = torch.randint(3, (120,), generator=rng)

    together = suppression.suppress_batch(boxes, probs, pictures, threshold=0.3)

    for picture in range(3):
        mine = pictures == picture
        assert together[mine].equal(suppression.suppress(boxes[mine], probs[mine], threshold=0.3))


def test_nothing_to_suppress_gives_nothing():
    nobody = suppression.suppress(torch.zeros(0, 4), torch.zeros(0, 5), threshold=0.45)
    unlikely = suppression.suppress(torch.rand(3, 4), torch.zeros(3, 5), threshold=0.45)

    assert nobody.shape == (0, 5)
    assert unlikely.tolist() == [[0.0] * 5] * 3


def test_suppressing_twice_is_suppressing_once():
    boxes, rng = random_boxes(100, seed=4)
    once = suppression.suppress(boxes, torch.rand(100, 3, generator=rng), threshold=0.3)

    assert suppression.suppress(boxes, once, threshold=0.3).equal(once)


def test_unknown_kind_is_refused_with_the_nearest_known_one():
    with pytest.raises(KeyError, match="did you mean 'greedynms'"):
        suppression.suppress(
            torch.zeros(0, 4), torch.zeros(0, 1), threshold=0.45, kind="greedy_nms"
        )


def test_the_boxes_of_several_pictures_do_not_touch_each_other_whatever_their_classes():
    # The same box in three pictures, with two classes: six groups of one, nothing is suppressed.
    boxes = torch.tensor([[0.5, 0.5, 0.2, 0.2]]).repeat(3, 1)
    probs = torch.tensor([[0.9, 0.8], [0.7, 0.6], [0.5, 0.4]])

    left = suppression.suppress_batch(boxes, probs, torch.arange(3), threshold=0.45)
    alone = suppression.suppress_batch(boxes, probs, torch.zeros(3).long(), threshold=0.45)

    assert torch.equal(left, probs)
    assert alone.tolist() == [pytest.approx([0.9, 0.8]), [0, 0], [0, 0]]


@pytest.mark.parametrize("levels", [3, 1000], ids=["with ties", "nearly without"])
def test_the_order_is_that_of_sorting_once_a_class_picture_by_picture(levels):
    numbers = np.random.default_rng(levels)
    probs = numbers.integers(1, levels + 1, (200, 5)) / levels * (numbers.random((200, 5)) < 0.4)
    pictures = numbers.integers(3, size=200)
    probs = probs.astype(np.float32)
    expected = []
    for picture in range(3):
        rows = np.flatnonzero(pictures == picture)
        for k in range(5):
            rows = rows[np.argsort(-probs[rows, k], kind="stable")]
        expected.extend(rows.tolist())

    order = suppression.darknet_order(torch.from_numpy(probs), torch.from_numpy(pictures))

    assert order.tolist() == expected


def ways(boxes, probs, pictures, overlap, threshold):
    """What the processor's and the GPU's way leave, both computed here."""
    given = (boxes, probs, pictures, overlap, threshold)
    return walk.suppressed_in_turn(*given), blocks.suppressed_in_blocks(*given)


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.45, 0.9])
@pytest.mark.parametrize("kind", suppression.NMS_KINDS)
def test_a_gpu_gives_what_a_processor_gives_with_ties_and_boxes_of_all_sizes(
    monkeypatch, kind, threshold
):
    # Sizes from a hundred thousandth, where rounding rules, to ten pictures; some boxes twice;
    # probabilities of ten levels, so that most are shared by several boxes.
    monkeypatch.setattr(blocks, "_PAIRS", 500)
    rng = torch.Generator().manual_seed(7)
    boxes = torch.rand(300, 4, generator=rng)
    boxes[:, 2:] = 10 ** (boxes[:, 2:] * 6 - 5)
    boxes[200:] = boxes[:100]
    boxes[::3, :2] = boxes[0, :2]
    probs = (torch.rand(300, 4, generator=rng) * 10).floor() / 10
    pictures = torch.randint(2, (300,), generator=rng)
    overlap = suppression.NMS_KINDS[kind](0.6)

    in_turn, in_blocks = ways(boxes, probs, pictures, overlap, threshold)

    assert in_turn.equal(in_blocks)
    assert 0 < (in_turn > 0).sum() < (probs > 0).sum()


def test_boxes_that_rounding_makes_alike_are_alike_in_both_ways():
    # At x = 1000 float32 is as coarse as 6e-5: boxes of 1e-5 have edges that say nothing.
    rng = torch.Generator().manual_seed(8)
    boxes = torch.rand(200, 4, generator=rng) * 1e-4 + torch.tensor([1000.0, 0, 1e-5, 1e-5])
    probs = torch.rand(200, 1, generator=rng)

    in_turn, in_blocks = ways(boxes, probs, torch.zeros(200).long(), iou, 0.3)

    assert in_turn.equal(in_blocks)
    assert in_turn.equal(greedy_loop(boxes, probs, 0.3))


def test_boxes_turned_inside_out_silence_nobody():
    boxes = torch.tensor([[0.5, 0.5, -0.2, 0.2]]).repeat(3, 1)

    left = suppression.suppress(boxes, torch.full((3, 1), 0.5), threshold=0.3)

    assert left.eq(0.5).all()


def test_boxes_of_infinite_or_no_size_silence_nobody():
    inf, nan = float("inf"), float("nan")
    boxes = torch.tensor([[0.5, 0.5, inf, 1], [0.5, 0.5, nan, 1], [0.5, 0.5, 0, 0], [0, 0, -1, 1]])
    boxes = boxes.repeat(2, 1)

    in_turn, in_blocks = ways(boxes, torch.full((8, 2), 0.5), torch.zeros(8).long(), iou, 0.3)

    assert in_turn.eq(0.5).all()
    assert in_blocks.eq(0.5).all()
