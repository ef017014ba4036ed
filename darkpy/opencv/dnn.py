"""`cv2.dnn` with Darknet's importer in it: what is not defined here is the installed OpenCV's."""

from __future__ import annotations

from typing import Any

from darkpy.machine.opencv import cv2
from darkpy.opencv.model import DetectionModel
from darkpy.opencv.net import Net, readNet, readNetFromDarknet

__all__ = ["DetectionModel", "Net", "readNet", "readNetFromDarknet"]

_IGNORED = ("DNN_BACKEND_", "DNN_TARGET_")  # some went with OpenCV 5


def __getattr__(name: str) -> Any:
    """A name of cv2.dnn."""
    if name.startswith(_IGNORED) and not hasattr(cv2.dnn, name):
        return 0
    return getattr(cv2.dnn, name)
