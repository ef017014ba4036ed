"""Picture after picture in, one measurement out."""

from __future__ import annotations

import numpy as np

from darkpy.errors import UsageError
from darkpy.flags.shared import IOU_THRESH, THRESH
from darkpy.metrics.collected import Detected, FlatDetections, Objects
from darkpy.metrics.measurement import Measurement
from darkpy.metrics.report import MapReport


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
        conf_thresh: float = THRESH,
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
        self._parts = [FlatDetections.nothing()]
        self._names: list[str] = []

    def add(
        self,
        detections: Detected,
        truth_boxes: np.ndarray,
        truth_classes: np.ndarray,
        *,
        picture_hw: tuple[int, int],
        ignored: np.ndarray | None = None,
        crowd: np.ndarray | None = None,
        name: str = "",
    ) -> None:
        """One picture's detections, above .005 (Darknet's) and suppressed, and its objects.

        Their rows must be in `suppression.darknet_order` for Darknet's TP, FP and average IoU.
        truth_boxes (M, 4) cxcywh in the unit square, truth_classes (M,), picture_hw (h, w) px;
        ignored (M,) bool marks objects that need not be found (`difficult=` in the .data file),
        crowd (M,) bool regions that are not judged (.ign files). name: the picture's.
        """
        truth_classes = np.asarray(truth_classes, dtype=np.int64)
        nothing = np.zeros(len(truth_classes), dtype=bool)
        objects = Objects(
            boxes=truth_boxes,
            classes=truth_classes,
            ignored=nothing if ignored is None else ignored,
            crowd=nothing if crowd is None else crowd,
        )
        self._parts.append(FlatDetections.of(detections, objects, picture_hw))
        self._names.append(name)

    def finished(self) -> Measurement:
        """Everything so far."""
        return Measurement(
            FlatDetections.joined(self._parts),
            self._classes,
            self._names,
            iou_thresh=self._iou_thresh,
            conf_thresh=self._conf_thresh,
            points=self._points,
        )

    def report(self) -> MapReport:
        """Darknet's and COCO's numbers of everything so far."""
        return self.finished().report()
