"""Lines of text in the corner of a frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkpy.machine.opencv import cv2
from darkpy.view.lettering import Lettering

_LEAST_PX, _OF_HEIGHT = 9, 1 / 24  # of a capital
_DARKER = 4
_WHITE = (255, 255, 255)


def captioned(pixels: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """A copy of a frame (H, W, C) uint8 with three channels and lines at its upper left."""
    if pixels.shape[2] == 1:
        drawn = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    else:
        drawn = np.array(pixels, order="C")
    if not lines:
        return drawn
    lettering = Lettering.of(max(_LEAST_PX, round(pixels.shape[0] * _OF_HEIGHT)))
    step = lettering.height + 2 * lettering.pad
    wide = max(map(lettering.width, lines)) + 2 * lettering.pad
    drawn[: step * len(lines), :wide] //= _DARKER
    for number, text in enumerate(lines, start=1):
        base = number * step - lettering.pad
        lettering.write(drawn, text, lettering.pad, base, _WHITE)
    return drawn
