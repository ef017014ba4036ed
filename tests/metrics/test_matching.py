"""Who found what, by Darknet's rule."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.matching import match
from darkpy.metrics.orders import first_of_each
from tests.metrics.pictures import collected, found

# two objects side by side, overlapping by a third (see tests/test_boxes.py)
LEFT, RIGHT = [0.2, 0.5, 0.2, 0.2], [0.3, 0.5, 0.2, 0.2]


def matches(detections, truths, classes, *, iou_thresh=0.5, **kinds):
    return match(collected(detections, truths, classes, **kinds), iou_thresh=iou_thresh)


def test_detection_takes_the_object_it_overlaps_most_even_if_another_has_it():
    result = matches(found([[*LEFT, 0.9], [*LEFT, 0.8]]), [RIGHT, LEFT], [0, 0], iou_thresh=0.3)

    # both fit on object 1 (IoU 1) and could have had object 0 (IoU 1/3)
    assert result.truths.tolist() == [1, 1]
    assert result.repeats.tolist() == [False, True]
    assert result.ious == pytest.approx([1, 1])


def test_overlap_has_to_be_above_the_threshold():
    # half of the object: IoU exactly 1/2
    half = found([[0.5, 0.5, 0.25, 0.5, 0.9]])
    whole = [[0.5, 0.5, 0.5, 0.5]]

    assert matches(half, whole, [0], iou_thresh=0.5).truths.tolist() == [-1]
    assert matches(half, whole, [0], iou_thresh=0.49).truths.tolist() == [0]


def test_object_of_another_class_is_not_found():
    both = collected(found([[*LEFT, 0.9, 0.8]], classes=2), [LEFT], [1])
    result = match(both, iou_thresh=0.5)

    # one box, two classes above 0: two detections, of which the second is right
    assert both.classes.tolist() == [0, 1]
    assert result.truths.tolist() == [-1, 0]
    assert both.probs == pytest.approx([0.9, 0.8])


def test_detection_of_an_ignored_object_is_told_apart():
    detections = found([[*LEFT, 0.9], [0.8, 0.8, 0.1, 0.1, 0.8]])

    result = matches(detections, [LEFT], [0], ignored=[True])

    assert result.truths.tolist() == [-1, -1]
    assert result.ignored.tolist() == [True, False]


def test_object_that_counts_goes_before_an_ignored_one():
    result = matches(
        found([[*LEFT, 0.9]]), [LEFT, RIGHT], [0, 0], ignored=[True, False], iou_thresh=0.3
    )

    assert result.truths.tolist() == [1]
    assert result.ignored.tolist() == [False]


def test_a_crowd_takes_what_lies_in_it_by_the_share_inside():
    # A crowd of .4 x .4: boxes of .2 x .2 with all, half and a quarter of them inside, all with
    # an IoU of at most 1/4. Half is not above the threshold of one half.
    crowd = [[0.4, 0.4, 0.4, 0.4]]
    boxes = [[0.3, 0.3, 0.2, 0.2], [0.2, 0.3, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2]]
    detections = found([[*box, 0.9] for box in boxes])

    half = matches(detections, crowd, [0], crowd=[True], iou_thresh=0.51)
    third = matches(detections, crowd, [0], crowd=[True], iou_thresh=0.3)

    assert half.crowded.tolist() == half.ignored.tolist() == [True, False, False]
    assert third.crowded.tolist() == [True, True, False]
    assert third.truths.tolist() == [-1, -1, -1]


def test_a_crowd_is_of_its_class_or_of_every_class():
    boxes = found([[*LEFT, 0.9, 0.8]], classes=2)

    assert matches(boxes, [LEFT], [1], crowd=[True]).crowded.tolist() == [False, True]
    assert matches(boxes, [LEFT], [-1], crowd=[True]).crowded.tolist() == [True, True]


def test_an_object_inside_a_crowd_is_found_all_the_same():
    result = matches(
        found([[*LEFT, 0.9], [*LEFT, 0.8]]), [LEFT, LEFT], [-1, 0], crowd=[True, False]
    )

    # The second comes too late for the object, and does not become harmless by the crowd.
    assert result.truths.tolist() == [1, 1]
    assert result.repeats.tolist() == [False, True]
    assert result.crowded.tolist() == [False, False]


def test_no_objects_and_no_detections_match_nothing():
    assert matches(found([[*LEFT, 0.9]]), [], []).truths.tolist() == [-1]
    assert matches(found([]), [LEFT], [0]).truths.tolist() == []
    assert matches(found([]), [], []).truths.tolist() == []


def test_first_of_each_number_is_where_it_occurs_first():
    assert first_of_each(np.array([3, -1, 3, 0, -1])).tolist() == [True, True, False, True, False]


def test_objects_are_found_in_their_own_picture_only():
    one = collected(found([[*LEFT, 0.9]]), [LEFT], [0])
    other = collected(found([[*LEFT, 0.8]]), [RIGHT, LEFT], [1, 0])

    both = FlatDetections.joined([one, one, other])

    assert both.probs == pytest.approx([0.9, 0.9, 0.8])
    # The objects are numbered 0, 1, (2, 3): the last picture's LEFT is number 3.
    assert match(both, iou_thresh=0.5).truths.tolist() == [0, 1, 3]
