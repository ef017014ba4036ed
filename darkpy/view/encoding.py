"""Pictures as the bytes of files."""

from __future__ import annotations

import numpy as np

from darkpy.errors import OutputError
from darkpy.machine.opencv import cv2


def jpeg(pixels: np.ndarray, quality: int, name: str = "a picture") -> bytes:
    """(H, W, 3) uint8 RGB as the bytes of a JPEG file. OutputError where there can be none.

    name: what the message of the error calls it.
    """
    bgr = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)
    made, raw = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not made:
        raise OutputError(f"{name}: cannot be written as a JPEG")
    return raw.tobytes()
