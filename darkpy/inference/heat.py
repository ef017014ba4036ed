"""Where on a picture a network sees something: the probabilities of all its boxes, added up.

As create_yolo_heatmaps() of hank-ai's Darknet: before suppression, each box gives its probability
to the pixels that it covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkpy.machine.opencv import cv2

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

HEAT_THRESH = 0.1  # create_yolo_heatmaps()'s own default
_SHARE = 0.6  # of the colours; the rest is the picture below them


def heat_of(detections: Detections, size_hw: tuple[int, int]) -> np.ndarray:
    """The sum of the probabilities of the boxes that cover a pixel, (H, W) float32."""
    h, w = size_hw
    edges = np.zeros((h + 1, w + 1))  # what is added when a box begins, taken when it ends
    cx, cy, wide, high = detections.boxes.double().numpy().T
    left, right = (np.rint((cx + sign * wide / 2) * w).clip(0, w) for sign in (-1, 1))
    top, bottom = (np.rint((cy + sign * high / 2) * h).clip(0, h) for sign in (-1, 1))
    probs = detections.probs.double().numpy().sum(axis=1)
    for ys, xs, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        np.add.at(edges, (ys.astype(int), xs.astype(int)), sign * probs)
    heat = edges.cumsum(axis=0).cumsum(axis=1)[:h, :w]
    return heat.clip(0).astype(np.float32)


def heat_picture(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) uint8 RGB or grey below its heat: blue is nothing, red the most."""
    most = float(heat.max())
    levels = (heat * (255 / most) if most > 0 else heat).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
    below = pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)
    return cv2.addWeighted(colours, _SHARE, below, 1 - _SHARE, 0)
