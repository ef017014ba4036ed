"""From pictures to the report of `detector map`."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.errors import UsageError
from darkpy.inference.suppression import darknet_order, suppress
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.report import darknet_lines
from tests.metrics.pictures import Found, found

A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]
FAR = [0.5, 0.9, 0.1, 0.1]
SIZE = (480, 640)

# What the C program prints below the report.
BELOW = (
    "",
    "Set -points flag:",
    " `-points 101` for MS COCO ",
    " `-points 11` for PascalVOC 2007 (uncomment `difficult` in voc.data) ",
    " `-points 0` (AUC) for ImageNet, PascalVOC 2010-2012, your custom dataset",
)


def report_of(*pictures, classes=1, **options):
    """Of (detections, truth boxes, truth classes) each."""
    accumulator = MapAccumulator(classes, **options)
    for detections, truths, truth_classes in pictures:
        boxes = np.array(truths, dtype=np.float32).reshape(-1, 4)
        accumulator.add(detections, boxes, np.array(truth_classes), picture_hw=SIZE)
    return accumulator.report()


def test_counts_above_the_confidence_threshold():
    # A found at .9, a stray box at .3, B found too weakly at .2, a third object missed
    detections = found([[*A, 0.9], [*FAR, 0.3], [*B, 0.2]])

    r = report_of((detections, [A, B, [0.1, 0.1, 0.1, 0.1]], [0, 0, 0]))

    assert (r.tp, r.fp, r.fn) == (1, 1, 2)
    assert (r.detections_count, r.unique_truth_count) == (3, 3)
    # the overlap of a wrong detection counts as 0: (1 + 0) / 2
    assert r.average_iou == pytest.approx(0.5)
    assert r.precision == pytest.approx(1 / 2)
    assert r.recall == pytest.approx(1 / 3)
    assert r.f1_score == pytest.approx(2 * (1 / 6) / (5 / 6))
    # right, wrong, right of 3: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3
    assert r.mean_average_precision == pytest.approx(1 / 3 + 1 / 3 * 2 / 3)


def test_unlikely_detection_that_comes_first_makes_the_likely_one_wrong():
    # Darknet's rule: "found before" looks at the order of the rows, not at the probability
    weak, strong = [*A, 0.1], [*A, 0.9]

    assert report_of((found([weak, strong]), [A], [0])).tp == 0
    assert report_of((found([strong, weak]), [A], [0])).tp == 1


def test_objects_of_different_pictures_are_different():
    r = report_of((found([[*A, 0.9]]), [A], [0]), (found([[*A, 0.8]]), [A], [0]))

    assert (r.tp, r.fp, r.fn) == (2, 0, 0)
    assert r.mean_average_precision == pytest.approx(1)
    assert r.coco.ap == pytest.approx(1)


def test_mean_is_over_all_classes_even_those_without_objects():
    detections = found([[*A, 0.9, 0.0, 0.0]], classes=3)

    r = report_of((detections, [A], [0]), classes=3)

    assert [it.average_precision for it in r.classes] == pytest.approx([1, 0, 0])
    assert r.mean_average_precision == pytest.approx(1 / 3)
    assert [it.truths for it in r.classes] == [1, 0, 0]


def test_ignored_object_takes_its_detection_out_of_the_curve_but_not_out_of_fp():
    accumulator = MapAccumulator(1)
    detections = found([[*A, 0.9], [*B, 0.8]])
    accumulator.add(
        detections, np.array([A, B]), [0, 0], picture_hw=SIZE, ignored=np.array([True, False])
    )

    r = accumulator.report()

    assert (r.detections_count, r.unique_truth_count) == (1, 1)
    assert (r.tp, r.fp, r.fn) == (1, 1, 0)
    assert r.mean_average_precision == pytest.approx(1)


def test_what_lies_in_a_crowd_is_neither_right_nor_wrong_by_any_rule():
    # A is found; two boxes in the region at B, likelier, would be mistakes before it.
    detections = found([[*B, 0.95], [0.7, 0.5, 0.1, 0.1, 0.93], [*A, 0.9]])
    crowd = np.array([False, True])

    for points in (0, 11, 101):
        accumulator = MapAccumulator(1, points=points)
        accumulator.add(detections, np.array([A, B]), [0, -1], picture_hw=SIZE, crowd=crowd)
        r = accumulator.report()

        assert (r.tp, r.fp, r.fn) == (1, 0, 0)
        assert (r.detections_count, r.unique_truth_count) == (1, 1)
        assert r.mean_average_precision == pytest.approx(1)
        assert r.average_iou == pytest.approx(1)
        assert r.coco.ap == pytest.approx(1)


def test_without_the_crowd_they_would_be_wrong():
    detections = found([[*B, 0.95], [0.7, 0.5, 0.1, 0.1, 0.93], [*A, 0.9]])

    r = report_of((detections, [A], [0]))

    assert (r.tp, r.fp) == (1, 2)
    assert r.mean_average_precision == pytest.approx(1 / 3)


def test_report_about_nothing_is_all_zeros():
    for r in (report_of(), report_of((found([]), [], []))):
        assert (r.tp, r.fp, r.fn, r.detections_count, r.unique_truth_count) == (0, 0, 0, 0, 0)
        assert (r.precision, r.recall, r.f1_score, r.average_iou) == (0, 0, 0, 0)
        assert r.mean_average_precision == 0


@pytest.mark.parametrize("points", [1, -1])
def test_number_of_points_that_makes_no_curve_is_refused(points):
    with pytest.raises(UsageError, match="right are 0"):
        MapAccumulator(1, points=points)


@pytest.mark.oracle
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("bccd_points0", {}),
        ("bccd_points11", {"points": 11}),
        ("bccd_points101", {"points": 101}),
        ("bccd_iou75_thresh40", {"iou_thresh": 0.75, "conf_thresh": 0.4}),
    ],
)
def test_lines_about_72_pictures_are_the_c_programs_to_the_last_digit(
    shared, bccd_pictures, file, options
):
    accumulator = MapAccumulator(3, **options)
    for picture in bccd_pictures:
        probs = picture.probs.masked_fill(picture.probs <= 0.005, 0)
        order = darknet_order(probs)
        boxes, probs = picture.boxes[order], probs[order]
        probs = suppress(boxes, probs, threshold=0.45, kind="greedynms")
        accumulator.add(
            Found(boxes, probs),
            picture.truth_boxes,
            picture.truth_classes,
            picture_hw=picture.size,
        )

    lines = [*darknet_lines(accumulator.report(), ("RBC", "WBC", "Platelets")), *BELOW]

    wanted = (shared / "golden/map" / f"{file}.txt").read_text()
    assert "\n" + "\n".join(lines) + "\n" in wanted
