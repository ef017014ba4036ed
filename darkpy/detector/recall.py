"""`detector recall`: how many objects of the valid= list are found, whatever their class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from darkpy.data.dataset import read_dataset
from darkpy.errors import PictureError
from darkpy.events import Ended
from darkpy.flags.detector import RecallFlags
from darkpy.inference.suppression import suppress
from darkpy.metrics.recall import Recall
from darkpy.session.measure import detect_all
from darkpy.session.project import open_detector

NMS_THRESHOLD = 0.4  # same place; by the objectness, all classes as one, by plain IoU


def run(
    data: str,
    cfg: str,
    weights: str,
    **flags: Any,
) -> Iterator[object]:
    """Yield Darknet's line a picture: its number, found, objects, boxes a picture, IoU, recall.

    flags: those of RecallFlags.
    """
    asked = RecallFlags(**flags)
    project, detector = open_detector(data, cfg, weights, asked)
    yield from project.warnings
    project.data.require("valid")
    dataset = read_dataset(project.data.file("valid"), project.data, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    recall, left_out = Recall(asked.iou_thresh), 0
    for seen in detect_all(
        detector, dataset, thresh=asked.thresh, letter_box=asked.letter_box, nms=0
    ):
        if isinstance(seen, PictureError):
            left_out += 1
            yield f"{seen} (left out)"
            continue
        found = seen.detections
        offered = suppress(found.boxes, found.objectness[:, None], threshold=NMS_THRESHOLD)[:, 0]
        truths, _ = dataset.truths(seen.index)
        yield recall.add(found.boxes[offered > 0], truths)
    if project.data.measured_on:
        yield project.data.measured_on
    if left_out:
        yield Ended(PictureError.exit_status)
