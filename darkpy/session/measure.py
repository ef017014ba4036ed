"""One pass of a detector over a data set, and the mAP that comes out of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.loader import default_threads
from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.passes import pictures_at_once
from darkpy.inference.prepared import Prepared
from darkpy.machine.workers import made_ahead
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.measurement import Measurement

CONFIDENCE = 0.005  # of detections that enter the mAP: validate_detector_map(), src/detector.c
MEASURING = "measuring mAP"


@dataclass(frozen=True)
class Seen:
    """One picture of a data set and what was found in it. size_hw: px."""

    index: int
    size_hw: tuple[int, int]
    detections: Detections


class Pooled(Protocol):
    """Devices that share a measurement."""

    def detect_all(
        self, detector: Detector, dataset: Dataset, *, letter_box: bool
    ) -> Iterator[Seen | PictureError | Progress]:
        """As the function does, on all of them; and how far they are."""


def detect_all(
    detector: Detector,
    dataset: Dataset,
    *,
    thresh: float,
    letter_box: bool,
    nms: float | None = None,
    numbers: Sequence[int] | None = None,
) -> Iterator[Seen | PictureError]:
    """Detect in every picture, in order; a picture that cannot be read comes as its error.

    numbers: of the pictures; None: all of them.
    """
    numbers = range(len(dataset)) if numbers is None else numbers
    detector.network.reset_state()
    waiting: list[tuple[int, Prepared]] = []
    at_once = pictures_at_once(detector)
    pictures = _pictures(detector, dataset, numbers, letter_box, 2 * at_once)
    for index, picture in zip(numbers, pictures, strict=True):
        if isinstance(picture, PictureError):
            yield picture
            continue
        waiting.append((index, picture))
        if len(waiting) == at_once:
            yield from _detect(detector, waiting, thresh, nms)
            waiting = []
    if waiting:
        yield from _detect(detector, waiting, thresh, nms)


def measure(
    detector: Detector,
    dataset: Dataset,
    *,
    iou_thresh: float,
    thresh: float,
    points: int,
    letter_box: bool,
    pool: Pooled | None = None,
    numbers: Sequence[int] | None = None,
) -> Generator[Progress | str, None, Measurement]:
    """Detect in a data set; yields progress and the pictures left out, returns what came of it.

    pool: of the devices that share it, if there are several. numbers: of the pictures, if it is
    not all of them.
    """
    accumulator = MapAccumulator(
        detector.classes, iou_thresh=iou_thresh, conf_thresh=thresh, points=points
    )
    total, done = len(dataset if numbers is None else numbers), 0
    found = (
        detect_all(detector, dataset, thresh=CONFIDENCE, letter_box=letter_box, numbers=numbers)
        if pool is None
        else pool.detect_all(detector, dataset, letter_box=letter_box)
    )
    for seen in found:
        if isinstance(seen, Progress):
            yield seen
            continue
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
        if pool is None or done == total:
            yield Progress(MEASURING, done, total)
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
    detector: Detector, waiting: list[tuple[int, Prepared]], thresh: float, nms: float
) -> Iterator[Seen]:
    found = detector.detect_prepared([one for _, one in waiting], thresh=thresh, nms=nms)
    for (index, picture), detections in zip(waiting, found, strict=True):
        yield Seen(index, picture.size_hw, detections)


def _pictures(
    detector: Detector, dataset: Dataset, numbers: Sequence[int], letter_box: bool, ahead: int
) -> Iterator[Prepared | PictureError]:
    """Pictures in order, decoded and resized by other threads, so many of them ahead."""

    def prepared(index: int) -> Prepared | PictureError:
        try:
            pixels = read_picture(dataset.path(index), detector.input.c)
        except PictureError as problem:
            return problem
        return detector.prepared(pixels, letter_box)

    threads = default_threads(detector.device.type)
    yield from made_ahead(prepared, numbers, threads, ahead)
