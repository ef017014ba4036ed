"""Rotation of a detector's pictures: darkpy's own, switched by rotate= in [net].

Darknet turns the pictures of classifiers only (angle=, see classifier.py) and ignores the key in
detectors, so angle= does nothing here either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.augment.crop import CropWindow, mean_colour
from darkpy.machine.opencv import cv2, planes

_CORNERS = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) / 2


@dataclass(frozen=True)
class Rotation:
    """A turn about the middle of the picture; positive degrees turn clockwise."""

    degrees: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, *, rotate: float) -> Rotation:
        """Within +-rotate degrees, every angle as likely as the other."""
        return cls(float(rng.uniform(-rotate, rotate))) if rotate else cls()

    def image(self, pixels: np.ndarray, crop: CropWindow, height: int, width: int) -> np.ndarray:
        """(H, W, C) -> (height, width, C): turned, cropped and resized in one sampling."""
        if not self.degrees:
            return crop.image(pixels, height, width)
        scale = np.array((crop.width / width, crop.height / height))
        middle = np.array(crop.picture[::-1]) / 2
        back = self._turn.T
        # Pixel centres lie at halves: input px -> crop -> turned picture -> picture.
        origin = back @ ((crop.left, crop.top) + scale / 2 - middle) + middle - 0.5
        matrix = np.column_stack((back * scale, origin))
        turned = cv2.warpAffine(
            pixels,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=mean_colour(pixels),
        )
        return planes(turned)

    def truths(self, truths: np.ndarray, picture: tuple[int, int]) -> np.ndarray:
        """(M, 5) -> (M, 5): the upright boxes around the turned ones, which may reach outside.

        picture: height and width of it.
        """
        if not self.degrees or not len(truths):
            return truths
        lengths = np.array(picture[::-1])
        corners = truths[:, None, :2] + _CORNERS * truths[:, None, 2:4]
        turned = (corners - 0.5) * lengths @ self._turn.T / lengths + 0.5
        near, far = turned.min(axis=1), turned.max(axis=1)
        return np.hstack(((near + far) / 2, far - near, truths[:, 4:])).astype(np.float32)

    @property
    def _turn(self) -> np.ndarray:
        """(2, 2) for columns x, y with y downwards."""
        cos, sin = np.cos(np.radians(self.degrees)), np.sin(np.radians(self.degrees))
        return np.array(((cos, -sin), (sin, cos)))


UNTURNED = Rotation()
