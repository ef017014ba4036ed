"""What mistakes are of: by hand, and the same as the package tidecv's on made-up pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darkpy.metrics import coco
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.error_split import KINDS, split_errors
from tests.metrics.pictures import TIDE_SIZE_HW, collected, found, tide_pictures

ORACLE = json.loads((Path(__file__).parent.parent / "oracle/tide/tide.json").read_text())
A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]
NOWHERE = [0.45, 0.1, 0.1, 0.1]


def split(detections, truths, classes, *, all_classes=1, **kinds):
    return split_errors(
        collected(detections, truths, classes, **kinds), all_classes, iou_thresh=0.5
    )


def counted(result) -> dict[str, int]:
    return {kind: count for kind, count in result.counts.items() if count}


def test_a_box_on_its_object_is_no_mistake():
    result = split(found([[*A, 0.9]]), [A], [0])

    assert result.average_precision == pytest.approx(1)
    assert counted(result) == {}
    assert result.gains == dict.fromkeys(KINDS, 0)


def test_a_box_beside_its_object_is_badly_placed_and_the_object_not_missed():
    # moved by half of its width: IoU 1/3
    moved = [0.3, 0.5, 0.2, 0.2]

    result = split(found([[*moved, 0.9]]), [A], [0])

    assert counted(result) == {"place": 1}
    # Put right it would be the one box on the one object.
    assert (result.average_precision, result.gains["place"]) == pytest.approx((0, 1))


def test_a_box_of_another_class_on_an_object():
    result = split(found([[*A, 0, 0.9]], classes=2), [A], [0], all_classes=2)

    assert counted(result) == {"class": 1}
    assert result.gains["class"] == pytest.approx(1)


def test_both_wrong_is_neither_of_the_two():
    moved = [0.3, 0.5, 0.2, 0.2]

    result = split(found([[*moved, 0, 0.9]], classes=2), [A], [0], all_classes=2)

    assert counted(result) == {"both": 1, "missed": 1}


def test_a_second_box_on_an_object_is_a_duplicate():
    result = split(found([[*A, 0.9], [*A, 0.8], [*B, 0.7]]), [A, B], [0, 0])

    # Precision 1, 1/2, 2/3 at recalls 1/2, 1/2, 1: 51 recalls read 1 and 50 read 2/3.
    assert result.average_precision == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert counted(result) == {"duplicate": 1}
    assert result.gains["duplicate"] == pytest.approx(1 - (51 + 50 * 2 / 3) / 101)


def test_a_box_on_nothing_is_background_and_an_object_without_a_box_is_missed():
    result = split(found([[*NOWHERE, 0.9], [*A, 0.8]]), [A, B], [0, 0])

    assert counted(result) == {"background": 1, "missed": 1}
    # 1/2 at recall 1/2; without the stray box 1; without the missed object 1/2 at recall 1.
    assert result.average_precision == pytest.approx(51 / 101 / 2)
    assert result.gains["background"] == pytest.approx(51 / 101 / 2)
    assert result.gains["missed"] == pytest.approx(1 / 2 - 51 / 101 / 2)


def test_of_two_boxes_beside_one_object_only_the_likelier_could_be_it():
    left, right = [0.1, 0.5, 0.2, 0.2], [0.3, 0.5, 0.2, 0.2]

    result = split(found([[*left, 0.5], [*right, 0.9]]), [A], [0])

    assert counted(result) == {"place": 2}
    # The other one is left out, not put right: 1 object, 1 box.
    assert result.gains["place"] == pytest.approx(1)


def test_what_lies_on_an_ignored_object_or_in_a_crowd_is_no_mistake():
    kinds = {"ignored": [True, False], "crowd": [False, True]}

    result = split(found([[*A, 0.9], [*B, 0.8]]), [A, B], [0, 0], **kinds)

    assert counted(result) == {}


def test_nothing_at_all_has_no_mistakes():
    assert counted(split(found([]), [], [])) == {}
    assert split(found([]), [A], [0]).counts["missed"] == 1
    assert counted(split(found([[*A, 0.9]]), [], [])) == {"background": 1}


@pytest.mark.oracle
@pytest.mark.parametrize("wanted", ORACLE, ids=lambda wanted: f"seed {wanted['seed']}")
def test_counts_and_gains_are_those_of_tidecv(wanted, monkeypatch):
    # tidecv reads recalls k / 100, COCO np.linspace(0, 1, 101): they differ in the last bit, which
    # decides where a recall is hit exactly.
    monkeypatch.setattr(coco, "_RECALLS", np.arange(101) / 100)
    pictures = tide_pictures(wanted["seed"])
    joined = FlatDetections.joined([collected(*it, size_hw=TIDE_SIZE_HW) for it in pictures])

    result = split_errors(joined, wanted["classes"], iou_thresh=0.5)

    assert result.counts == wanted["counts"]
    assert result.average_precision == pytest.approx(wanted["average_precision"], abs=1e-12)
    assert result.gains == pytest.approx(wanted["gains"], abs=1e-12)
