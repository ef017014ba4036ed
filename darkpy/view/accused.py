"""Contact sheets of suspicious labels: each place twice, as it is labelled and as it was found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from darkpy.machine.opencv import cv2
from darkpy.metrics.suspects import Boxed, Suspect
from darkpy.view.draw import contact_sheet, draw_truths

_TILES = 20  # on a sheet
_COLUMNS = 4
_AROUND = 2.2  # sides of the box that are shown
_LEAST_PX = 48
_TALL_PX = 230  # of a tile
_BETWEEN = 4
_WHITE = 255


def sheets(
    places: Sequence[Suspect],
    names: Sequence[str],
    read: Callable[[str], np.ndarray],
    labels: Callable[[str], tuple[np.ndarray, np.ndarray]],
) -> Iterator[np.ndarray]:
    """Sheets (H, W, 3) uint8 RGB of places of one kind, in their order.

    read: the pixels of a picture's path; labels: its boxes (M, 4) and classes (M,).
    """
    for at in range(0, len(places), _TILES):
        own = places[at : at + _TILES]
        tiles = [_tile(place, names, read(place.picture), labels) for place in own]
        captions = [
            f"{place.rank}. {place.score:.2f} {place.words(names)}\n"
            f"{os.path.basename(place.picture)}"
            for place in own
        ]
        yield contact_sheet(tiles, captions, _COLUMNS)


def _tile(
    place: Suspect,
    names: Sequence[str],
    pixels: np.ndarray,
    labels: Callable[[str], tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """The place as it is labelled, and beside it as it was found."""
    window = _window(place.boxes, pixels.shape[:2])
    top, bottom, left, right = window
    crop = pixels[top:bottom, left:right]
    factor = _TALL_PX / crop.shape[0]
    size = max(1, round(crop.shape[1] * factor)), _TALL_PX
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    crop = cv2.resize(crop, size, interpolation=how)
    crop = crop[..., None] if crop.ndim == 2 else crop
    if place.label is None:
        boxes, classes = labels(place.picture)
        labelled = [Boxed(int(k), box) for box, k in zip(boxes, classes, strict=True)]
    else:
        labelled = [one for one in (place.label, place.twin) if one is not None]
    found = [one for one in (place.found, place.twin) if one is not None]
    left_side, right_side = (
        _drawn(crop, _within(each, window, pixels.shape[:2]), names) for each in (labelled, found)
    )
    gap = np.full((crop.shape[0], _BETWEEN, 3), _WHITE, dtype=np.uint8)
    return np.concatenate((left_side, gap, right_side), axis=1)


def _drawn(crop: np.ndarray, boxes: Sequence[Boxed], names: Sequence[str]) -> np.ndarray:
    return draw_truths(
        crop,
        np.array([one.box for one in boxes]).reshape(-1, 4),
        [one.number for one in boxes],
        names,
    )


def _window(boxes: Sequence[Boxed], hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """Top, bottom, left, right px of a square around boxes, as far as the picture has one."""
    h, w = hw
    rows = np.array([one.box for one in boxes], dtype=np.float64) * (w, h, w, h)
    low = (rows[:, :2] - rows[:, 2:] / 2).min(axis=0).clip(0, (w, h))
    high = (rows[:, :2] + rows[:, 2:] / 2).max(axis=0).clip(0, (w, h))
    side = max(_LEAST_PX, float((high - low).max()) * _AROUND)
    middle = (low + high) / 2
    ends = []
    for centre, whole in zip(middle[::-1], (h, w), strict=True):
        long = min(round(side), whole)
        first = int(np.clip(round(centre - long / 2), 0, whole - long))
        ends += [first, first + long]
    return tuple(ends)


def _within(
    boxes: Sequence[Boxed], window: tuple[int, int, int, int], hw: tuple[int, int]
) -> list[Boxed]:
    """Boxes of the picture in the unit square of a window; those outside are left out."""
    (h, w), (top, bottom, left, right) = hw, window
    wide, high = right - left, bottom - top
    moved = []
    for one in boxes:
        cx, cy, bw, bh = one.box.astype(np.float64) * (w, h, w, h)
        box = np.array(((cx - left) / wide, (cy - top) / high, bw / wide, bh / high))
        if (np.abs(box[:2] - 0.5) * 2 < 1 + box[2:]).all():
            moved.append(Boxed(one.number, box, one.prob))
    return moved
