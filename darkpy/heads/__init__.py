"""The kinds with a loss: raw values with truths -> loss, and of detectors raw values -> boxes."""

import darkpy.heads.yolo.head  # noqa: F401 - registers [yolo]
from darkpy.heads import (
    contrastive,
    cost,
    detection,
    gaussian_yolo,
    region,
    retina,
    softmax,
    ssd,
    yolo,
)

__all__ = [
    "contrastive",
    "cost",
    "detection",
    "gaussian_yolo",
    "region",
    "retina",
    "softmax",
    "ssd",
    "yolo",
]
