"""Which class is taken for which."""

from __future__ import annotations

import numpy as np

from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.orders import best_of_each, first_of_each


def confusion(
    all_: FlatDetections, classes: int, *, iou_thresh: float, thresh: float
) -> np.ndarray:
    """(K + 1, K + 1): a row for what is there, a column for what was found; last is nothing.

    Of the detections above `thresh` each takes the object, of whatever class, that it overlaps
    most, and more than `iou_thresh`; of several on one object the likeliest counts, and the others
    found it where nothing is. What lies on an ignored object or in a crowd is left out.
    """
    sure = np.flatnonzero(all_.probs > np.float32(thresh))
    sure = sure[np.argsort(-all_.probs[sure], kind="stable")]
    places, truths = all_.same_picture(sure)
    overlap = all_.overlaps(sure[places], truths)
    near = overlap > np.float32(iou_thresh)
    places, truths, overlap = places[near], truths[near], overlap[near]
    best = best_of_each(places, overlap)
    found = np.full(len(sure), -1)
    found[places[best]] = truths[best]
    judged = (found < 0) | np.append(all_.counted, False)[found]
    sure, found = sure[judged], found[judged]
    hit = (found >= 0) & first_of_each(found)

    table = np.zeros((classes + 1, classes + 1), dtype=np.int64)
    np.add.at(table, (all_.truth_classes[found[hit]], all_.classes[sure[hit]]), 1)
    np.add.at(table, (classes, all_.classes[sure[~hit]]), 1)
    missed = all_.counted.copy()
    missed[found[hit]] = False
    np.add.at(table, (all_.truth_classes[missed], classes), 1)
    return table
