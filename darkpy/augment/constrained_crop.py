"""SSD's crop: a part of the picture that overlaps the objects as much as was drawn.

For every overlap of ssd_crop=, and once for none at all, up to 50 windows are tried; of the first
that fits each, and the whole picture, one is taken at random: GluonCV's
random_crop_with_constraints().
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.augment.crop import CropWindow
from darkpy.machine.opencv import cv2

TRIES = 50
SMALLEST = 0.3  # share of the sides, before the aspect changes
LARGEST_ASPECT = 2.0
KERNELS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}


@dataclass(frozen=True)
class ConstrainedCrop(CropWindow):
    """A window whose truths are those with their centre in it. kernel: of OpenCV's resize."""

    kernel: int = cv2.INTER_LINEAR

    @classmethod
    def drawn(
        cls,
        rng: np.random.Generator,
        canvas: CropWindow,
        truths: np.ndarray,
        *,
        overlaps: Sequence[float],
    ) -> ConstrainedCrop:
        """A window of the canvas around a picture that has these truths (M, 5).

        Without truths it is all of the canvas.
        """
        windows = np.array([(0, 0, canvas.width, canvas.height)])
        if len(truths):
            boxes = _corners_px(truths, canvas)
            windows = np.vstack((windows, _fitting(rng, canvas, boxes, overlaps)))
            windows = windows[_with_centres(windows, boxes).any(axis=1)]
        chosen = windows[rng.integers(len(windows))] if len(windows) else (0, 0, *_size(canvas))
        kernel = list(KERNELS.values())[rng.integers(len(KERNELS))]
        left, top, right, bottom = map(int, chosen)
        size = right - left, bottom - top
        return cls(canvas.left + left, canvas.top + top, *size, canvas.picture, kernel)

    def kept(self, truths: np.ndarray) -> np.ndarray:
        """Truths (M, 5) of the picture -> those (M', 5) with their centre in the window."""
        window = np.array([(0, 0, self.width, self.height)])
        return truths[_with_centres(window, _corners_px(truths, self))[0]]


def _size(window: CropWindow) -> tuple[int, int]:
    return window.width, window.height


def _corners_px(truths: np.ndarray, window: CropWindow) -> np.ndarray:
    """Truths (M, 5) of the picture -> left top right bottom (M, 4) in px of a window."""
    lengths = np.array(window.picture[::-1], np.float64)
    centre = truths[:, :2] * lengths - (window.left, window.top)
    half = truths[:, 2:4] * lengths / 2
    return np.hstack((centre - half, centre + half))


def _with_centres(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) -> (N, M) bool: whether the middle of a box lies in a window."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return ((windows[:, None, :2] < middle) & (middle < windows[:, None, 2:])).all(axis=2)


def _fitting(
    rng: np.random.Generator, canvas: CropWindow, boxes: np.ndarray, overlaps: Sequence[float]
) -> np.ndarray:
    """The first window (left top right bottom) that fits each overlap, where one does: (N, 4)."""
    tries = _windows(rng, (len(overlaps) + 1) * TRIES, canvas)
    least = np.array((*overlaps, 0.0))
    shares = _ious(tries, boxes).min(axis=1).reshape(len(least), TRIES)
    fits = shares >= least[:, None]
    first = fits.argmax(axis=1) + TRIES * np.arange(len(least))
    return tries[first[fits.any(axis=1)]]


def _windows(rng: np.random.Generator, count: int, canvas: CropWindow) -> np.ndarray:
    """Windows of the canvas, px, (count, 4): any place, scale and aspect that it has room for."""
    scale = rng.uniform(SMALLEST, 1, count)
    flattest = np.maximum(1 / LARGEST_ASPECT, scale**2)
    aspect = rng.uniform(flattest, np.minimum(LARGEST_ASPECT, 1 / scale**2))
    stretch = np.sqrt(aspect)
    shares = np.column_stack((scale * stretch, scale / stretch))
    room = np.array(_size(canvas))
    sides = np.clip((shares * room).astype(np.int64), 1, room)
    near = rng.integers(room - sides, endpoint=True)
    return np.hstack((near, near + sides))


def _ious(windows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) left top right bottom -> IoU (N, M).

    Column by column: arithmetic along a last dimension of 2 is several times slower.
    """
    left, top, right, bottom = windows.astype(np.float64).T[:, :, None]
    wide = np.minimum(right, boxes[:, 2]) - np.maximum(left, boxes[:, 0])
    high = np.minimum(bottom, boxes[:, 3]) - np.maximum(top, boxes[:, 1])
    common = np.maximum(wide, 0) * np.maximum(high, 0)
    union = (right - left) * (bottom - top) - common
    union += (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return common / union
