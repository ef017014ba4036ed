"""What `detector map` says beside the mAP."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.average_precision import Curve
from darkpy.metrics.study import best_threshold
from darkpy.metrics.tables import as_data, study_lines
from tests.metrics.pictures import found

A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]


def studied():
    """Class 0: one right at .9, one wrong at .6, one object missed. Class 1: nothing at all."""
    accumulator = MapAccumulator(2)
    detections = found([[*A, 0.9, 0], [0.5, 0.1, 0.1, 0.1, 0.6, 0]], classes=2)
    accumulator.add(
        detections, np.array([A, B]), np.array([0, 0]), picture_hw=(400, 500), name="a.jpg"
    )
    measurement = accumulator.finished()
    report = measurement.report()
    return report, measurement.study(report)


def test_a_class_has_its_counts_and_shares():
    _, study = studied()
    cat, dog = study.classes

    assert (cat.objects, cat.tp, cat.fp, cat.fn) == (2, 1, 1, 1)
    assert (cat.precision, cat.recall, cat.f1_score, cat.average_iou) == pytest.approx(
        (0.5, 0.5, 0.5, 1)
    )
    # from .9 on: precision 1, recall 1/2, F1 2/3
    assert (cat.best_thresh, cat.best_f1) == pytest.approx((0.9, 2 / 3))
    assert (dog.objects, dog.tp, dog.precision, dog.recall) == (0, 0, 0, 0)
    assert math.isnan(dog.best_thresh)


def test_equally_likely_detections_are_taken_together():
    # one right and two wrong at .8: no threshold takes the right one alone
    curve = Curve(np.array([0.8, 0.8, 0.8]), np.array([1, 1 / 2, 1 / 3]), np.array([1.0, 1, 1]))

    assert best_threshold(curve) == pytest.approx((0.8, 1 / 2))


def test_the_tables_are_aligned_and_name_what_they_count():
    report, study = studied()
    lines = study_lines(report, study, ["cat", "a name that is very long indeed, longer than that"])

    first = next(n for n, line in enumerate(lines) if line.startswith(" class"))
    assert len({len(line) for line in lines[first : first + 3]}) == 1
    assert "0.90" in lines[first + 1]
    assert lines[first + 2].rstrip().endswith("none")
    mistakes = next(n for n, line in enumerate(lines) if line.startswith(" mistakes"))
    assert len({len(line) for line in lines[mistakes : mistakes + 3]}) == 1
    assert lines[mistakes + 1].split() == ["how", "many", "0", "0", "0", "0", "1", "1"]


def test_json_holds_all_of_it_without_nan():
    report, study = studied()
    data = as_data(report, study, names=["cat", "dog"], pictures=["a.jpg"], facts={"cfg": "x.cfg"})

    text = json.dumps(data, allow_nan=False)

    again = json.loads(text)
    assert again["cfg"] == "x.cfg"
    assert again["pictures"] == ["a.jpg"]
    assert again["classes"][0]["name"] == "cat"
    assert again["classes"][1]["best_thresh"] is None
    assert again["errors"]["counts"]["missed"] == 1
    assert again["map"] == pytest.approx(report.mean_average_precision)
