"""Colour: hue shifted, saturation and exposure scaled, in OpenCV's 8-bit HSV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.opencv import cv2, planes

_TURN = 179  # hue levels that hue=1 shifts by: image_data_augmentation(), src/image_opencv.cpp


@dataclass(frozen=True)
class Colour:
    """hue: shift in turns. saturation, exposure: factors."""

    hue: float = 0.0
    saturation: float = 1.0
    exposure: float = 1.0

    @classmethod
    def draw(
        cls, rng: np.random.Generator, *, hue: float, saturation: float, exposure: float
    ) -> Colour:
        """Hue within +-hue; factors between 1 and the given one, every second inverted."""
        return cls(
            hue=float(rng.uniform(-hue, hue)),
            saturation=_factor(rng, saturation),
            exposure=_factor(rng, exposure),
        )

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); of a grey picture only the exposure changes.

        The hue saturates at 0 instead of turning on to red, as Darknet's does.
        """
        if self == Colour():
            return pixels
        if pixels.shape[2] == 1:
            return planes(cv2.convertScaleAbs(pixels, alpha=self.exposure))
        hue, saturation, value = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))
        if self.hue:
            hue = cv2.LUT(hue, _shifted(_TURN * self.hue))
        saturation = cv2.convertScaleAbs(saturation, alpha=self.saturation)
        value = cv2.convertScaleAbs(value, alpha=self.exposure)
        return cv2.cvtColor(cv2.merge((hue, saturation, value)), cv2.COLOR_HSV2RGB)


def _factor(rng: np.random.Generator, largest: float) -> float:
    """rand_scale(), Darknet's src/utils.c."""
    scale = float(rng.uniform(min(1.0, largest), max(1.0, largest)))
    return scale if rng.integers(2) else 1 / max(scale, np.finfo(np.float32).tiny)


def _shifted(levels: float) -> np.ndarray:
    """Table of every 8-bit level plus `levels`, rounded and held within 0..255."""
    return np.clip(np.rint(np.arange(256) + levels), 0, 255).astype(np.uint8)
