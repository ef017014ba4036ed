"""OpenCV, or a sentence that says how to get it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from darkpy.errors import DarkpyError

if TYPE_CHECKING:
    import numpy as np

try:
    import cv2
except ImportError as problem:
    if "libGL" in str(problem) or "libgthread" in str(problem):
        remedy = (
            "opencv-python needs libraries of a desktop. Either `apt install libgl1 libglib2.0-0`, "
            "or `pip uninstall opencv-python; pip install opencv-python-headless`"
        )
    else:
        remedy = "`pip install opencv-python`, on a server `pip install opencv-python-headless`"
    raise DarkpyError(f"OpenCV cannot be loaded ({problem}): {remedy}") from problem

__all__ = ["cv2", "planes", "quiet"]


def planes(pixels: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) -> (H, W, C): OpenCV drops the channel axis of grey pictures."""
    return pixels if pixels.ndim == 3 else pixels[..., None]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """OpenCV says nothing for this time: what goes wrong is told in darkpy's own words."""
    talking = getattr(getattr(cv2, "utils", None), "logging", None)
    if talking is None:  # before 4.5.3
        yield
        return
    before = talking.getLogLevel()
    talking.setLogLevel(talking.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        talking.setLogLevel(before)
