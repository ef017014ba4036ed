"""Noise: Gaussian, of every second picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.opencv import cv2, planes

_STRONGEST = 127
_SEEDS = 2**31 - 1


@dataclass(frozen=True)
class Noise:
    """deviation: in grey levels, 0 is none. seed: of the noise itself."""

    deviation: int = 0
    seed: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, *, gaussian_noise: int) -> Noise:
        """Every second picture if gaussian_noise= is given."""
        if not gaussian_noise or not rng.integers(2):
            return cls()
        return cls(min(gaussian_noise, _STRONGEST), int(rng.integers(_SEEDS)))

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C).

        Darknet draws the noise in 8 bits without sign, so it only ever brightens.
        """
        if not self.deviation:
            return pixels
        # OpenCV keeps one generator per thread, so this is reproducible in any thread.
        cv2.setRNGSeed(self.seed)
        noise = np.empty_like(pixels)
        channels = pixels.shape[2]
        cv2.randn(noise, (0,) * channels, (self.deviation,) * channels)
        return planes(cv2.add(pixels, noise))
