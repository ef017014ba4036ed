"""Made-up detections and objects for the tests of this folder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from darkpy.metrics.collected import FlatDetections, Objects


class Found(NamedTuple):
    """What darkpy.inference.detector.Detections has and metrics read."""

    boxes: torch.Tensor
    probs: torch.Tensor


def found(rows: list[list[float]], classes: int = 1) -> Found:
    """Rows of cx cy w h and one probability a class."""
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 4 + classes)
    return Found(table[:, :4], table[:, 4:])


def objects(truths, classes, *, ignored=None, crowd=None) -> Objects:
    """Rows of cx cy w h, their classes, and which of them are no ordinary objects."""
    nothing = np.zeros(len(classes), dtype=bool)
    return Objects(
        boxes=np.array(truths, dtype=np.float32).reshape(-1, 4),
        classes=np.array(classes, dtype=np.int64),
        ignored=nothing if ignored is None else np.array(ignored),
        crowd=nothing if crowd is None else np.array(crowd),
    )


def collected(detections, truths, classes, *, size_hw=(400, 500), **kinds) -> FlatDetections:
    """One picture."""
    return FlatDetections.of(detections, objects(truths, classes, **kinds), size_hw)


def random_picture(rng: np.random.Generator, classes: int, objects: int, boxes: int):
    """Objects of all sizes and boxes near them: (Found, truth boxes (M, 4), classes (M,))."""
    size = rng.uniform(0.02, 0.5, (objects, 2))
    truths = np.column_stack((rng.uniform(0.2, 0.8, (objects, 2)), size)).astype(np.float32)
    truth_classes = rng.integers(classes, size=objects)
    nearest = rng.integers(objects, size=boxes) if objects else np.zeros(0, int)
    shaken = truths[nearest] * rng.uniform(0.93, 1.07, (len(nearest), 4))
    probs = rng.uniform(0.01, 1, (len(nearest), classes)) * (
        rng.random((len(nearest), classes)) < 0.2
    )
    probs[np.arange(len(nearest)), truth_classes[nearest]] = rng.uniform(0.3, 1, len(nearest))
    probs = probs.round(2)  # so that there are equal ones
    return (
        Found(torch.tensor(shaken, dtype=torch.float32), torch.tensor(probs, dtype=torch.float32)),
        truths,
        truth_classes,
    )


TIDE_SEEDS, TIDE_CLASSES, TIDE_SIZE_HW = range(6), 4, (400, 500)


def tide_pictures(seed: int) -> list[tuple[Found, np.ndarray, np.ndarray]]:
    """Sixteen pictures with mistakes of every kind, and no two probabilities alike."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in rng.integers(0, 12, 16):
        own, boxes, classes = random_picture(rng, TIDE_CLASSES, int(number), 3 * int(number))
        shaken = own.boxes.numpy() * rng.uniform(0.75, 1.25, own.boxes.shape)
        probs = own.probs.numpy()
        probs = np.where(rng.random((len(probs), 1)) < 0.2, np.roll(probs, 1, axis=1), probs)
        probs = np.where(probs > 0, probs + rng.uniform(0, 0.005, probs.shape), 0)
        pictures.append(
            (Found(torch.tensor(shaken).float(), torch.tensor(probs).float()), boxes, classes)
        )
    return pictures
