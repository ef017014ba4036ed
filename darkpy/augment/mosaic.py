"""Mosaic: four pictures joined at a cut point, each keeping the corner that faces it.

Tiles are numbered 0 upper left, 1 upper right, 2 lower left, 3 lower right. Every picture was
brought to the full input size before; the arithmetic is that of load_data_detection() and
blend_truth_mosaic() in Darknet's src/data.c.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.augment.crop import CropWindow

PICTURES = 4
_NEAREST_CUT = 0.2  # share of the input that every tile gets at least


@dataclass(frozen=True)
class Mosaic:
    """The cut point in network px; height, width: the input's."""

    cut_x: int
    cut_y: int
    height: int
    width: int

    @classmethod
    def draw(cls, rng: np.random.Generator, height: int, width: int) -> Mosaic:
        """A cut point in the middle 60 % of both sides."""
        near, far = _NEAREST_CUT, 1 - _NEAREST_CUT
        cut_x = int(rng.integers(int(width * near), int(width * far), endpoint=True))
        cut_y = int(rng.integers(int(height * near), int(height * far), endpoint=True))
        return cls(cut_x, cut_y, height, width)

    def cornered(self, number: int, crop: CropWindow, mirrored: bool) -> CropWindow:
        """The crop moved so that more of its picture is seen in tile `number`."""
        left, right, top, bottom = crop.margins
        low, right_tile = divmod(number, 2)
        across, down = left + right, top + bottom
        columns = (across, 0) if bool(right_tile) != mirrored else (0, across)
        rows = (down, 0) if low else (0, down)
        return crop.with_margins(*columns, *rows)

    def tile(self, number: int, crop: CropWindow, mirrored: bool) -> Tile:
        """Where the picture with this crop goes as tile `number`."""
        low, right = divmod(number, 2)
        high, wide = crop.picture
        left, far_right, top, bottom = crop.margins
        if mirrored:
            left, far_right = far_right, left
        # Margins that were added to the picture are left out of its tile, as far as they go.
        if right:
            shift_x = self.cut_x - min(self.cut_x, _added(left, self.width, wide))
        else:
            rest = self.width - self.cut_x
            shift_x = min(rest, _added(far_right, self.width, wide)) - rest
        if low:
            shift_y = self.cut_y - min(self.cut_y, _added(top, self.height, high))
        else:
            rest = self.height - self.cut_y
            shift_y = min(rest, _added(bottom, self.height, high)) - rest
        columns = (self.cut_x, self.width) if right else (0, self.cut_x)
        rows = (self.cut_y, self.height) if low else (0, self.cut_y)
        return Tile(columns, rows, shift_x, shift_y, self.height, self.width)


@dataclass(frozen=True)
class Tile:
    """One quarter of a mosaic, network px.

    columns, rows: begin and end of it. shift_x, shift_y: how far its picture is moved.
    """

    columns: tuple[int, int]
    rows: tuple[int, int]
    shift_x: int
    shift_y: int
    height: int
    width: int

    @property
    def target(self) -> tuple[slice, slice]:
        """Rows and columns of the mosaic that the tile fills."""
        return slice(*self.rows), slice(*self.columns)

    @property
    def source(self) -> tuple[slice, slice]:
        """Rows and columns of its picture that are seen there."""
        rows = (row - self.shift_y for row in self.rows)
        columns = (column - self.shift_x for column in self.columns)
        return slice(*rows), slice(*columns)

    def truths(self, truths: np.ndarray, *, bound: bool) -> np.ndarray:
        """(M, 5) of the picture -> (M', 5) of the mosaic, without those below one pixel.

        Boxes are cut at the border of the mosaic; with `bound` (mosaic_bound=1) at the tile's.
        """
        moved = truths.copy()
        lengths = np.float32((self.width, self.height))
        moved[:, :2] += np.float32((self.shift_x / self.width, self.shift_y / self.height))
        if bound:
            first, last = np.float32(tuple(zip(self.columns, self.rows, strict=True)))
            _cut_at_tile(moved, lengths, first, last)
        else:
            _cut_at_border(moved, lengths)
        return moved[_inside(moved, lengths)]


def _added(margin: int, net: int, picture: int) -> int:
    """Network px of a margin that was added to the picture; 0 for one that was cut off."""
    return max(0, -margin * net // picture)


def _inside(truths: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Which truths lie in the mosaic of these lengths and are worth training on, (M,) bool."""
    centre, size = truths[:, :2], truths[:, 2:4]
    near, far = _ends_px(truths, lengths)
    proper = (centre > 0) & (centre < 1) & (size > 1 / lengths) & (size < 1)
    return ((near >= 0) & (far <= lengths) & proper).all(axis=1)


def _ends_px(truths: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the boxes along x and y, whole px of an input of these lengths, (M, 2) each."""
    centre, half = truths[:, :2], truths[:, 2:4] / 2
    return np.trunc((centre - half) * lengths), np.trunc((centre + half) * lengths)


def _cut_at_tile(
    truths: np.ndarray, lengths: np.ndarray, first: np.ndarray, last: np.ndarray
) -> None:
    near, far = _ends_px(truths, lengths)
    near, far = np.maximum(near, first), np.minimum(far, last)
    truths[:, :2] = (near + far) / 2 / lengths
    truths[:, 2:4] = (far - near) / lengths


def _cut_at_border(truths: np.ndarray, lengths: np.ndarray) -> None:
    near, far = _ends_px(truths, lengths)
    before = np.minimum(near, 0) / lengths
    beyond = np.maximum(far - lengths, 0) / lengths
    truths[:, :2] -= (before + beyond) / 2
    truths[:, 2:4] += before - beyond
