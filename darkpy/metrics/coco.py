"""COCO's average precision and recall by the rules of pycocotools, over all pictures at once.

Each object is found once: the detections of a picture and class choose in the order of their
probability, each the best object that is still free. An object outside the range of areas, or
marked as ignored, neither counts nor harms. A crowd neither counts nor harms and is never taken;
the overlap with it is the share of the detection inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.collected import FlatDetections

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS = (1, 10, 100)  # of one class in one picture; precision takes the last
AREAS_PX = {  # square pixels of the picture, both ends included
    "all": (0, 1e10),
    "small": (0, 32**2),
    "medium": (32**2, 96**2),
    "large": (96**2, 1e10),
}
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class CocoReport:
    """COCO's twelve numbers, 0 to 1; NaN where no object is of that size.

    ar1, ar10, ar100: recall with so many detections of a class in a picture, over ten overlaps.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float


@dataclass(frozen=True)
class Chosen:
    """The detections that count, D of them, and the P pairs of them and objects that may match.

    numbers: theirs in the FlatDetections. `ranks` counts the detections of the same picture and
    class that are likelier.
    """

    numbers: np.ndarray
    probs: np.ndarray
    classes: np.ndarray
    areas: np.ndarray
    ranks: np.ndarray
    pair_detections: np.ndarray
    pair_truths: np.ndarray
    pair_ious: np.ndarray


def coco_report(all_: FlatDetections, classes: int) -> CocoReport:
    """Means over all pictures and the classes that have objects."""
    chosen = likeliest(all_)
    tables = {name: _Tables.in_area(all_, chosen, classes, area) for name, area in AREAS_PX.items()}
    of_all = tables["all"]
    return CocoReport(
        ap=_mean(of_all.precision),
        ap50=_mean(of_all.precision[:, IOU_THRESHOLDS == 0.5]),
        ap75=_mean(of_all.precision[:, IOU_THRESHOLDS == 0.75]),
        ap_small=_mean(tables["small"].precision),
        ap_medium=_mean(tables["medium"].precision),
        ap_large=_mean(tables["large"].precision),
        ar1=_mean(of_all.recall[0]),
        ar10=_mean(of_all.recall[1]),
        ar100=_mean(of_all.recall[2]),
        ar_small=_mean(tables["small"].recall[2]),
        ar_medium=_mean(tables["medium"].recall[2]),
        ar_large=_mean(tables["large"].recall[2]),
    )


def likeliest(
    all_: FlatDetections, most: int = MAX_DETECTIONS[-1], least_iou: float = IOU_THRESHOLDS[0]
) -> Chosen:
    """The `most` likeliest detections of a class in a picture, and what they may find."""
    order, ranks = all_.ranked
    kept = ranks < most
    order, ranks = order[kept], ranks[kept]
    # pairs are asked for by number, ascending, and then counted in the order chosen here
    place = np.empty(len(all_.probs), dtype=np.int64)
    place[order] = np.arange(len(order))
    detections, truths = all_.same_class(np.sort(order))
    overlap = all_.overlaps_px(detections, truths)
    near = overlap >= least_iou
    return Chosen(
        numbers=order,
        probs=all_.probs[order],
        classes=all_.classes[order],
        areas=all_.boxes_px[order, 2:].prod(axis=1),
        ranks=ranks,
        pair_detections=place[detections[near]],
        pair_truths=truths[near],
        pair_ious=overlap[near],
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _outside(areas: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (areas < limits[0]) | (areas > limits[1])


@dataclass(frozen=True)
class _Tables:
    """Of the C classes that have objects.

    precision (C, 10 thresholds, 101 recalls). recall (3, C, 10): with the likeliest 1, 10 and 100
    detections of a class in a picture.
    """

    precision: np.ndarray
    recall: np.ndarray

    @classmethod
    def in_area(
        cls, all_: FlatDetections, chosen: Chosen, classes: int, limits: tuple[float, float]
    ) -> _Tables:
        """Only objects and unmatched detections of an area within the limits count."""
        areas = all_.truth_boxes_px[:, 2:].prod(axis=1)
        truth_ignored = ~all_.counted | _outside(areas, limits)
        order = np.lexsort((-chosen.probs, chosen.classes))
        found, _ = choose(all_, chosen, truth_ignored)
        found = found[:, order]
        matched = found >= 0
        harmless = np.append(truth_ignored, False)[found]
        harmless |= ~matched & _outside(chosen.areas[order], limits)
        right, ranks = matched & ~harmless, chosen.ranks[order]
        objects = np.bincount(all_.truth_classes[~truth_ignored], minlength=classes)
        first = np.searchsorted(chosen.classes[order], np.arange(classes + 1))
        precision, recall = [], []
        for k in np.flatnonzero(objects[:classes]):
            own = slice(first[k], first[k + 1])
            precision.append(precision_at_recalls(matched[:, own], harmless[:, own], objects[k]))
            likely = [right[:, own] & (ranks[own] < most) for most in MAX_DETECTIONS]
            counts = [np.count_nonzero(part, axis=1) for part in likely]
            recall.append(np.array(counts) / objects[k])
        return cls(
            np.array(precision).reshape(-1, len(IOU_THRESHOLDS), len(_RECALLS)),
            np.array(recall).reshape(-1, len(MAX_DETECTIONS), len(IOU_THRESHOLDS)).swapaxes(0, 1),
        )


def choose(
    all_: FlatDetections,
    chosen: Chosen,
    truth_ignored: np.ndarray,
    thresholds: np.ndarray = IOU_THRESHOLDS,
) -> tuple[np.ndarray, np.ndarray]:
    """What detections find at each of T thresholds: the object (T, D) or -1; and what is taken.

    The latter is (T, M) bool. One rank at a time: of a picture and class no two detections have
    the same rank, so those of one rank never want the same object.
    """
    found = np.full((len(thresholds), len(chosen.probs)), -1)
    taken = np.zeros((len(thresholds), len(all_.truth_classes)), bool)
    ranks = chosen.ranks[chosen.pair_detections]
    wish = (chosen.pair_truths, chosen.pair_ious, ~truth_ignored[chosen.pair_truths])
    order = np.lexsort((*wish, chosen.pair_detections, ranks))  # a detection's best choice last
    detections, truths = chosen.pair_detections[order], chosen.pair_truths[order]
    ranks = ranks[order]
    reached = chosen.pair_ious[order] >= np.minimum(thresholds, 1 - 1e-10)[:, None]
    for rank in np.unique(ranks):
        part = slice(*np.searchsorted(ranks, (rank, rank + 1)))
        free = reached[:, part] & ~taken[:, truths[part]]
        level, pair = np.nonzero(free)
        chooser, object_ = detections[part][pair], truths[part][pair]
        run = level * len(chosen.probs) + chooser
        best = np.append(run[1:] != run[:-1], True)[: len(run)]
        level, chooser, object_ = level[best], chooser[best], object_[best]
        taken[level, object_] = ~all_.crowd[object_]
        found[level, chooser] = object_
    return found, taken


def precision_at_recalls(matched: np.ndarray, harmless: np.ndarray, objects: int) -> np.ndarray:
    """Of one class's detections (T, E), likeliest first -> (T, 101)."""
    right = np.cumsum(matched & ~harmless, axis=1)
    wrong = np.cumsum(~matched & ~harmless, axis=1)
    precision = right / (right + wrong + np.spacing(1))
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    best = np.pad(best, ((0, 0), (0, 1)))
    recall = right / objects
    return np.array(
        [row[np.searchsorted(reached, _RECALLS)] for row, reached in zip(best, recall, strict=True)]
    )
