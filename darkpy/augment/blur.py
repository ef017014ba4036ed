"""Blur: of the whole picture, or of everything but the objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.augment.truths import shortest_side_px
from darkpy.opencv import cv2, planes

BACKGROUND = 1
_BACKGROUND_KERNEL = 17  # px: image_data_augmentation(), Darknet's src/image_opencv.cpp
_SIDE_PER_KERNEL = 8  # an object shorter than so many kernels limits the blur


@dataclass(frozen=True)
class Blur:
    """kernel: 0 none, 1 the background, more the whole picture with a Gaussian of that many px."""

    kernel: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, *, blur: int) -> Blur:
        """With blur=: a third stays sharp, a third has its background blurred, a third all."""
        return cls((0, BACKGROUND, blur)[rng.integers(3)] if blur else 0)

    def limited(self, truths: np.ndarray, height: int, width: int) -> Blur:
        """As much blur of the whole as the smallest object stands; without objects none."""
        most = shortest_side_px(truths, height, width) // _SIDE_PER_KERNEL
        return Blur(most) if self.kernel > max(BACKGROUND, most) else self

    def image(self, pixels: np.ndarray, truths: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); truths (M, 5) mark what stays sharp if only the rest blurs."""
        if not self.kernel:
            return pixels
        if self.kernel != BACKGROUND:
            return _gaussian(pixels, self.kernel // 2 * 2 + 1)
        height, width = pixels.shape[:2]
        blurred = _gaussian(pixels, _BACKGROUND_KERNEL)
        for x, y, w, h in truths[:, :4].tolist():
            left, top = int((x - w / 2) * width), int((y - h / 2) * height)
            rows = slice(max(0, top), max(0, top + int(h * height)))
            columns = slice(max(0, left), max(0, left + int(w * width)))
            blurred[rows, columns] = pixels[rows, columns]
        return blurred


def _gaussian(pixels: np.ndarray, kernel: int) -> np.ndarray:
    return planes(cv2.GaussianBlur(pixels, (kernel, kernel), 0))
