"""OpenCV with the Darknet importer of its version 4: `import darkpy.opencv as cv2`.

    net = cv2.dnn.readNetFromDarknet("yolov4.cfg", "yolov4.weights")
    net.setInput(cv2.dnn.blobFromImage(frame, 1 / 255, (416, 416), swapRB=True))
    rows = net.forward(net.getUnconnectedOutLayersNames())

The importer's names are darkpy's, all others those of the installed OpenCV, 4 or 5. Frames are
BGR as OpenCV reads them; swapRB=True makes RGB of them.
"""

from __future__ import annotations

from typing import Any

from darkpy.machine.opencv import cv2
from darkpy.opencv import dnn
from darkpy.opencv.model import DetectionModel as dnn_DetectionModel
from darkpy.opencv.net import Net as dnn_Net
from darkpy.opencv.net import readNet, readNetFromDarknet

__all__ = ["dnn", "dnn_DetectionModel", "dnn_Net", "readNet", "readNetFromDarknet"]


def __getattr__(name: str) -> Any:
    """A name of cv2; backends and targets too, which are of no account."""
    if name.startswith("dnn_") and not hasattr(cv2, name):
        return getattr(dnn, name.removeprefix("dnn_"))
    return getattr(cv2, name)
