"""The words of `detector map`."""

from __future__ import annotations

import dataclasses

import numpy as np

from darkpy.metrics.average_precision import Curve
from darkpy.metrics.coco import CocoReport
from darkpy.metrics.report import ClassReport, MapReport, coco_lines, darknet_lines

NO_CURVE = Curve(*[np.zeros(0)] * 3)


def report(points=0, iou_thresh=0.5):
    return MapReport(
        classes=(ClassReport(1.0, 3, 1, 4, NO_CURVE), ClassReport(0.25, 0, 0, 0, NO_CURVE)),
        iou_thresh=iou_thresh,
        conf_thresh=0.25,
        points=points,
        detections_count=9,
        unique_truth_count=4,
        average_iou=0.5,
        to_coco=lambda: CocoReport(0.1, 0.2, 0.3, float("nan"), 0.5, 1.0, *[0.5] * 6),
    )


def test_darknet_lines_are_darknets():
    # precision 3/4, recall 3/4, F1 3/4; mean (1 + .25) / 2
    assert darknet_lines(report(), ["cat", "dog"]) == [
        "",
        " detections_count = 9, unique_truth_count = 4  ",
        "class_id = 0, name = cat, ap = 100.00%   \t (TP = 3, FP = 1) ",
        "class_id = 1, name = dog, ap = 25.00%   \t (TP = 0, FP = 0) ",
        "",
        " for conf_thresh = 0.25, precision = 0.75, recall = 0.75, F1-score = 0.75 ",
        " for conf_thresh = 0.25, TP = 3, FP = 1, FN = 1, average IoU = 50.00 % ",
        "",
        " IoU threshold = 50 %, used Area-Under-Curve for each unique Recall ",
        " mean average precision (mAP@0.50) = 0.625000, or 62.50 % ",
    ]


def test_points_and_threshold_are_named():
    lines = darknet_lines(report(points=11, iou_thresh=0.75), ["cat", "dog"])

    assert lines[-2] == " IoU threshold = 75 %, used 11 Recall-points "
    assert lines[-1].startswith(" mean average precision (mAP@0.75) = ")


def test_coco_line_says_where_there_is_nothing_to_measure():
    numbers, why = coco_lines(report())

    assert numbers == (
        " COCO AP = 10.00 %, AP50 = 20.00 %, AP75 = 30.00 %, "
        "small = none, medium = 50.00 %, large = 100.00 %"
    )
    assert "\n" not in why


def test_f1_at_a_tie_is_rounded_as_float32_has_it():
    """TP 125, FP 83, FN 67: F1 = 250 / 400 = .625; in float32 .62500006, which is .63."""
    counted = dataclasses.replace(
        report(), classes=(ClassReport(1.0, 125, 83, 192, NO_CURVE),), unique_truth_count=192
    )

    (line,) = [line for line in darknet_lines(counted, ["cat"]) if "F1-score" in line]
    assert line.endswith("precision = 0.60, recall = 0.65, F1-score = 0.63 ")


def test_coco_s_numbers_are_computed_when_somebody_asks_and_once():
    asked = []

    def compute() -> CocoReport:
        asked.append(1)
        return CocoReport(*[0.5] * 12)

    report = MapReport((), 0.5, 0.25, 0, 0, 0, 0.0, compute)
    assert asked == []
    assert report.coco.ap == report.coco.ap50 == 0.5
    assert asked == [1]
