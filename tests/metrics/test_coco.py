"""COCO's precisions: by hand, and the same as pycocotools' on made-up pictures."""

from __future__ import annotations

import contextlib
import io
import math

import numpy as np
import pytest
import torch

from darkpy.metrics.coco import coco_report, precision_at_recalls
from darkpy.metrics.collected import FlatDetections
from tests.metrics.pictures import Found, collected, found, random_picture

SIZE = (400, 500)


def picture(detections, truths, classes, *, size=SIZE, **kinds):
    return collected(detections, truths, classes, size_hw=size, **kinds)


def pycocotools_stats(pictures, classes):
    """The twelve numbers of COCOeval.summarize() for [(Found, truths, classes, crowd), ...].

    A crowd of every class is one of each class there.
    """
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    h, w = SIZE
    to_px = np.array((w, h, w, h), dtype=np.float64)

    def xywh(box):
        cx, cy, width, height = np.asarray(box, dtype=np.float64) * to_px
        return [cx - width / 2, cy - height / 2, width, height]

    annotations, results = [], []
    for image, (detections, truths, truth_classes, crowd) in enumerate(pictures, start=1):
        for box, own, is_crowd in zip(truths, truth_classes, crowd, strict=True):
            box = xywh(box)
            annotations += [
                {"id": len(annotations) + 1 + number, "image_id": image, "category_id": int(k) + 1,
                 "bbox": box, "area": box[2] * box[3], "iscrowd": int(is_crowd)}
                for number, k in enumerate(range(classes) if own < 0 else [own])
            ]  # fmt: skip
        for row, k in np.argwhere(detections.probs.numpy()):
            results.append(
                {"image_id": image, "category_id": int(k) + 1,
                 "bbox": xywh(detections.boxes[row]), "score": float(detections.probs[row, k])}
            )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": 1 + number} for number in range(len(pictures))],
            "categories": [{"id": 1 + k} for k in range(classes)],
            "annotations": annotations,
        }
        truth.createIndex()
        judge = cocoeval.COCOeval(truth, truth.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.stats


def with_crowds(rng, detections, truths, classes, share):
    """Some of the objects are crowds instead, of their class or, every second one, of all."""
    crowd = rng.random(len(classes)) < share
    every = crowd & (rng.random(len(classes)) < 0.5)
    return detections, truths, np.where(every, -1, classes), crowd


@pytest.mark.parametrize("share", [0, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_twelve_numbers_of_random_pictures_are_those_of_pycocotools(seed, share):
    rng = np.random.default_rng(seed)
    pictures = [
        random_picture(rng, classes=4, objects=int(number), boxes=3 * int(number))
        for number in rng.integers(0, 12, 16)
    ]
    pictures = [with_crowds(rng, *it, share) for it in pictures]

    report = coco_report(
        FlatDetections.joined([picture(*it[:3], crowd=it[3]) for it in pictures]), classes=4
    )

    ours = list(vars(report).values())  # in the order of pycocotools' stats
    wanted = pycocotools_stats(pictures, classes=4)
    assert wanted[0] > 0.1
    assert np.all(wanted >= 0)
    np.testing.assert_allclose(ours, wanted, rtol=1e-12)


def test_only_the_hundred_likeliest_of_a_class_in_a_picture_count():
    # 150 boxes beside the object, and the one that fits is the least likely: it is cut off
    far = torch.tensor([[0.8, 0.8, 0.1, 0.1]]).repeat(150, 1)
    boxes = torch.cat((far, torch.tensor([[0.3, 0.3, 0.2, 0.2]])))
    truth = np.array([[0.3, 0.3, 0.2, 0.2]])

    cut = Found(boxes, torch.linspace(0.9, 0.1, 151)[:, None])
    likelier = Found(boxes, torch.linspace(0.1, 0.9, 151)[:, None])

    assert coco_report(picture(cut, truth, [0]), 1).ap50 == 0
    assert coco_report(picture(likelier, truth, [0]), 1).ap50 == pytest.approx(1)


def test_second_box_on_an_object_gets_the_next_best_object():
    # object A and one that overlaps it; both boxes fit A best, the second may have the other
    # (its IoU .9 / 1.1 = .82 is above .5 but Darknet would call it a false positive)
    truths = [[0.50, 0.5, 0.2, 0.2], [0.52, 0.5, 0.2, 0.2]]
    detections = found([[0.5, 0.5, 0.2, 0.2, 0.9], [0.505, 0.5, 0.2, 0.2, 0.8]])

    assert coco_report(picture(detections, truths, [0, 0]), 1).ap50 == pytest.approx(1)


def test_half_of_the_objects_found_reads_51_of_101_recalls():
    truths = [[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]]

    report = coco_report(picture(found([[*truths[0], 0.9]]), truths, [0, 0]), 1)

    assert report.ap == pytest.approx(51 / 101)
    assert report.ap50 == pytest.approx(51 / 101)


def test_sizes_are_square_pixels_of_the_picture():
    # .1 x .1 of 300 x 300 is 30² = 900 < 32²; of 600 x 600 it is 60², medium
    truth = [[0.5, 0.5, 0.1, 0.1]]
    detections = found([[*truth[0], 0.9]])

    small = coco_report(picture(detections, truth, [0], size=(300, 300)), 1)
    medium = coco_report(picture(detections, truth, [0], size=(600, 600)), 1)

    assert small.ap_small == pytest.approx(1)
    assert math.isnan(small.ap_medium)
    assert medium.ap_medium == pytest.approx(1)
    assert math.isnan(medium.ap_small)


def test_classes_without_objects_do_not_count():
    truth = [[0.5, 0.5, 0.1, 0.1]]
    detections = found([[*truth[0], 0.9, 0.8]], classes=2)

    assert coco_report(picture(detections, truth, [0]), 2).ap == pytest.approx(1)


def test_ignored_object_neither_counts_nor_harms():
    truths = [[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]]
    detections = found([[*truths[1], 0.9], [*truths[0], 0.8]])

    counted = picture(detections, truths, [0, 0], ignored=[False, True])

    # the likelier box fits the ignored object: it is no mistake before the right one
    assert coco_report(counted, 1).ap == pytest.approx(1)


def test_pictures_without_objects_have_no_precision():
    report = coco_report(picture(found([[0.5, 0.5, 0.1, 0.1, 0.9]]), [], []), 1)

    assert all(math.isnan(value) for value in vars(report).values())


def test_object_that_counts_goes_before_an_ignored_one_that_fits_better():
    # the box lies on the ignored object; the other one's IoU is .9 / 1.1 = .82
    truths = [[0.52, 0.5, 0.2, 0.2], [0.5, 0.5, 0.2, 0.2]]
    detections = found([[*truths[1], 0.9]])

    report = coco_report(picture(detections, truths, [0, 0], ignored=[False, True]), 1)

    assert report.ap50 == pytest.approx(1)


def test_precision_falls_between_what_is_right_and_is_read_at_101_recalls():
    """Class 0 has three objects and two right detections, its first and its fourth: precision 1 up
    to a recall of 1/3 (0 to .33: 34 of 101), 2/4 up to 2/3 (.34 to .66: 33), then 0. Class 1 has no
    object, and of class 2, found at the second attempt, precision is 1/2 everywhere.
    """
    level, own, counted = np.zeros(3, int), np.array([0, 0, 2]), np.array([1, 4, 2])
    values = precision_at_recalls(level, own, counted, np.array([3, 0, 1]), 1)
    assert values.shape == (2, 1, 101)
    assert values[0, 0].round(6).tolist() == [1.0] * 34 + [0.5] * 33 + [0.0] * 34
    assert values[1, 0].round(6).tolist() == [0.5] * 101
