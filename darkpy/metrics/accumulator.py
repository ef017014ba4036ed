"""Picture after picture in, one report out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from darkpy.errors import UsageError
from darkpy.metrics.average_precision import average_precision, precision_recall
from darkpy.metrics.coco import coco_report
from darkpy.metrics.collected import Collected, Detected, Objects
from darkpy.metrics.matching import Matches, match
from darkpy.metrics.report import ClassReport, MapReport

CONF_THRESH = 0.25  # -thresh: which detections count as TP and FP; src/detector.c
IOU_THRESH = 0.5  # -iou_thresh


class MapAccumulator:
    """Collects detections and objects of pictures; `report` says how good the detections are.

    classes K; points as in `-points`: 0 area under the curve, else the number of recalls (11, 101).
    Raises UsageError for points that make no curve.
    """

    def __init__(
        self,
        classes: int,
        *,
        iou_thresh: float = IOU_THRESH,
        conf_thresh: float = CONF_THRESH,
        points: int = 0,
    ):
        if points < 0 or points == 1:
            raise UsageError(
                f"-points {points} is no number of recalls; right are 0 (area under the curve), "
                "11 (PASCAL VOC 2007) and 101 (COCO)"
            )
        self._classes = classes
        self._iou_thresh = iou_thresh
        self._conf_thresh = conf_thresh
        self._points = points
        self._parts: list[Collected] = []
        self._add_empty_picture()

    def _add_empty_picture(self) -> None:
        """Nothing that counts, so that there is always a picture to report about."""
        nothing = _Nothing(torch.zeros(0, 4), torch.zeros(0, self._classes))
        self.add(nothing, np.zeros((0, 4)), np.zeros(0), picture_size=(1, 1))

    def add(
        self,
        detections: Detected,
        truth_boxes: np.ndarray,
        truth_classes: np.ndarray,
        *,
        picture_size: tuple[int, int],
        ignored: np.ndarray | None = None,
        crowd: np.ndarray | None = None,
    ) -> None:
        """One picture's detections, above .005 (Darknet's) and suppressed, and its objects.

        Their rows must be in `suppression.darknet_order` for Darknet's TP, FP and average IoU.
        truth_boxes (M, 4) cxcywh in the unit square, truth_classes (M,), picture_size (h, w) px;
        ignored (M,) bool marks objects that need not be found (`difficult=` in the .data file),
        crowd (M,) bool regions that are not judged (.ign files).
        """
        truth_classes = np.asarray(truth_classes, dtype=np.int64)
        nothing = np.zeros(len(truth_classes), dtype=bool)
        objects = Objects(
            boxes=truth_boxes,
            classes=truth_classes,
            ignored=nothing if ignored is None else ignored,
            crowd=nothing if crowd is None else crowd,
        )
        self._parts.append(Collected.of(detections, objects, picture_size))

    def report(self) -> MapReport:
        """Everything so far; validate_detector_map(), Darknet's src/detector.c."""
        all_ = Collected.joined(self._parts)
        found = match(all_, iou_thresh=self._iou_thresh)
        truth_classes = all_.truth_classes[all_.counted]
        # a detection of an ignored object counts as FP here, though not in the curve: as in the C
        # program, which knows no crowds
        confident = (all_.probs > np.float32(self._conf_thresh)) & ~found.crowded
        right = confident & (found.truths >= 0) & ~found.repeats
        objects = np.bincount(truth_classes, minlength=self._classes)
        ious = found.ious[right]
        # float32 and one after the other, for the digits that the C program prints
        total_iou = np.cumsum(ious, dtype=np.float32)[-1] if len(ious) else 0
        return MapReport(
            classes=tuple(
                self._class_report(all_, found, confident, right, k, int(objects[k]))
                for k in range(self._classes)
            ),
            iou_thresh=self._iou_thresh,
            conf_thresh=self._conf_thresh,
            points=self._points,
            detections_count=int(np.count_nonzero(~found.ignored)),
            unique_truth_count=len(truth_classes),
            average_iou=float(total_iou / max(np.count_nonzero(confident), 1)),
            coco=coco_report(all_, self._classes),
        )

    def _class_report(
        self,
        all_: Collected,
        found: Matches,
        confident: np.ndarray,
        right: np.ndarray,
        k: int,
        objects: int,
    ) -> ClassReport:
        own = all_.classes == k
        tp = int(np.count_nonzero(own & right))
        counted = own & ~found.ignored
        curve = precision_recall(all_.probs[counted], found.truths[counted], objects)
        return ClassReport(
            average_precision=average_precision(curve, self._points),
            tp=tp,
            fp=int(np.count_nonzero(own & confident)) - tp,
            truths=objects,
            curve=curve,
        )


class _Nothing(NamedTuple):
    boxes: Tensor
    probs: Tensor
