"""COCO's average precision by the rules of pycocotools, over all pictures at once.

Each object is found once: the detections of a picture and class choose in the order of their
probability, each the best object that is still free. An object outside the range of areas, or
marked as ignored, neither counts nor harms. A crowd neither counts nor harms and is never taken;
the overlap with it is the share of the detection inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from darkpy.metrics.matching import Detected, Objects, stacked

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS = 100  # of one class in one picture
AREAS_PX = {  # square pixels of the picture, both ends included
    "all": (0, 1e10),
    "small": (0, 32**2),
    "medium": (32**2, 96**2),
    "large": (96**2, 1e10),
}
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class CocoReport:
    """COCO's six precisions, 0 to 1; NaN where no object is of that size."""

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float


@dataclass(frozen=True)
class CocoPicture:
    """One picture: D detections and M objects, and the P pairs of them that may match.

    `ranks` counts the detections of a class that are likelier.
    """

    probs: np.ndarray
    classes: np.ndarray
    areas: np.ndarray
    ranks: np.ndarray
    truth_classes: np.ndarray
    truth_areas: np.ndarray
    truth_ignored: np.ndarray
    truth_crowd: np.ndarray
    pair_detections: np.ndarray
    pair_truths: np.ndarray
    pair_ious: np.ndarray


def coco_picture(
    detections: Detected, objects: Objects, picture_size: tuple[int, int]
) -> CocoPicture:
    """Prepare a picture of size (h, w) px."""
    h, w = picture_size
    to_px = torch.tensor((w, h, w, h), dtype=torch.float64)
    boxes_px, objects_px = detections.boxes * to_px, replace(objects, boxes=objects.boxes * to_px)
    probs = detections.probs.numpy()
    rows, classes = np.nonzero(probs)
    scores = probs[rows, classes]
    order = np.lexsort((-scores, classes))
    rows, classes, scores = rows[order], classes[order], scores[order]
    ranks = np.arange(len(rows)) - np.searchsorted(classes, classes)
    kept = ranks < MAX_DETECTIONS
    rows, classes, scores, ranks = rows[kept], classes[kept], scores[kept], ranks[kept]

    overlap = objects_px.overlaps(boxes_px)[rows]
    near = objects.of_class(classes) & (overlap >= IOU_THRESHOLDS[0])
    chooser, chosen = np.nonzero(near)
    return CocoPicture(
        probs=scores,
        classes=classes,
        areas=boxes_px[:, 2:].prod(dim=1).numpy()[rows],
        ranks=ranks,
        truth_classes=objects.classes,
        truth_areas=objects_px.boxes[:, 2:].prod(dim=1).numpy(),
        truth_ignored=~objects.counted,
        truth_crowd=objects.crowd,
        pair_detections=chooser,
        pair_truths=chosen,
        pair_ious=overlap[chooser, chosen],
    )


def coco_report(pictures: Sequence[CocoPicture], classes: int) -> CocoReport:
    """Means over all pictures (at least one) and the classes that have objects."""
    everything = _joined(pictures)
    precision = {
        name: _precision_in_area(everything, classes, area) for name, area in AREAS_PX.items()
    }
    of_all = precision["all"]
    return CocoReport(
        ap=_mean(of_all),
        ap50=_mean(of_all[:, IOU_THRESHOLDS == 0.5]),
        ap75=_mean(of_all[:, IOU_THRESHOLDS == 0.75]),
        ap_small=_mean(precision["small"]),
        ap_medium=_mean(precision["medium"]),
        ap_large=_mean(precision["large"]),
    )


def _mean(precision: np.ndarray) -> float:
    return float(precision.mean()) if precision.size else float("nan")


def _joined(pictures: Sequence[CocoPicture]) -> CocoPicture:
    """All pictures as one, with the numbers of detections and objects counted on."""
    parts = []
    detections = truths = 0
    for picture in pictures:
        parts.append(
            replace(
                picture,
                pair_detections=picture.pair_detections + detections,
                pair_truths=picture.pair_truths + truths,
            )
        )
        detections += len(picture.probs)
        truths += len(picture.truth_classes)
    return stacked(parts)


def _outside(areas: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (areas < limits[0]) | (areas > limits[1])


def _precision_in_area(all_: CocoPicture, classes: int, limits: tuple[float, float]) -> np.ndarray:
    """Precision at 101 recalls, (classes that have objects, 10 thresholds, 101)."""
    truth_ignored = all_.truth_ignored | _outside(all_.truth_areas, limits)
    matched, harmless = _choose(all_, truth_ignored)
    harmless |= ~matched & _outside(all_.areas, limits)
    objects = np.bincount(all_.truth_classes[~truth_ignored], minlength=classes)
    order = np.lexsort((-all_.probs, all_.classes))
    first = np.searchsorted(all_.classes[order], np.arange(classes + 1))
    tables = []
    for k in np.flatnonzero(objects[:classes]):
        own = order[first[k] : first[k + 1]]
        tables.append(_precision_at_recalls(matched[:, own], harmless[:, own], objects[k]))
    return np.array(tables).reshape(-1, len(IOU_THRESHOLDS), len(_RECALLS))


def _choose(all_: CocoPicture, truth_ignored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each threshold and detection, (10, D): did it find an object, and an ignored one.

    One rank at a time: of a picture and class no two detections have the same rank, so those of
    one rank never want the same object.
    """
    shape = len(IOU_THRESHOLDS), len(all_.probs)
    matched, harmless = np.zeros(shape, bool), np.zeros(shape, bool)
    taken = np.zeros((len(IOU_THRESHOLDS), len(all_.truth_classes)), bool)
    ranks = all_.ranks[all_.pair_detections]
    wish = (all_.pair_truths, all_.pair_ious, ~truth_ignored[all_.pair_truths])
    order = np.lexsort((*wish, all_.pair_detections, ranks))  # a detection's best choice last
    detections, truths, ranks = all_.pair_detections[order], all_.pair_truths[order], ranks[order]
    reached = all_.pair_ious[order] >= np.minimum(IOU_THRESHOLDS, 1 - 1e-10)[:, None]
    for rank in np.unique(ranks):
        part = slice(*np.searchsorted(ranks, (rank, rank + 1)))
        free = reached[:, part] & ~taken[:, truths[part]]
        level, pair = np.nonzero(free)
        chooser, chosen = detections[part][pair], truths[part][pair]
        run = level * len(all_.probs) + chooser
        best = np.append(run[1:] != run[:-1], True)[: len(run)]
        level, chooser, chosen = level[best], chooser[best], chosen[best]
        taken[level, chosen] = ~all_.truth_crowd[chosen]
        matched[level, chooser] = True
        harmless[level, chooser] = truth_ignored[chosen]
    return matched, harmless


def _precision_at_recalls(matched: np.ndarray, harmless: np.ndarray, objects: int) -> np.ndarray:
    """Of one class's detections (10, E), likeliest first -> (10, 101)."""
    right = np.cumsum(matched & ~harmless, axis=1)
    wrong = np.cumsum(~matched & ~harmless, axis=1)
    precision = right / (right + wrong + np.spacing(1))
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    best = np.pad(best, ((0, 0), (0, 1)))
    recall = right / objects
    return np.array(
        [row[np.searchsorted(reached, _RECALLS)] for row, reached in zip(best, recall, strict=True)]
    )
