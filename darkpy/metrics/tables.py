"""What `detector map` prints below Darknet's own lines, and writes as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from darkpy.metrics.error_split import KINDS
from darkpy.metrics.intervals import LEVEL
from darkpy.metrics.report import MapReport, percent
from darkpy.metrics.study import Study

_WIDEST_NAME = 24
_COLUMNS = ("objects", "AP", "precision", "recall", "F1", "IoU", "TP", "FP", "FN", "F1 best at")


def study_lines(report: MapReport, study: Study, names: Sequence[str]) -> list[str]:
    """Tables of the other rules, the classes, the mistakes and the probabilities."""
    return [
        *_rule_lines(report, study),
        "",
        *_class_lines(report, study, names),
        "",
        *_error_lines(report, study),
        "",
        *_calibration_lines(study),
    ]


def _rule_lines(report: MapReport, study: Study) -> list[str]:
    c, voc, between = report.coco, study.voc, study.interval
    pictures = study.evidence.picture_count
    return [
        f" COCO AR = {percent(c.ar100)} with 100 boxes of a class in a picture, "
        f"{percent(c.ar10)} with 10, {percent(c.ar1)} with 1; small = {percent(c.ar_small)}, "
        f"medium = {percent(c.ar_medium)}, large = {percent(c.ar_large)}",
        f" VOC 2007 = {percent(voc.voc2007)}, VOC 2010 = {percent(voc.voc2010)} "
        "(boxes in whole pixels, difficult objects left out, classes without objects too)",
        f" mAP@{report.iou_thresh:.2f} of other pictures like these {pictures}: between "
        f"{percent(between.low)} and {percent(between.high)} ({LEVEL:.0%} of "
        "bootstrap samples, area under the curve)",
    ]


def _class_lines(report: MapReport, study: Study, names: Sequence[str]) -> list[str]:
    rows = [["class", *_COLUMNS]]
    for name, it in zip(names, study.classes, strict=True):
        shares = (it.precision, it.recall, it.f1_score, it.average_iou)
        rows.append(
            [
                name[:_WIDEST_NAME],
                str(it.objects),
                percent(it.average_precision),
                *(f"{share:.2f}" for share in shares),
                *(str(number) for number in (it.tp, it.fp, it.fn)),
                "none" if math.isnan(it.best_thresh) else f"{it.best_thresh:.2f}",
            ]
        )
    return [
        *aligned(rows),
        f" TP, FP, FN and what follows from them: above -thresh {report.conf_thresh:g}",
    ]


def _error_lines(report: MapReport, study: Study) -> list[str]:
    errors = study.errors
    return [
        *aligned(
            [
                ["mistakes", *KINDS],
                ["how many", *(str(errors.counts[kind]) for kind in KINDS)],
                ["AP gained without", *(percent(errors.gains[kind]) for kind in KINDS)],
            ]
        ),
        f" of all detections, however unlikely, at IoU {report.iou_thresh:g} and AP = "
        f"{percent(errors.average_precision)} (COCO's); class: right place, wrong class; "
        "place: the reverse",
    ]


def _calibration_lines(study: Study) -> list[str]:
    bins = study.calibration.bins
    return aligned(
        [
            ["probability", *(f"{it.low:g}-{it.high:g}" for it in bins)],
            ["boxes", *(str(it.count) for it in bins)],
            ["of them right", *(percent(it.right) for it in bins)],
        ]
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line a row: the first column to the left, the others to the right."""
    first, *others = zip(*rows, strict=True)
    left = [cell.ljust(max(map(len, first))) for cell in first]
    right = [[cell.rjust(max(map(len, column))) for cell in column] for column in others]
    return [" " + "  ".join(cells) for cells in zip(left, *right, strict=True)]


def as_data(
    report: MapReport, study: Study, *, names: Sequence[str], pictures: Sequence[str], facts: dict
) -> dict[str, Any]:
    """All numbers as what JSON can hold; NaN becomes None.

    pictures: their paths, of those that were measured. facts: where the numbers come from.
    """
    classes = [
        {"name": name, **dataclasses.asdict(it)}
        for name, it in zip(names, study.classes, strict=True)
    ]
    return _without_nan(
        {
            **facts,
            "map": report.mean_average_precision,
            "map_interval": dataclasses.asdict(study.interval),
            "iou_thresh": report.iou_thresh,
            "thresh": report.conf_thresh,
            "points": report.points,
            "precision": report.precision,
            "recall": report.recall,
            "f1_score": report.f1_score,
            "average_iou": report.average_iou,
            "tp": report.tp,
            "fp": report.fp,
            "fn": report.fn,
            "coco": dataclasses.asdict(report.coco),
            "voc": dataclasses.asdict(study.voc),
            "classes": classes,
            "errors": dataclasses.asdict(study.errors),
            "calibration": dataclasses.asdict(study.calibration),
            "pictures": list(pictures),
            "evidence": study.evidence.as_data(),
            "visible": study.visible.as_data(),
        }
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(it) for it in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
