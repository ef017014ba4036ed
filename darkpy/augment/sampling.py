"""Which source pixels a cropped, resized and mirrored picture looks at, and how much at each.

This is cv2.resize(INTER_LINEAR) of 8-bit pictures taken apart: two neighbours along each axis, with
weights in 1/2048. Both forms of an augmentation then give the same bits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from darkpy.augment.crop import CropWindow, mean_colour
from darkpy.augment.parts import Layout, Placed
from darkpy.machine.opencv import cv2

WEIGHT_BITS = 11  # cv2.resize, 8 bit: INTER_RESIZE_COEF_BITS
# Where the neighbours leave out more than every second pixel, only they are kept.
_SPARSE = 2


class Taps(NamedTuple):
    """For n places along an axis: both neighbours (n,) and the weight (n,) of the far one.

    Before they are packed, the neighbours are px of the source picture, -1 or its length where
    they lie outside.
    """

    near: np.ndarray
    far: np.ndarray
    weight: np.ndarray


class Sampled(NamedTuple):
    """The source pixels (h, w, C) that are looked at, and the taps in them."""

    pixels: np.ndarray
    rows: Taps
    columns: Taps


def sample(placed: Placed, layout: Layout, pixels: np.ndarray, *, whole: bool = False) -> Sampled:
    """What is needed of a source picture (H, W, C) for its place, or for `whole` of it."""
    crop, rotation = placed.part.crop, placed.part.rotation
    if rotation.degrees or crop.kernel != cv2.INTER_LINEAR:
        # A turned picture has no rows and columns to share, and other kernels than the bilinear
        # look at more than two neighbours: OpenCV has to sample it.
        pixels = rotation.image(pixels, crop, layout.height, layout.width)
        crop = CropWindow.whole((layout.height, layout.width))
    high, wide = crop.picture
    rows = _taps(crop.top, crop.height, high, layout.height)
    columns = _taps(crop.left, crop.width, wide, layout.width)
    if placed.part.flip.mirrored:
        columns = _each(columns, slice(None, None, -1))
    if not whole:
        seen_rows, seen_columns = placed.source(layout)
        rows, columns = _each(rows, seen_rows), _each(columns, seen_columns)
    row_at, rows = _compact(rows)
    column_at, columns = _compact(columns)
    return Sampled(_taken(pixels, row_at, column_at), rows, columns)


def _taps(origin: int, extent: int, picture: int, net: int) -> Taps:
    """Taps along one axis of a crop that begins at `origin` and is brought to `net` px."""
    at = (_middles(net) * (1 / (net / extent)) - 0.5).astype(np.float32)
    first = np.floor(at)
    at -= first
    at *= np.float32(1 << WEIGHT_BITS)
    weight = np.rint(at, out=at).astype(np.int32)
    near = first.astype(np.int64)
    # Beyond the crop its outermost pixel goes on. All that lies outside of the picture has one
    # colour: one pixel beyond the border stands for it.
    least, most = max(origin, -1), min(origin + extent - 1, picture)
    near += origin
    far = near + 1
    for place in (near, far):  # in a third of np.clip's time
        np.maximum(place, least, out=place)
        np.minimum(place, most, out=place)
    return Taps(near, far, weight)


@lru_cache(maxsize=64)
def _middles(net: int) -> np.ndarray:
    """The middle of each pixel along a side, (net,)."""
    return np.arange(net) + 0.5


def _each(taps: Taps, part: slice) -> Taps:
    return Taps(*(values[part] for values in taps))


def _compact(taps: Taps) -> tuple[np.ndarray, Taps]:
    """Places (k,) of the picture to keep, rising, and the taps in them."""
    # Taps rise, or fall where the picture is mirrored; far never lies before near.
    first = min(int(taps.near[0]), int(taps.near[-1]))
    last = max(int(taps.far[0]), int(taps.far[-1]))
    if last - first <= _SPARSE * 2 * len(taps.near):
        return np.arange(first, last + 1), Taps(taps.near - first, taps.far - first, taps.weight)
    kept = np.unique(np.concatenate((taps.near, taps.far)))
    near, far = np.searchsorted(kept, taps.near), np.searchsorted(kept, taps.far)
    return kept, Taps(near, far, taps.weight)


def _taken(pixels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Pixels (H, W, C) at these rows and columns; the mean colour outside."""
    high, wide = pixels.shape[:2]
    inside_rows, inside_columns = _inside(rows, high), _inside(columns, wide)
    taken = np.empty((len(rows), len(columns), pixels.shape[2]), np.uint8)
    strip = pixels[_index(rows[inside_rows])]
    taken[inside_rows, inside_columns] = strip[:, _index(columns[inside_columns])]
    outside_rows = np.flatnonzero((rows < 0) | (rows >= high))
    outside_columns = np.flatnonzero((columns < 0) | (columns >= wide))
    if len(outside_rows) or len(outside_columns):
        mean = mean_colour(pixels)
        taken[outside_rows] = mean
        taken[:, outside_columns] = mean
    return taken


def _inside(places: np.ndarray, length: int) -> slice:
    return slice(int(places[0] < 0), len(places) - int(places[-1] >= length))


def _index(places: np.ndarray) -> slice | np.ndarray:
    """Rising places as a slice if there is no gap."""
    if not len(places):
        return slice(0, 0)
    if places[-1] - places[0] + 1 == len(places):
        return slice(places[0], places[-1] + 1)
    return places
