"""A window with a picture, where there is a screen; silence where there is none."""

from __future__ import annotations

import os
import sys

import numpy as np

from darkpy.machine.opencv import cv2


def show_picture(title: str, pixels: np.ndarray) -> bool:
    """Show (H, W, 3) uint8 RGB until a key is pressed; False if no window can be opened."""
    if not _has_screen():
        return False
    try:
        cv2.imshow(title, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        cv2.waitKey(0)
        cv2.destroyWindow(title)
    except cv2.error:
        return False  # opencv-python-headless has no windows
    return True


def _has_screen() -> bool:
    """Whether someone sits there: OpenCV ends the whole process where X11 is missing."""
    if not sys.stdout.isatty():
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
