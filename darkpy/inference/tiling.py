"""Large pictures in tiles that overlap: what is small in the whole picture is large in a tile.

The network looks at the whole picture and at every tile. An object that a tile's border cuts is
whole in the tile beside it, where it is no larger than the overlap, or else in the whole picture;
so a box at a border goes where a whole one covers it. What is left is suppressed as ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import coverage
from darkpy.data.arrays import as_pixels
from darkpy.inference.clock import LayerClock
from darkpy.inference.detector import NMS_THRESHOLD, Detections, Detector
from darkpy.inference.prepared import Prepared
from darkpy.inference.suppression import darknet_order

_AT_ONCE = 8  # tiles in one pass of the network
_BORDER = 0.02  # share of a tile's side: a box that comes so near to its border may be cut
_COVERED = 0.6  # share of a cut box inside a whole one, from which they are one object
_AS_SURE = 0.5  # of the cut box's probability the whole one must have at the least

Window = tuple[int, int, int, int]  # top, bottom, left, right px


class TiledDetector(Detector):
    """A detector that looks at pictures larger than a tile in parts too.

    side_px: of the square tiles; overlap: the least share of it that neighbours have in common.
    """

    def __init__(self, whole: Detector, side_px: int, overlap: float) -> None:
        super().__init__(whole.network, whole.names, whole.device, whole.precision)
        self.whole, self.side_px, self.overlap = whole, side_px, overlap

    def prepared(self, picture: np.ndarray, letter_box: bool = False) -> Prepared:
        """As it is: what the network sees of it is cut out later."""
        return Prepared(picture, picture.shape[:2], letter_box)

    def time_layers(self) -> LayerClock:
        return self.whole.time_layers()

    def detect_prepared(
        self, pictures: Sequence[Prepared], *, thresh: float, nms: float | None = None
    ) -> list[Detections]:
        own, letter_box = [one.pixels for one in pictures], pictures[0].letter_box
        return self.detect(own, thresh=thresh, nms=nms, letter_box=letter_box)

    def detect(
        self,
        pictures: Sequence[np.ndarray],
        *,
        thresh: float,
        nms: float | None = None,
        letter_box: bool = False,
    ) -> list[Detections]:
        """As Detector.detect; a picture that fits into one tile is looked at as ever."""
        nms = self.nms(NMS_THRESHOLD) if nms is None else nms
        found: list[Detections] = []
        for number, given in enumerate(pictures, start=1):
            pixels = as_pixels(given, self.input.c, f"picture {number}")
            windows = tiles(pixels.shape[:2], self.side_px, self.overlap)
            if len(windows) == 1:
                found += self.whole.detect([pixels], thresh=thresh, nms=nms, letter_box=letter_box)
                continue
            parts = list(self._parts(pixels, windows, thresh, letter_box))
            found.append(self._merged(parts, windows, pixels.shape[:2], nms))
        return found

    def _parts(
        self, pixels: np.ndarray, windows: Sequence[Window], thresh: float, letter_box: bool
    ) -> Iterator[Detections]:
        """What is found in the whole picture, then in each tile, before suppression."""
        cut = [pixels[top:bottom, left:right] for top, bottom, left, right in windows]
        shown = [pixels, *cut]
        for at in range(0, len(shown), _AT_ONCE):
            some = shown[at : at + _AT_ONCE]
            yield from self.whole.detect(some, thresh=thresh, nms=0, letter_box=letter_box)

    def _merged(
        self,
        parts: Sequence[Detections],
        windows: Sequence[Window],
        size_hw: tuple[int, int],
        nms: float,
    ) -> Detections:
        whole = (0, size_hw[0], 0, size_hw[1])
        frames = [whole, *windows]
        pairs = list(zip(parts, frames, strict=True))
        boxes = torch.cat([_moved(part.boxes, frame, size_hw) for part, frame in pairs])
        cut = torch.cat([_cut(part.boxes, frame, size_hw) for part, frame in pairs])
        objectness = torch.cat([part.objectness for part in parts])
        seen = torch.cat([part.probs for part in parts])
        probs = _without_cut(boxes, seen, cut)
        kept = probs.any(dim=1) | ~seen.any(dim=1)
        boxes, objectness, probs = boxes[kept], objectness[kept], probs[kept]
        order = darknet_order(probs)
        boxes, objectness, probs = boxes[order], objectness[order], probs[order]
        if nms:
            probs = self.suppress(boxes, probs, nms)
        return Detections(boxes, objectness, probs)


def tiles(size_hw: tuple[int, int], side_px: int, overlap: float) -> list[Window]:
    """Squares that cover a picture, row by row; the whole of it where that is no larger.

    They are spread evenly, so that neighbours share `overlap` of a side or more.

    >>> tiles((100, 250), 100, 0.25)
    [(0, 100, 0, 100), (0, 100, 75, 175), (0, 100, 150, 250)]
    """
    rows, columns = (_spread(length, side_px, overlap) for length in size_hw)
    return [(*row, *column) for row, column in product(rows, columns)]


def _spread(length: int, side: int, overlap: float) -> list[tuple[int, int]]:
    """First and last px of each tile along a side of the picture."""
    if length <= side:
        return [(0, length)]
    step = max(1, math.floor(side * (1 - overlap)))
    number = 1 + math.ceil((length - side) / step)
    starts = [round(at * (length - side) / (number - 1)) for at in range(number)]
    return [(start, start + side) for start in starts]


def _moved(boxes: Tensor, window: Window, size_hw: tuple[int, int]) -> Tensor:
    """Boxes (N, 4) cxcywh from the unit square of a window to that of its picture."""
    (h, w), (top, bottom, left, right) = size_hw, window
    scale = torch.tensor(((right - left) / w, (bottom - top) / h))
    corner = torch.tensor((left / w, top / h))
    return torch.cat((boxes[:, :2] * scale + corner, boxes[:, 2:] * scale), dim=1)


def _cut(boxes: Tensor, window: Window, size_hw: tuple[int, int]) -> Tensor:
    """Which boxes of a window reach a border of it that is none of the picture, (N,) bool."""
    (h, w), (top, bottom, left, right) = size_hw, window
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    inner_low = torch.tensor((left > 0, top > 0))
    inner_high = torch.tensor((right < w, bottom < h))
    reaches = ((low < _BORDER) & inner_low) | ((high > 1 - _BORDER) & inner_high)
    return reaches.any(dim=1)


def _without_cut(boxes: Tensor, probs: Tensor, cut: Tensor) -> Tensor:
    """Probabilities (N, K) without those of cut boxes that are a part of a whole one."""
    probs = probs.clone()
    for k in range(probs.shape[1]):
        pieces = (cut & (probs[:, k] > 0)).nonzero()[:, 0]
        wholes = (~cut & (probs[:, k] > 0)).nonzero()[:, 0]
        if len(pieces) and len(wholes):
            inside = coverage(boxes[pieces, None], boxes[wholes]) > _COVERED
            sure = probs[wholes, k] >= _AS_SURE * probs[pieces, k, None]
            probs[pieces[(inside & sure).any(dim=1)], k] = 0
    return probs
