"""Which detection found which object: Darknet's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.orders import best_of_each, first_of_each


@dataclass(frozen=True)
class Matches:
    """What the detections of a FlatDetections found, (D,) each."""

    truths: np.ndarray  # the object it found, or -1
    ious: np.ndarray  # with that object, 0 without
    repeats: np.ndarray  # an earlier detection, however unlikely, found the same object
    ignored: np.ndarray  # found nothing but an object that does not count, or a crowd
    crowded: np.ndarray  # found nothing but a crowd


def match(all_: FlatDetections, *, iou_thresh: float) -> Matches:
    """Give every detection the object of its class with the best IoU above `iou_thresh`.

    An object is given away as often as it is the best; who came too late is told by `repeats` and
    the curve. What counts goes before what is ignored. validate_detector_map(), Darknet's
    src/detector.c, which knows no crowds.
    """
    detections, objects = all_.pairs_of_class
    overlap = all_.overlaps(detections, objects)
    eligible = overlap > np.float32(iou_thresh)
    detections, objects, overlap = detections[eligible], objects[eligible], overlap[eligible]
    counted = all_.counted[objects]

    truths = np.full(len(all_.probs), -1)
    ious = np.zeros(len(all_.probs), dtype=np.float32)
    best = np.flatnonzero(counted)[best_of_each(detections[counted], overlap[counted])]
    truths[detections[best]], ious[detections[best]] = objects[best], overlap[best]
    return Matches(
        truths=truths,
        ious=ious,
        repeats=~first_of_each(truths),
        ignored=(truths < 0) & _any(detections[~counted], len(truths)),
        crowded=(truths < 0) & _any(detections[all_.crowd[objects]], len(truths)),
    )


def _any(numbers: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(numbers, minlength=count) > 0
