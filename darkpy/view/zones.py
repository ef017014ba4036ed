"""Lines and areas on a picture, with what was counted at them."""

from __future__ import annotations

import numpy as np

from darkpy.machine.opencv import cv2
from darkpy.view.lettering import Lettering

_SMALLEST, _SHARE = 10, 0.02  # px of a capital, and of the longer side
_LIGHT, _DARK = (255, 230, 60), (0, 0, 0)


def draw_zone(pixels: np.ndarray, points: np.ndarray, text: str) -> None:
    """Draw a line or area, points (P, 2) in the unit square, on a picture (H, W, 3) uint8 RGB."""
    h, w = pixels.shape[:2]
    corners = np.rint(points * (w - 1, h - 1)).astype(np.int32)
    lettering = Lettering.of(max(_SMALLEST, round(_SHARE * max(h, w))))
    line = max(2, lettering.height // 5)
    for colour, width in ((_DARK, line + 2), (_LIGHT, line)):
        cv2.polylines(pixels, [corners], len(corners) > 2, colour, width, cv2.LINE_AA)
    left = int(np.clip(corners[:, 0].mean() - lettering.width(text) / 2, 0, w))
    base = int(np.clip(corners[:, 1].mean(), lettering.height + lettering.pad, h - lettering.pad))
    right, pad = left + lettering.width(text), lettering.pad
    box = (left - pad, base - lettering.height - pad), (right + pad, base + pad)
    cv2.rectangle(pixels, *box, _LIGHT, cv2.FILLED)
    lettering.write(pixels, text, left, base, _DARK)
