"""Mixup: two pictures half and half, with the truths of both."""

from __future__ import annotations

import numpy as np

from darkpy.machine.opencv import cv2, planes

PICTURES = 2


def blend(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two (H, W, C) -> their mean (H, W, C)."""
    return planes(cv2.addWeighted(first, 0.5, second, 0.5, 0))
