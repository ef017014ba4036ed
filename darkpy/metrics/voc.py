"""PASCAL VOC's average precision, of 2007 and of 2010 on; VOCevaldet.m of the VOC devkit.

A detection takes the object of its class that it overlaps most, whether that is taken (then it is
wrong) or difficult (then it does not count). Boxes are pixels, both ends included, and are cut off
at the picture's border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.average_precision import average_precision, precision_recall
from darkpy.metrics.collected import PAIRS_AT_ONCE, FlatDetections, best_of_each

_IOU_THRESH = 0.5
_POINTS_2007, _AREA = 11, 0


@dataclass(frozen=True)
class VocReport:
    """Means over the classes that have objects, 0 to 1; NaN where none has any."""

    voc2007: float
    voc2010: float


def voc_report(all_: FlatDetections, classes: int) -> VocReport:
    """Both means of one matching."""
    detections, objects = all_.same_class()
    plain = ~all_.crowd[objects]
    detections, objects = detections[plain], objects[plain]
    overlap = _overlaps(all_, detections, objects)
    best = best_of_each(detections, overlap)
    best = best[overlap[best] > _IOU_THRESH]
    truths = np.full(len(all_.probs), -1)
    truths[detections[best]] = objects[best]
    judged = (truths < 0) | np.append(all_.counted, False)[truths]
    number = np.bincount(all_.truth_classes[all_.counted], minlength=classes)
    values = []
    for k in np.flatnonzero(number):
        own = judged & (all_.classes == k)
        curve = precision_recall(all_.probs[own], truths[own], int(number[k]))
        values.append([average_precision(curve, points) for points in (_POINTS_2007, _AREA)])
    means = np.mean(values, axis=0) if values else (float("nan"), float("nan"))
    return VocReport(*(float(mean) for mean in means))


def _overlaps(all_: FlatDetections, detections: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """IoU of pairs (E,), a portion at a time."""
    hw = all_.sizes_hw[all_.pictures]
    found = _corners(all_.boxes_px())
    found = np.clip(found, 0, np.tile(hw[:, ::-1] - 1, 2))
    truths = _corners(all_.truth_boxes_px())
    overlap = np.empty(len(detections))
    for at in range(0, len(detections), PAIRS_AT_ONCE):
        part = slice(at, at + PAIRS_AT_ONCE)
        a, b = found[detections[part]], truths[objects[part]]
        shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]) + 1
        intersection = np.where((shared > 0).all(axis=1), shared.prod(axis=1), 0)
        overlap[part] = intersection / (_areas(a) + _areas(b) - intersection)
    return overlap


def _corners(cxcywh: np.ndarray) -> np.ndarray:
    half = cxcywh[:, 2:] / 2
    return np.concatenate((cxcywh[:, :2] - half, cxcywh[:, :2] + half), axis=1)


def _areas(xyxy: np.ndarray) -> np.ndarray:
    return (xyxy[:, 2:] - xyxy[:, :2] + 1).prod(axis=1)
