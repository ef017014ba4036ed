"""Noise: Gaussian, of every second picture.

The noise of all pictures is read from one long field, each from a place of its own: drawing half a
million normal numbers for every picture takes longer than decoding it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from darkpy.machine.opencv import cv2, planes

FIELD = 2**22  # values of the field: at most so many pictures differ
_STRONGEST = 127
_KEY = 0x6461726B  # of the field's own random numbers


@dataclass(frozen=True)
class Noise:
    """deviation: in grey levels, 0 is none. start: where in the field the noise begins."""

    deviation: int = 0
    start: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, *, gaussian_noise: int) -> Noise:
        """Every second picture if gaussian_noise= is given."""
        if not gaussian_noise or not rng.integers(2):
            return cls()
        return cls(strongest(gaussian_noise), int(rng.integers(FIELD)))

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); value n, row by row, gets the field's value start + n."""
        if not self.deviation:
            return pixels
        noise = field(self.deviation)[self.start : self.start + pixels.size]
        while noise.size < pixels.size:
            rest = pixels.size - noise.size
            noise = np.concatenate((noise, field(self.deviation)[:rest]))
        return planes(cv2.add(pixels, noise.reshape(pixels.shape)))


def strongest(gaussian_noise: int) -> int:
    """The deviation that gaussian_noise= gives."""
    return min(gaussian_noise, _STRONGEST)


@lru_cache(maxsize=2)
def field(deviation: int) -> np.ndarray:
    """(FIELD,) uint8: normal numbers, rounded. Those below zero are zero.

    Darknet draws the noise in 8 bits without sign, so it only ever brightens.
    """
    rng = np.random.Generator(np.random.Philox(key=_KEY))
    levels = rng.standard_normal(FIELD, dtype=np.float32)
    levels *= deviation
    np.rint(levels, out=levels)
    made = np.clip(levels, 0, 255).astype(np.uint8)
    made.flags.writeable = False
    return made
