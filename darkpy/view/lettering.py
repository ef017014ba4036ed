"""Letters on pictures, in OpenCV's font."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.machine.opencv import cv2
from darkpy.view.direction import from_left

_FONT = cv2.FONT_HERSHEY_DUPLEX


@dataclass(frozen=True)
class Lettering:
    """Sizes of text for one picture. height: of a capital, px; pad: around it, px."""

    height: int
    scale: float
    weight: int
    pad: int

    @classmethod
    def of(cls, height: int) -> Lettering:
        (_, unit), _ = cv2.getTextSize("H", _FONT, 1.0, 1)
        return cls(height, height / unit, max(1, round(height / 14)), max(2, height // 3))

    def width(self, text: str) -> int:
        """Of the text alone, px."""
        return cv2.getTextSize(text, _FONT, self.scale, self.weight)[0][0]

    def write(
        self, pixels: np.ndarray, text: str, left: int, base: int, colour: tuple[int, int, int]
    ) -> None:
        """Write on `pixels`; (left, base) is where the first letter stands."""
        text = from_left(text)
        cv2.putText(pixels, text, (left, base), _FONT, self.scale, colour, self.weight, cv2.LINE_AA)
