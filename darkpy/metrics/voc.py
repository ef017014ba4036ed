"""PASCAL VOC's average precision, of 2007 and of 2010 on; VOCevaldet.m of the VOC devkit.

A detection takes the object of its class that it overlaps most, whether that is taken (then it is
wrong) or difficult (then it does not count). Boxes are pixels, both ends included, and are cut off
at the picture's border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.average_precision import average_precision, precision_recall
from darkpy.metrics.collected import PAIRS_AT_ONCE, FlatDetections
from darkpy.metrics.orders import best_of_each

_IOU_THRESH = 0.5
_POINTS_2007, _AREA = 11, 0


@dataclass(frozen=True)
class VocReport:
    """Means over the classes that have objects, 0 to 1; NaN where none has any."""

    voc2007: float
    voc2010: float


def voc_report(all_: FlatDetections, classes: int) -> VocReport:
    """Both means of one matching."""
    detections, objects = all_.pairs_of_class
    plain = ~all_.crowd[objects]
    detections, objects, overlap = _found(all_, detections[plain], objects[plain])
    best = best_of_each(detections, overlap)
    truths = np.full(len(all_.probs), -1)
    truths[detections[best]] = objects[best]
    judged = (truths < 0) | np.append(all_.counted, False)[truths]
    number = np.bincount(all_.truth_classes[all_.counted], minlength=classes)
    values = []
    order = all_.by_class[judged[all_.by_class]]
    bounds = np.searchsorted(all_.classes[order], np.arange(classes + 1))
    for k in np.flatnonzero(number):
        own = order[bounds[k] : bounds[k + 1]]
        curve = precision_recall(all_.probs[own], truths[own], int(number[k]))
        values.append([average_precision(curve, points) for points in (_POINTS_2007, _AREA)])
    means = np.mean(values, axis=0) if values else (float("nan"), float("nan"))
    return VocReport(*(float(mean) for mean in means))


def _found(
    all_: FlatDetections, detections: np.ndarray, objects: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Those pairs (E,) that overlap by more than VOC asks, with their IoU; a portion at a time."""
    a, b = _corners(all_.boxes_px), _corners(all_.truth_boxes_px)
    h, w = all_.sizes_hw[all_.pictures].T
    for column, size in zip(a, (w, h, w, h), strict=True):
        np.clip(column, 0, size - 1, out=column)
    areas = [(xyxy[2] - xyxy[0] + 1) * (xyxy[3] - xyxy[1] + 1) for xyxy in (a, b)]
    kept, overlaps = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for at in range(0, len(detections), PAIRS_AT_ONCE):
        own = np.arange(at, min(at + PAIRS_AT_ONCE, len(detections)))
        shared = np.ones(len(own))
        for low, high in ((0, 2), (1, 3)):  # along x, then along y what is left
            one, other = detections[own], objects[own]
            span = np.minimum(a[high][one], b[high][other])
            span -= np.maximum(a[low][one], b[low][other])
            span += 1
            near = span > 0
            own, shared = own[near], shared[near] * span[near]
        overlap = shared / (areas[0][detections[own]] + areas[1][objects[own]] - shared)
        enough = overlap > _IOU_THRESH
        kept.append(own[enough])
        overlaps.append(overlap[enough])
    own = np.concatenate(kept)
    return detections[own], objects[own], np.concatenate(overlaps)


def _corners(cxcywh: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) -> (4, N): arithmetic along a last dimension of 4 is several times slower."""
    cx, cy, w, h = cxcywh.T
    w, h = w / 2, h / 2
    return np.stack((cx - w, cy - h, cx + w, cy + h))
