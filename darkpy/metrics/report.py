"""The numbers of `detector map` and the lines that show them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from darkpy.metrics.average_precision import Curve
from darkpy.metrics.coco import CocoReport

_WHY_THEY_DIFFER = (
    "They differ because in COCO a box whose best object is taken gets the next best one, 101 "
    "recalls are read, at most 100 boxes of a class in a picture and only classes that have "
    "objects count, and AP is the mean over IoU .50 to .95."
)


@dataclass(frozen=True)
class ClassReport:
    """One class: `tp` and `fp` above the confidence threshold, `truths` objects that there are."""

    average_precision: float
    tp: int
    fp: int
    truths: int
    curve: Curve


@dataclass(frozen=True)
class MapReport:
    """What validate_detector_map() counts, and COCO's precisions; all shares are 0 to 1.

    to_coco: computes the latter, once somebody asks for them: a training never does.
    """

    classes: tuple[ClassReport, ...]
    iou_thresh: float
    conf_thresh: float
    points: int
    detections_count: int
    unique_truth_count: int
    average_iou: float
    to_coco: Callable[[], CocoReport] = field(compare=False, repr=False)

    @cached_property
    def coco(self) -> CocoReport:
        """COCO's precisions and recalls of the same detections."""
        return self.to_coco()

    @property
    def mean_average_precision(self) -> float:
        """Over all classes, those without objects too (they count 0), as in Darknet."""
        return sum(it.average_precision for it in self.classes) / len(self.classes)

    @property
    def tp(self) -> int:
        return sum(it.tp for it in self.classes)

    @property
    def fp(self) -> int:
        return sum(it.fp for it in self.classes)

    @property
    def fn(self) -> int:
        return self.unique_truth_count - self.tp

    @property
    def precision(self) -> float:
        """0 where nothing was detected (Darknet prints nan)."""
        return share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """0 where there are no objects (Darknet prints nan)."""
        return share(self.tp, self.unique_truth_count)

    @property
    def f1_score(self) -> float:
        """0 where nothing was found (Darknet prints nan). In float32, which decides at ties."""
        precision, recall = np.float32(self.precision), np.float32(self.recall)
        return float(share(np.float32(2) * precision * recall, precision + recall))


def share(part: float, whole: float) -> float:
    """part / whole, and 0 of nothing."""
    return part / whole if whole else 0.0


def darknet_lines(report: MapReport, names: Sequence[str]) -> list[str]:
    """The report in Darknet's own words, blank lines included; names has one for each class."""
    r = report
    rule = f"{r.points} Recall-points" if r.points else "Area-Under-Curve for each unique Recall"
    conf = f" for conf_thresh = {r.conf_thresh:1.2f}"
    iou_percent = float(np.float32(r.iou_thresh) * np.float32(100))
    mean = r.mean_average_precision
    return [
        "",
        f" detections_count = {r.detections_count}, unique_truth_count = {r.unique_truth_count}  ",
        *(
            f"class_id = {number}, name = {name}, ap = {it.average_precision * 100:2.2f}%   "
            f"\t (TP = {it.tp}, FP = {it.fp}) "
            for number, (name, it) in enumerate(zip(names, r.classes, strict=True))
        ),
        "",
        f"{conf}, precision = {r.precision:1.2f}, recall = {r.recall:1.2f}, "
        f"F1-score = {r.f1_score:1.2f} ",
        f"{conf}, TP = {r.tp}, FP = {r.fp}, FN = {r.fn}, "
        f"average IoU = {r.average_iou * 100:2.2f} % ",
        "",
        f" IoU threshold = {iou_percent:2.0f} %, used {rule} ",
        f" mean average precision (mAP@{r.iou_thresh:0.2f}) = {mean:f}, or {mean * 100:2.2f} % ",
    ]


def coco_lines(report: MapReport) -> list[str]:
    """COCO's numbers, and in one line why they are others than Darknet's."""
    c = report.coco
    return [
        f" COCO AP = {percent(c.ap)}, AP50 = {percent(c.ap50)}, AP75 = {percent(c.ap75)}, "
        f"small = {percent(c.ap_small)}, medium = {percent(c.ap_medium)}, "
        f"large = {percent(c.ap_large)}",
        f" {_WHY_THEY_DIFFER}",
    ]


def percent(part: float) -> str:
    """`71.23 %` for .7123, or `none` for NaN."""
    return "none" if math.isnan(part) else f"{part * 100:.2f} %"
