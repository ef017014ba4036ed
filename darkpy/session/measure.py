"""One pass of a detector over a data set, and the mAP that comes out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.inference.detector import NMS_THRESHOLD, Detections, Detector
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.measurement import Measurement

CONFIDENCE = 0.005  # of detections that enter the mAP: validate_detector_map(), src/detector.c
AT_ONCE = 8  # pictures in one pass of the network
_THREADS = 2
_AHEAD = 2 * AT_ONCE


@dataclass(frozen=True)
class Seen:
    """One picture of a data set and what was found in it. size_hw: px."""

    index: int
    size_hw: tuple[int, int]
    detections: Detections


def detect_all(
    detector: Detector,
    dataset: Dataset,
    *,
    thresh: float,
    letter_box: bool,
    nms: float = NMS_THRESHOLD,
) -> Iterator[Seen | PictureError]:
    """Detect in every picture, in order; a picture that cannot be read comes as its error."""
    waiting: list[tuple[int, np.ndarray]] = []
    for index, picture in enumerate(_pictures(dataset, detector.input.c)):
        if isinstance(picture, PictureError):
            yield picture
            continue
        waiting.append((index, picture))
        if len(waiting) == AT_ONCE:
            yield from _detect(detector, waiting, thresh, letter_box, nms)
            waiting = []
    yield from _detect(detector, waiting, thresh, letter_box, nms)


def measure(
    detector: Detector,
    dataset: Dataset,
    *,
    iou_thresh: float,
    thresh: float,
    points: int,
    letter_box: bool,
) -> Generator[Progress | str, None, Measurement]:
    """Detect in a data set; yields progress and the pictures left out, returns what came of it."""
    accumulator = MapAccumulator(
        detector.classes, iou_thresh=iou_thresh, conf_thresh=thresh, points=points
    )
    total, done = len(dataset), 0
    for seen in detect_all(detector, dataset, thresh=CONFIDENCE, letter_box=letter_box):
        done += 1
        if isinstance(seen, PictureError):
            yield f"{seen} (left out)"
            continue
        accumulator.add(
            seen.detections,
            **_objects(dataset, seen.index),
            picture_hw=seen.size_hw,
            name=dataset.path(seen.index),
        )
        yield Progress("measuring mAP", done, total)
    return accumulator.finished()


def _objects(dataset: Dataset, index: int) -> dict[str, np.ndarray]:
    """What there is in a picture, as MapAccumulator.add takes it."""
    sorts = [dataset.truths(index), dataset.ignored.of(index)]
    if dataset.difficult is not None:
        sorts.append(dataset.difficult.of(index))
    sort = np.repeat(range(len(sorts)), [len(classes) for _, classes in sorts])
    return {
        "truth_boxes": np.concatenate([boxes for boxes, _ in sorts]),
        "truth_classes": np.concatenate([classes for _, classes in sorts]),
        "crowd": sort == 1,
        "ignored": sort == 2,
    }


def _detect(
    detector: Detector,
    waiting: list[tuple[int, np.ndarray]],
    thresh: float,
    letter_box: bool,
    nms: float,
) -> Iterator[Seen]:
    pictures = [picture for _, picture in waiting]
    found = detector.detect(pictures, thresh=thresh, nms=nms, letter_box=letter_box)
    for (index, picture), detections in zip(waiting, found, strict=True):
        yield Seen(index, picture.shape[:2], detections)


def _pictures(dataset: Dataset, channels: int) -> Iterator[np.ndarray | PictureError]:
    """Decoded pictures in order, a few read ahead by other threads."""

    def read(index: int) -> np.ndarray | PictureError:
        try:
            return read_picture(dataset.path(index), channels)
        except PictureError as problem:
            return problem

    with ThreadPoolExecutor(_THREADS) as pool:
        ahead: deque[Future] = deque()
        for index in range(len(dataset)):
            ahead.append(pool.submit(read, index))
            if len(ahead) > _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
