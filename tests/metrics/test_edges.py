"""Data sets at the edge of sense: every number is finite or said to be none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.report import coco_lines, darknet_lines
from darkpy.metrics.tables import as_data, study_lines
from tests.metrics.pictures import Found, found

BOX, OTHER = [0.5, 0.5, 0.4, 0.4], [0.2, 0.2, 0.1, 0.1]
OUTSIDE, NO_AREA = [1.6, 0.5, 0.4, 0.4], [0.5, 0.5, 0.0, 0.4]
NAMES = ("cat", "dog")


def told(*pictures):
    """The report and all that is said of pictures (detections, objects, classes)."""
    accumulator = MapAccumulator(2)
    for number, (detections, truths, classes) in enumerate(pictures):
        boxes = np.array(truths, dtype=np.float32).reshape(-1, 4)
        accumulator.add(
            detections, boxes, np.array(classes, int), picture_hw=(400, 500), name=f"{number}.jpg"
        )
    measured = accumulator.finished()
    report = measured.report()
    study = measured.study(report)
    lines = [*darknet_lines(report, NAMES), *coco_lines(report), *study_lines(report, study, NAMES)]
    data = as_data(report, study, names=NAMES, pictures=measured.pictures, facts={})
    return report, "\n".join(lines), json.dumps(data, allow_nan=False)


def sure(*boxes: list[float]) -> Found:
    """Detections of class 0, less and less sure."""
    rows = [[*box, 0.9 - 0.1 * number, 0.0] for number, box in enumerate(boxes)]
    return found(rows, classes=2)


CASES = {
    "no picture": [],
    "no object": [(sure(BOX), [], [])],
    "no detection": [(sure(), [BOX], [0])],
    "neither": [(sure(), [], [])],
    "a class without objects": [(sure(BOX), [BOX], [0])],
    "two equal objects": [(sure(BOX), [BOX, BOX], [0, 0])],
    "two equal detections": [(sure(BOX, BOX), [BOX], [0])],
    "a detection outside": [(sure(OUTSIDE), [BOX], [0])],
    "an object outside": [(sure(BOX), [OUTSIDE], [0])],
    "a detection without area": [(sure(NO_AREA), [BOX], [0])],
    "both without area": [(sure(NO_AREA), [NO_AREA], [0])],
}


@pytest.mark.parametrize("case", CASES)
def test_every_number_is_finite_or_none(case):
    report, text, _ = told(*CASES[case])

    assert 0 <= report.mean_average_precision <= 1
    assert "nan" not in text
    assert "inf" not in text
    for value in (report.precision, report.recall, report.f1_score, report.average_iou):
        assert math.isfinite(value)


def test_of_two_equal_objects_one_stays_missed():
    report, *_ = told(*CASES["two equal objects"])

    assert (report.tp, report.fp, report.fn) == (1, 0, 1)
    assert report.classes[0].average_precision == 0.5


def test_of_two_equal_detections_the_second_is_wrong():
    report, *_ = told(*CASES["two equal detections"])

    assert (report.tp, report.fp, report.fn) == (1, 1, 0)


def test_a_box_outside_finds_what_is_outside_and_nothing_else():
    assert told((sure(OUTSIDE), [OUTSIDE], [0]))[0].tp == 1
    assert told(*CASES["a detection outside"])[0].tp == 0


def test_boxes_without_area_overlap_nothing_not_even_themselves():
    assert told(*CASES["both without area"])[0].tp == 0


def test_ten_thousand_detections_in_one_picture():
    rng = np.random.default_rng(0)
    boxes = np.column_stack((rng.uniform(0, 1, (10_000, 2)), rng.uniform(0.01, 0.1, (10_000, 2))))
    probs = rng.uniform(0.01, 0.9, (10_000, 2))
    truths = boxes[:200].astype(np.float32)
    crowd = Found(torch.tensor(boxes).float(), torch.tensor(probs).float())

    report, text, _ = told((crowd, truths, rng.integers(0, 2, 200)))

    assert report.detections_count == 20_000
    assert report.tp > 0
    assert "nan" not in text
