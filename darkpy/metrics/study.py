"""What else there is to know about a measurement than its mAP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.metrics.average_precision import Curve
from darkpy.metrics.calibration import Calibration, calibration
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.error_split import ErrorSplit, split_errors
from darkpy.metrics.evidence import Evidence, evidence_order
from darkpy.metrics.intervals import Interval, map_interval
from darkpy.metrics.matching import Matches
from darkpy.metrics.report import MapReport, share
from darkpy.metrics.visible import Visible
from darkpy.metrics.voc import VocReport, voc_report


@dataclass(frozen=True)
class ClassStudy:
    """One class above the confidence threshold, and the threshold at which F1 is highest.

    average_iou: of what is right. best_thresh and best_f1 are NaN where nothing was right.
    """

    average_precision: float
    objects: int
    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1_score: float
    average_iou: float
    best_thresh: float
    best_f1: float


@dataclass(frozen=True)
class Study:
    """interval: of the mAP (area under the curve, whatever -points says)."""

    classes: tuple[ClassStudy, ...]
    evidence: Evidence
    interval: Interval
    voc: VocReport
    errors: ErrorSplit
    calibration: Calibration
    visible: Visible

    @classmethod
    def of(cls, report: MapReport, all_: FlatDetections, found: Matches) -> Study:
        """Of the same detections and objects that the report is about."""
        classes = len(report.classes)
        order = evidence_order(all_, found)
        evidence = Evidence.of(all_, found, order, classes)
        return cls(
            classes=tuple(_class_study(report, all_, found, k) for k in range(classes)),
            evidence=evidence,
            interval=map_interval(evidence),
            voc=voc_report(all_, classes),
            errors=split_errors(all_, classes, iou_thresh=report.iou_thresh),
            calibration=calibration(evidence),
            visible=Visible.of(all_, found, order, evidence, report.conf_thresh),
        )


def _class_study(report: MapReport, all_: FlatDetections, found: Matches, k: int) -> ClassStudy:
    it = report.classes[k]
    sure = (all_.classes == k) & (all_.probs > np.float32(report.conf_thresh))
    right = sure & (found.truths >= 0) & ~found.repeats
    precision, recall = share(it.tp, it.tp + it.fp), share(it.tp, it.truths)
    best_thresh, best_f1 = best_threshold(it.curve)
    return ClassStudy(
        average_precision=it.average_precision,
        objects=it.truths,
        tp=it.tp,
        fp=it.fp,
        fn=it.truths - it.tp,
        precision=precision,
        recall=recall,
        f1_score=share(2 * precision * recall, precision + recall),
        average_iou=float(found.ious[right].mean()) if right.any() else 0.0,
        best_thresh=best_thresh,
        best_f1=best_f1,
    )


def best_threshold(curve: Curve) -> tuple[float, float]:
    """The probability down to which F1 is highest, and that F1; NaN where nothing is right.

    Of equally likely detections all are taken or none.
    """
    if not len(curve.recall) or not curve.recall[-1]:
        return float("nan"), float("nan")
    last_of_its = np.append(curve.probs[1:] != curve.probs[:-1], True)
    f1 = np.where(last_of_its, curve.f1, 0)
    place = int(f1.argmax())
    return float(curve.probs[place]), float(f1[place])
