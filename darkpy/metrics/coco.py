"""COCO's average precision and recall by the rules of pycocotools, over all pictures at once.

Each object is found once: the detections of a picture and class choose in the order of their
probability, each the best object that is still free. An object outside the range of areas, or
marked as ignored, neither counts nor harms. A crowd neither counts nor harms and is never taken;
the overlap with it is the share of the detection inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

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
    class that are likelier. by_class (D,): places, class by class, likeliest first.
    """

    numbers: np.ndarray
    probs: np.ndarray
    classes: np.ndarray
    areas: np.ndarray
    ranks: np.ndarray
    by_class: np.ndarray
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
    place = np.full(len(all_.probs), -1)
    place[order] = np.arange(len(order))
    by_class = place[all_.by_class]
    detections, truths = all_.same_class(np.sort(order))
    overlap = all_.overlaps_px(detections, truths)
    near = overlap >= least_iou
    return Chosen(
        numbers=order,
        probs=all_.probs[order],
        classes=all_.classes[order],
        areas=all_.boxes_px[order, 2:].prod(axis=1),
        ranks=ranks,
        by_class=by_class[by_class >= 0],
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
        level, chooser, object_ = choices(all_, chosen, truth_ignored)
        order = chosen.by_class
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        place = place[chooser]
        by_place = np.argsort(level * len(order) + place)
        level, place, object_ = level[by_place], place[by_place], object_[by_place]

        # What found something counts as its object does, all else by its own area.
        right, inside = ~truth_ignored[object_], ~_outside(chosen.areas[order], limits)
        own = chosen.classes[order[place]]
        first = np.searchsorted(chosen.classes[order], np.arange(classes))
        counted = _within_runs(right.astype(np.int64) - inside[place], level * classes + own)
        until = np.append(0, np.cumsum(inside))
        counted += until[place + 1] - until[first[own]]
        level, own, counted = level[right], own[right], counted[right]
        ranks = chosen.ranks[order[place[right]]]
        objects = np.bincount(all_.truth_classes[~truth_ignored], minlength=classes)
        return cls(
            precision_at_recalls(level, own, counted, objects, len(IOU_THRESHOLDS)),
            np.array([_recall(level, own, ranks < most, objects) for most in MAX_DETECTIONS]),
        )


def _recall(level: np.ndarray, own: np.ndarray, likely: np.ndarray, objects: np.ndarray):
    """(C, T): the share of a class's objects that likely ones (E,) of right detections found."""
    shape = len(IOU_THRESHOLDS), len(objects)
    cells = np.bincount((level * shape[1] + own)[likely], minlength=shape[0] * shape[1])
    some = objects > 0
    return cells.reshape(shape).T[some] / objects[some, None]


def _within_runs(values: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Sums (E,) of values (E,) so far, from 0 in every run of equal numbers."""
    sums = np.cumsum(values)
    begins = np.flatnonzero(np.diff(runs, prepend=-1))
    before = np.append(0, sums)[begins]
    return sums - np.repeat(before, np.diff(begins, append=len(runs)))


def choose(
    all_: FlatDetections, chosen: Chosen, truth_ignored: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """What detections find at one threshold: the object (D,) or -1; and what is taken, (M,)."""
    found = np.full(len(chosen.probs), -1)
    taken = np.zeros(len(all_.truth_classes), bool)
    _, chooser, object_ = choices(all_, chosen, truth_ignored, np.array([threshold]))
    found[chooser] = object_
    taken[object_[~all_.crowd[object_]]] = True
    return found, taken


def choices(
    all_: FlatDetections,
    chosen: Chosen,
    truth_ignored: np.ndarray,
    thresholds: np.ndarray = IOU_THRESHOLDS,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who finds what at each of T thresholds: number of the threshold, detection and object, (E,)
    each.

    One rank at a time: of a picture and class no two detections have the same rank, so those of
    one rank never want the same object.
    """
    taken = np.zeros((len(thresholds), len(all_.truth_classes)), bool)
    ranks = chosen.ranks[chosen.pair_detections]
    wish = (chosen.pair_truths, chosen.pair_ious, ~truth_ignored[chosen.pair_truths])
    order = np.lexsort((*wish, chosen.pair_detections, ranks))  # a detection's best choice last
    detections, truths = chosen.pair_detections[order], chosen.pair_truths[order]
    bounds = np.append(0, np.cumsum(np.bincount(ranks)))
    reached = chosen.pair_ious[order] >= np.minimum(thresholds, 1 - 1e-10)[:, None]
    told = [(np.zeros(0, np.int64),) * 3]
    for part in (slice(*pair) for pair in pairwise(bounds.tolist())):
        free = reached[:, part] & ~taken[:, truths[part]]
        level, pair = np.nonzero(free)
        chooser, object_ = detections[part][pair], truths[part][pair]
        run = level * len(chosen.probs) + chooser
        best = np.append(run[1:] != run[:-1], True)[: len(run)]
        level, chooser, object_ = level[best], chooser[best], object_[best]
        taken[level, object_] = ~all_.crowd[object_]
        told.append((level, chooser, object_))
    level, chooser, object_ = (np.concatenate(column) for column in zip(*told, strict=True))
    return level, chooser, object_


def precision_at_recalls(
    level: np.ndarray, own: np.ndarray, counted: np.ndarray, objects: np.ndarray, levels: int
) -> np.ndarray:
    """Of E right detections, threshold by threshold, class by class, likeliest first -> (C, levels,
    101), of the C classes that have objects.

    level: of which threshold, own: of which class, counted: how many of it are as likely or more,
    (E,) each; objects (K,). Between two that are right precision only falls.
    """
    right = _within_runs(np.ones(len(own), np.int64), level * len(objects) + own)
    begins = np.append(0, np.cumsum(objects + 1))
    table = np.zeros((levels, begins[-1]))
    table[level, begins[own] + right - 1] = right / (counted + np.spacing(1))
    found = [np.zeros((levels, 0, len(_RECALLS)))]
    for k in np.flatnonzero(objects):
        best = table[:, begins[k] : begins[k + 1]]
        best = np.maximum.accumulate(best[:, ::-1], axis=1)[:, ::-1]
        reached = np.searchsorted(np.arange(1, objects[k] + 1) / objects[k], _RECALLS)
        found.append(best[:, None, reached])
    return np.ascontiguousarray(np.concatenate(found, axis=1).swapaxes(0, 1))
