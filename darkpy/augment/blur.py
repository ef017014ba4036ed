"""Blur: of the whole picture, or of everything but the objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.augment.truths import shortest_side_px
from darkpy.machine.opencv import cv2, planes

BACKGROUND = 1
BACKGROUND_SIZE = 17  # px: image_data_augmentation(), Darknet's src/image_opencv.cpp
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
        if self.kernel <= BACKGROUND:
            return self
        most = shortest_side_px(truths, height, width) // _SIDE_PER_KERNEL
        return Blur(most) if self.kernel > max(BACKGROUND, most) else self

    def image(self, pixels: np.ndarray, truths: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); truths (M, 5) mark what stays sharp if only the rest blurs."""
        if not self.kernel:
            return pixels
        blurred = planes(cv2.GaussianBlur(pixels, (self.size, self.size), 0))
        if self.kernel == BACKGROUND:
            for left, top, right, bottom in self.sharp(truths, *pixels.shape[:2]).tolist():
                blurred[top:bottom, left:right] = pixels[top:bottom, left:right]
        return blurred

    @property
    def size(self) -> int:
        """Side of the Gaussian's kernel in px, odd; 1 is no blur."""
        if self.kernel == BACKGROUND:
            return BACKGROUND_SIZE
        return self.kernel // 2 * 2 + 1

    def sharp(self, truths: np.ndarray, height: int, width: int) -> np.ndarray:
        """Truths (M, 5) -> left top right bottom of what stays sharp, (M, 4) int, px."""
        centre, size = truths[:, :2].astype(np.float64), truths[:, 2:4].astype(np.float64)
        lengths = (width, height)
        near = np.trunc((centre - size / 2) * lengths)
        far = near + np.trunc(size * lengths)
        return np.maximum(np.hstack((near, far)), 0).astype(np.int64)
