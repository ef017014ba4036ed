"""Flip: mirror half of the pictures, left to right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.machine.opencv import cv2, planes

_LEFT_RIGHT = 1


@dataclass(frozen=True)
class Flip:
    """Whether a picture is mirrored."""

    mirrored: bool = False

    @classmethod
    def draw(cls, rng: np.random.Generator, *, flip: bool) -> Flip:
        """Every second picture if flip=1."""
        return cls(mirrored=flip and bool(rng.integers(2)))

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C)."""
        return planes(cv2.flip(pixels, _LEFT_RIGHT)) if self.mirrored else pixels

    def truths(self, truths: np.ndarray) -> np.ndarray:
        """(M, 5) -> (M, 5)."""
        if not self.mirrored:
            return truths
        mirrored = truths.copy()
        np.subtract(1, truths[:, 0], out=mirrored[:, 0])
        return mirrored
