"""Shapes of GluonCV's MobileNet and of SSD on it, in their order, and values that never change.

Without torch: tests/oracle/gluon_nets/make.py reads it where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

# channels, stride of the blocks
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2))
_EXTRAS = (512, 512, 256, 256)
_ANCHORS = (4, 6, 6, 6, 4, 4)
LAYERS = 27  # of MobileNet
CLASSES = 20
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Shape = tuple[int, ...]


def body() -> Iterator[Shape]:
    """The convolutions of MobileNet 1.0, each with a batch norm behind it."""
    yield (32, 3, 3, 3)
    channels = 32
    for out, _ in (*_BLOCKS, (1024, 1)):
        yield (channels, 1, 3, 3)
        yield (out, channels, 1, 1)
        channels = out


def extras() -> Iterator[Shape]:
    """What SSD has behind it, with batch norms too."""
    channels = 1024
    for out in _EXTRAS:
        yield (out, channels, 1, 1)
        yield (out, out, 3, 3)
        channels = out


def predictors(values: int) -> Iterator[Shape]:
    """The last convolutions of SSD for scores or boxes, with biases."""
    for channels, anchors in zip((512, 1024, *_EXTRAS), _ANCHORS, strict=True):
        yield (anchors * values, channels, 3, 3)


def state_of(net: str) -> dict[str, np.ndarray]:
    """Values of RandomState(5) one after the other, by names as torchvision would have them."""
    chance = np.random.RandomState(5)
    found: dict[str, np.ndarray] = {}
    ssd = net == "ssd512"
    for number, shape in enumerate((*body(), *(extras() if ssd else ()))):
        found[f"body.{number}.0.weight"] = _weights(chance, shape)
        for field, low, high in (
            ("weight", 0.5, 1.0), ("bias", -0.2, 0.2), ("running_mean", -0.2, 0.2),
            ("running_var", 0.5, 1.5),
        ):  # fmt: skip
            values = chance.uniform(low, high, shape[0]).astype(np.float32)
            if number >= LAYERS and field == "weight":
                values = np.ones_like(values)  # of SSD's own layers mxnet keeps them so
            found[f"body.{number}.1.{field}"] = values
    if not ssd:
        last = {"fc": [(1000, 1024)]}
    else:
        last = {
            "head.classification_head.module_list.{}": list(predictors(CLASSES + 1)),
            "head.regression_head.module_list.{}": list(predictors(4)),
        }
    for name, shapes in last.items():
        for number, shape in enumerate(shapes):
            found[f"{name.format(number)}.weight"] = _weights(chance, shape)
            bias = chance.uniform(-0.2, 0.2, shape[0]).astype(np.float32)
            found[f"{name.format(number)}.bias"] = bias
    return found


def _weights(chance: np.random.RandomState, shape: Shape) -> np.ndarray:
    return (chance.standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))).astype(np.float32)


def picture(side: int) -> np.ndarray:
    """(1, 3, side, side), 0 to 1, by RandomState(4)."""
    return np.random.RandomState(4).uniform(0, 1, (1, 3, side, side)).astype(np.float32)
