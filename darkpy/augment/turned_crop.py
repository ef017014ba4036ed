"""The crop of classifiers: scaled, turned, with another aspect, at a random place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from darkpy.augment.colour import factor
from darkpy.machine.opencv import cv2, planes


@dataclass(frozen=True)
class TurnedCrop:
    """A square window of `size` px.

    scale: px of the window for each of the picture. aspect: factor on the height over the width.
    radians: clockwise turn of the window. dx, dy: from the middle of the picture to its own, px of
    the window.
    """

    size: int
    scale: float
    aspect: float
    radians: float
    dx: float
    dy: float

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        picture: tuple[int, int],
        size: int,
        *,
        angle: float,
        aspect: float,
        min_crop: int,
        max_crop: int,
    ) -> TurnedCrop:
        """The shorter side is scaled to min_crop..max_crop px; random_augment_image(), image.c."""
        high, wide = picture
        stretched = factor(rng, aspect)
        shorter = high if high < wide * stretched else int(wide * stretched)
        scale = int(rng.integers(min_crop, max_crop, endpoint=True)) / max(1, shorter)
        radians = math.radians(rng.uniform(-angle, angle))
        room_x = max(0.0, (wide * scale / stretched - size) / 2)
        room_y = max(0.0, (high * scale - size) / 2)
        dx, dy = rng.uniform(-room_x, room_x), rng.uniform(-room_y, room_y)
        return cls(size, scale, stretched, radians, float(dx), float(dy))

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (size, size, C), bilinear; black outside. rotate_crop_image(), image.c."""
        matrix = self._matrix(*pixels.shape[:2])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return planes(cv2.warpAffine(pixels, matrix, (self.size, self.size), flags=flags))

    def _matrix(self, high: int, wide: int) -> np.ndarray:
        """(2, 3): px of the window -> px of the picture."""
        cos, sin = math.cos(self.radians), math.sin(self.radians)
        turn = np.array(((cos, -sin), (sin, cos)))
        steps = np.array((self.aspect / self.scale, 1 / self.scale))
        begin = (np.array((self.dx, self.dy)) - self.size / 2) * steps
        return np.column_stack((turn * steps, turn @ begin + np.array((wide, high)) / 2))
