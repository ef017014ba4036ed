"""A window with a picture, where there is a screen; silence where there is none."""

from __future__ import annotations

import os
import sys

import numpy as np

from darkpy.machine.opencv import cv2

_LEAVE_KEYS = (27, ord("q"))  # Esc, as in the C program


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


class FilmWindow:
    """A window in which frames follow each other, where there is a screen.

    open: whether there is one; not where nobody sits, nor after its user has closed it.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.open = _has_screen()
        self._shown = False

    def show(self, pixels: np.ndarray) -> bool:
        """Show (H, W, 3) uint8 RGB for now; False if Esc or q was pressed or the window closed."""
        if not self.open:
            return True
        try:
            if self._shown and cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) == 0:
                self.open = False
                return False
            cv2.imshow(self.title, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
            self._shown = True
            return cv2.waitKey(1) & 0xFF not in _LEAVE_KEYS
        except cv2.error:  # opencv-python-headless has no windows
            self.open = False
            return True

    def close(self) -> None:
        """Take it off the screen."""
        if self._shown and self.open:
            cv2.destroyWindow(self.title)


def _has_screen() -> bool:
    """Whether someone sits there: OpenCV ends the whole process where X11 is missing."""
    if not sys.stdout.isatty():
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
