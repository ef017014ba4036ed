"""Which class is taken for which."""

from __future__ import annotations

import numpy as np

from darkpy.metrics.confusion import confusion
from tests.metrics.pictures import collected, found

A, B, C = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2], [0.5, 0.1, 0.1, 0.1]


def table(detections, truths, classes, **kinds):
    return confusion(
        collected(detections, truths, classes, **kinds), 2, iou_thresh=0.5, thresh=0.25
    ).tolist()


def test_rows_are_what_is_there_and_columns_what_was_found():
    # A is found as it is, B (class 1) is taken for class 0, there is nothing at C, D is missed
    detections = found([[*A, 0.9, 0], [*B, 0.8, 0], [*C, 0, 0.7]], classes=2)
    there = [A, B, [0.1, 0.1, 0.1, 0.1]]

    assert table(detections, there, [0, 1, 1]) == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_the_likeliest_of_two_on_an_object_counts_and_the_other_found_nothing():
    detections = found([[*A, 0.6, 0], [*A, 0, 0.8]], classes=2)

    assert table(detections, [A], [0]) == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_unlikely_boxes_and_ignored_objects_do_not_count():
    detections = found([[*A, 0.2, 0], [*B, 0.9, 0]], classes=2)

    assert table(detections, [A, B], [0, 1], ignored=[False, True]) == [
        [0, 0, 1],
        [0, 0, 0],
        [0, 0, 0],
    ]


def test_nothing_gives_zeros():
    assert np.sum(table(found([], classes=2), [], [])) == 0
