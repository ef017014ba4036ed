"""From all detections and objects of a data set to the numbers of `detector map`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from darkpy.metrics.average_precision import average_precision, precision_recall
from darkpy.metrics.coco import coco_report
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.matching import match
from darkpy.metrics.report import ClassReport, MapReport
from darkpy.metrics.study import Study


class Measurement:
    """Which detections found which objects, by Darknet's rule; `report` and `study` look at it."""

    def __init__(
        self,
        all_: FlatDetections,
        classes: int,
        pictures: Sequence[str],
        *,
        iou_thresh: float,
        conf_thresh: float,
        points: int,
    ) -> None:
        self.all, self.classes, self.pictures = all_, classes, tuple(pictures)
        self.iou_thresh, self.conf_thresh, self.points = iou_thresh, conf_thresh, points
        self.found = match(all_, iou_thresh=iou_thresh)
        # a detection of an ignored object counts as FP here, though not in the curve: as in the C
        # program, which knows no crowds
        self._confident = (all_.probs > np.float32(conf_thresh)) & ~self.found.crowded
        self._right = self._confident & (self.found.truths >= 0) & ~self.found.repeats

    def study(self, report: MapReport) -> Study:
        """All else that there is to know."""
        return Study.of(report, self.all, self.found)

    def report(self) -> MapReport:
        """validate_detector_map(), Darknet's src/detector.c."""
        truth_classes = self.all.truth_classes[self.all.counted]
        objects = np.bincount(truth_classes, minlength=self.classes)
        ious = self.found.ious[self._right]
        # float32 and one after the other, for the digits that the C program prints
        total_iou = np.cumsum(ious, dtype=np.float32)[-1] if len(ious) else 0
        return MapReport(
            classes=tuple(self._class_reports(objects)),
            iou_thresh=self.iou_thresh,
            conf_thresh=self.conf_thresh,
            points=self.points,
            detections_count=int(np.count_nonzero(~self.found.ignored)),
            unique_truth_count=len(truth_classes),
            average_iou=float(total_iou / max(np.count_nonzero(self._confident), 1)),
            to_coco=partial(coco_report, self.all, self.classes),
        )

    def _class_reports(self, objects: np.ndarray) -> Iterator[ClassReport]:
        """objects (K,): how many there are."""
        order = self.all.by_class
        bounds = np.searchsorted(self.all.classes[order], np.arange(self.classes + 1)).tolist()
        for number, (begin, end) in zip(objects.tolist(), pairwise(bounds), strict=True):
            own = order[begin:end]
            counted = own[~self.found.ignored[own]]
            curve = precision_recall(self.all.probs[counted], self.found.truths[counted], number)
            tp = int(np.count_nonzero(self._right[own]))
            yield ClassReport(
                average_precision=average_precision(curve, self.points),
                tp=tp,
                fp=int(np.count_nonzero(self._confident[own])) - tp,
                truths=number,
                curve=curve,
            )
