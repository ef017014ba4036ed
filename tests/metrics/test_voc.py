"""VOC's average precision: by hand, and the same as a plain loop on made-up pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.voc import voc_report
from tests.metrics.pictures import collected, found, random_picture

H, W = 400, 500


def corners(box, clip):
    cx, cy, w, h = np.asarray(box, dtype=np.float32) * np.array((W, H, W, H), dtype=np.float64)
    xyxy = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]
    if clip:
        limits = (W - 1, H - 1, W - 1, H - 1)
        xyxy = [min(max(value, 0), limit) for value, limit in zip(xyxy, limits, strict=True)]
    return xyxy


def overlap(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0]) + 1
    h = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if w <= 0 or h <= 0:
        return 0
    area = (a[2] - a[0] + 1) * (a[3] - a[1] + 1) + (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
    return w * h / (area - w * h)


def hits_of_class(pictures, k):
    """Whether each detection of a class is right, likeliest first; what is difficult left out."""
    rows = [
        (-float(detections.probs[r, k]), at, r)
        for at, (detections, *_) in enumerate(pictures)
        for r in np.flatnonzero(detections.probs[:, k].numpy())
    ]
    taken, right = set(), []
    for _, at, r in sorted(rows):
        detections, truths, own, difficult = pictures[at]
        box = corners(detections.boxes[r].numpy(), clip=True)
        own_boxes = [(-m, corners(truths[m], clip=False)) for m in np.flatnonzero(own == k)]
        values = [(overlap(box, other), m) for m, other in own_boxes]
        best, which = max(values, default=(0, 0))
        if best > 0.5 and difficult[-which]:
            continue
        right.append(best > 0.5 and (at, which) not in taken)
        if right[-1]:
            taken.add((at, which))
    return right


def by_loops(pictures, classes):
    """VOCevaldet's rule for [(Found, truths, classes, difficult)], one detection at a time."""
    means = {11: [], 0: []}
    for k in range(classes):
        number = sum(int(((own == k) & ~difficult).sum()) for _, _, own, difficult in pictures)
        if not number:
            continue
        right = hits_of_class(pictures, k)
        tp = np.cumsum(right) if right else np.zeros(0)
        precision, recall = tp / np.arange(1, len(tp) + 1), tp / number
        at_11 = [max(precision[recall >= t], default=0) for t in np.arange(11) / 10]
        means[11].append(sum(at_11) / 11)
        steps = np.diff(recall, prepend=0)
        means[0].append(sum(s * max(precision[n:]) for n, s in enumerate(steps) if s))
    return np.mean(means[11]), np.mean(means[0])


@pytest.mark.parametrize("seed", range(5))
def test_random_pictures_have_the_numbers_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    pictures = []
    for number in rng.integers(0, 10, 12):
        detections, truths, classes = random_picture(rng, 3, int(number), 3 * int(number))
        pictures.append((detections, truths, classes, rng.random(len(classes)) < 0.2))
    joined = FlatDetections.joined(
        [collected(*it[:3], ignored=it[3], size_hw=(H, W)) for it in pictures]
    )

    report = voc_report(joined, 3)

    assert (report.voc2007, report.voc2010) == pytest.approx(by_loops(pictures, 3), abs=1e-12)
    assert report.voc2010 > 0.1


def test_a_pixel_more_can_make_a_hit():
    # 10 px and 20 px from the same corner, 20 px high: IoU 1/2 is no hit; with both ends
    # counted 11 * 21 / (21 * 21) = .52 is one.
    truth = [[0.3, 0.3, 20 / W, 20 / H]]
    half = [[0.3 - 5 / W, 0.3, 10 / W, 20 / H, 0.9]]

    assert voc_report(collected(found(half), truth, [0], size_hw=(H, W)), 1).voc2010 == 1


def test_without_objects_there_is_no_precision():
    report = voc_report(collected(found([[0.5, 0.5, 0.1, 0.1, 0.9]]), [], []), 1)

    assert math.isnan(report.voc2007)
    assert math.isnan(report.voc2010)
