"""`cv2.dnn` with Darknet's importer in it: what is not defined here is the installed OpenCV's."""

from __future__ import annotations

from typing import Any

import numpy as np

from darkpy.machine.opencv import cv2
from darkpy.opencv.elements import Elements
from darkpy.opencv.model import DetectionModel
from darkpy.opencv.net import Net, readNet, readNetFromDarknet

__all__ = ["DetectionModel", "NMSBoxes", "Net", "readNet", "readNetFromDarknet"]

_IGNORED = ("DNN_BACKEND_", "DNN_TARGET_")  # some went with OpenCV 5


def NMSBoxes(*given: Any, **named: Any) -> Any:
    """OpenCV's NMSBoxes; of the numbers that it gives `i` and `i[0]` are the same.

    Scripts from before OpenCV 4.5.4 write `i[0]`, later ones `i`.
    """
    kept = cv2.dnn.NMSBoxes(*given, **named)
    return np.asarray(kept, np.int32).reshape(-1).view(Elements) if len(kept) else kept


def __getattr__(name: str) -> Any:
    """A name of cv2.dnn."""
    if name.startswith(_IGNORED) and not hasattr(cv2.dnn, name):
        return 0
    return getattr(cv2.dnn, name)
