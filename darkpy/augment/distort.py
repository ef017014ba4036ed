"""SSD's colours: brightness, contrast, saturation and hue, each of every second picture.

After every step levels are cut to 0..255, as the original's 8-bit pictures are: that is why it
matters whether the contrast comes before saturation and hue or after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.machine.opencv import cv2, planes

BRIGHTNESS = 32.0  # grey levels, both ways
LEAST, MOST = 0.5, 1.5  # factors of contrast and saturation
HUE = 18.0  # degrees, both ways
WHITE = 255

_GREY = np.array((0.299, 0.587, 0.114))
# RGB -> brightness and two axes of colour (YIQ of the NTSC standard), in which a hue is an angle.
_YIQ = np.array((_GREY, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)))
_RGB = np.linalg.inv(_YIQ)


@dataclass(frozen=True)
class Distort:
    """brightness: grey levels added. contrast, saturation: factors. hue: degrees.

    contrast_first: the contrast is changed before saturation and hue, not after.
    """

    brightness: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0
    contrast_first: bool = True

    @classmethod
    def draw(cls, rng: np.random.Generator, *, ssd_distort: bool) -> Distort:
        """Each with a coin of its own if ssd_distort=1; GluonCV's random_color_distort()."""
        if not ssd_distort:
            return PLAIN
        coins = rng.integers(2, size=5).astype(bool).tolist()
        ranges = ((-BRIGHTNESS, BRIGHTNESS), (LEAST, MOST), (LEAST, MOST), (-HUE, HUE))
        drawn = [float(rng.uniform(*ends)) for ends in ranges]
        idle = (0.0, 1.0, 1.0, 0.0)
        values = [new if coin else old for coin, new, old in zip(coins, drawn, idle, strict=False)]
        return cls(*values, contrast_first=coins[-1])

    @property
    def neutral(self) -> bool:
        """Whether nothing changes."""
        return self.brightness == 0 and self.contrast == self.saturation == 1 and self.hue == 0

    def image(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, C) -> (H, W, C); of a grey picture only brightness and contrast change."""
        if self.neutral:
            return pixels
        if pixels.shape[2] == 1:
            return planes(cv2.LUT(pixels, self.grey_levels()))
        pixels = cv2.LUT(pixels, self.levels())
        if self.saturation != 1 or self.hue or not self.contrast_first:
            pixels = cv2.transform(pixels, self.matrix())
        return pixels if self.ceiling == WHITE else cv2.min(pixels, (self.ceiling,) * 3)

    def levels(self) -> np.ndarray:
        """What becomes of every level before colours are mixed, (256,) uint8."""
        brighter = np.clip(np.arange(WHITE + 1) + self.brightness, 0, WHITE)
        return _cut(brighter * self.contrast if self.contrast_first else brighter)

    def matrix(self) -> np.ndarray:
        """(3, 3) float32 for columns of red, green, blue: saturation, hue, a contrast after them.

        Cutting and then scaling is scaling and then cutting at `ceiling`: one rounding, not two.
        """
        cos, sin = np.cos(np.radians(self.hue)), np.sin(np.radians(self.hue))
        turn = np.array(((1, 0, 0), (0, cos, -sin), (0, sin, cos)))
        fade = self.saturation * np.eye(3) + (1 - self.saturation) * _GREY
        factor = 1.0 if self.contrast_first else self.contrast
        return (factor * _RGB @ turn @ _YIQ @ fade).astype(np.float32)

    @property
    def ceiling(self) -> int:
        """The brightest level that a contrast below 1, coming last, leaves."""
        return WHITE if self.contrast_first else round(min(1.0, self.contrast) * WHITE)

    def grey_levels(self) -> np.ndarray:
        """What becomes of every level of a picture without colours, (256,) uint8."""
        brighter = np.clip(np.arange(WHITE + 1) + self.brightness, 0, WHITE)
        return _cut(brighter * self.contrast)


def _cut(levels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(levels), 0, WHITE).astype(np.uint8)


PLAIN = Distort()
