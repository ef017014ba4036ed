"""Colour: hue shifted, saturation and exposure scaled, in OpenCV's 8-bit HSV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.machine.opencv import cv2, planes

_TURN = 179  # hue levels that hue=1 shifts by: image_data_augmentation(), src/image_opencv.cpp
_NEAR_A_HALF = 1e-3  # shifts by which levels in float32 may be rounded to either side
_LEVELS = np.arange(256, dtype=np.float32)


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
            saturation=factor(rng, saturation),
            exposure=factor(rng, exposure),
        )

    @property
    def neutral(self) -> bool:
        """Whether nothing changes; the way to 8-bit HSV and back alone would."""
        return self.hue == 0 and self.saturation == self.exposure == 1

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); of a grey picture only the exposure changes.

        The hue saturates at 0 instead of turning on to red, as Darknet's does.
        """
        if self.neutral:
            return pixels
        if pixels.shape[2] == 1:
            return planes(cv2.LUT(pixels, self.tables()[2]))
        hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
        parts = list(np.empty((3, *hsv.shape[:2]), np.uint8))
        cv2.split(hsv, parts)  # into memory that is there: a fourth of the time
        self._change(*parts)
        return cv2.cvtColor(cv2.merge(parts, hsv), cv2.COLOR_HSV2RGB)

    def _change(self, hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> None:
        """As `tables` says, in place: added to and multiplied, in a third of a look-up's time."""
        shift = _TURN * self.hue
        if abs(shift % 1 - 0.5) < _NEAR_A_HALF:
            cv2.LUT(hue, self.tables()[0], hue)
        else:
            cv2.add(hue, float(round(shift)), hue)
        cv2.convertScaleAbs(saturation, saturation, self.saturation)
        cv2.convertScaleAbs(value, value, self.exposure)

    def turned(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C) as for classifiers: in floating point, and the hue goes round.

        distort_image(), Darknet's src/image.c.
        """
        if self.neutral:
            return pixels
        if pixels.shape[2] == 1:
            return self.image(pixels)
        hsv = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0] + 360 * self.hue) % 360
        hsv[..., 1:] *= np.float32((self.saturation, self.exposure))
        rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        return np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)

    def tables(self) -> np.ndarray:
        """What becomes of every level of hue, saturation and value, (3, 256) uint8."""
        changed = np.empty((3, 256), np.float32)
        np.add(_LEVELS, _TURN * self.hue, out=changed[0])
        np.multiply(_LEVELS, np.float32((self.saturation, self.exposure))[:, None], out=changed[1:])
        np.rint(changed, out=changed)
        np.maximum(changed, 0, out=changed)
        return np.minimum(changed, 255, out=changed).astype(np.uint8)


def factor(rng: np.random.Generator, largest: float) -> float:
    """Between 1 and `largest`, every second time inverted; rand_scale(), Darknet's src/utils.c."""
    scale = float(rng.uniform(min(1.0, largest), max(1.0, largest)))
    return scale if rng.integers(2) else 1 / max(scale, np.finfo(np.float32).tiny)
