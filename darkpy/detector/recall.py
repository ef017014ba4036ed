"""`detector recall`: how many objects of the valid= list are found, whatever their class."""

from __future__ import annotations

from collections.abc import Iterator

from darkpy.data.dataset import read_dataset
from darkpy.errors import PictureError
from darkpy.inference.suppression import suppress
from darkpy.metrics.recall import Recall
from darkpy.session.measure import detect_all
from darkpy.session.project import open_detector

CONFIDENCE = 0.001  # of the objectness: validate_detector_recall(), src/detector.c
NMS_THRESHOLD = 0.4  # same place; by the objectness, all classes as one, by plain IoU


def run(
    data: str,
    cfg: str,
    weights: str,
    *,
    thresh: float = CONFIDENCE,
    iou_thresh: float = 0.5,
    letter_box: bool = False,
    i: int = 0,
    nogpu: bool = False,
) -> Iterator[object]:
    """Yield Darknet's line a picture: its number, found, objects, boxes a picture, IoU, recall."""
    project, detector = open_detector(data, cfg, weights, i=i, nogpu=nogpu)
    yield from project.warnings
    project.data.require("valid")
    dataset = read_dataset(project.data.resolve(project.data.valid), project.data, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    recall = Recall(iou_thresh)
    for seen in detect_all(detector, dataset, thresh=thresh, letter_box=letter_box, nms=0):
        if isinstance(seen, PictureError):
            yield f"{seen} (left out)"
            continue
        found = seen.detections
        offered = suppress(found.boxes, found.objectness[:, None], threshold=NMS_THRESHOLD)[:, 0]
        truths, _ = dataset.truths(seen.index)
        yield recall.add(found.boxes[offered > 0], truths)
