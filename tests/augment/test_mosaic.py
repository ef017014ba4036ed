"""Four pictures in one."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.crop import CropWindow
from darkpy.augment.mosaic import Mosaic

WHOLE = CropWindow.whole((50, 100))
CUT = Mosaic(cut_x=30, cut_y=60, height=100, width=100)
BOTH = pytest.mark.parametrize("bound", [False, True])


def _box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """One truth of class 7 from corners in hundredths."""
    corners = np.float32([left, top, right, bottom]) / 100
    centre, size = (corners[:2] + corners[2:]) / 2, corners[2:] - corners[:2]
    return np.float32([[*centre, *size, 7]])


def _assert_corners(truths: np.ndarray, corners: list[list[int]]) -> None:
    """Truths have these corners in hundredths; Darknet's truncations cost up to a pixel."""
    centre, half = truths[:, :2], truths[:, 2:4] / 2
    found = np.hstack((centre - half, centre + half)) * 100
    assert found.shape == np.reshape(corners, (-1, 4)).shape
    assert (abs(found - np.reshape(corners, (-1, 4))) <= 1.001).all()


def test_the_cut_is_uniform_over_the_middle_60_percent():
    rng = np.random.default_rng(0)
    draws = (Mosaic.draw(rng, 50, 100) for _ in range(10_000))

    cuts = np.array([(one.cut_x, one.cut_y) for one in draws])

    assert cuts.min(axis=0).tolist() == [20, 10]
    assert cuts.max(axis=0).tolist() == [80, 40]
    # Uniform over 61 and 31 whole numbers: deviations 17.6 and 8.9, of the mean a hundredth.
    assert (abs(cuts.mean(axis=0) - (50, 25)) < 4 * np.array([0.176, 0.089])).all()


@pytest.mark.parametrize(
    ("number", "target", "source"),
    [
        # Upper left is 30 x 60: the lower right corner of its picture, columns 70..100, rows 40...
        (0, (0, 60, 0, 30), (40, 100, 70, 100)),
        (1, (0, 60, 30, 100), (40, 100, 0, 70)),
        (2, (60, 100, 0, 30), (0, 40, 70, 100)),
        (3, (60, 100, 30, 100), (0, 40, 0, 70)),
    ],
)
def test_each_tile_shows_the_corner_that_faces_the_cut(number, target, source):
    tile = CUT.tile(number, WHOLE, mirrored=False)

    assert tile.target == (slice(*target[:2]), slice(*target[2:]))
    assert tile.source == (slice(*source[:2]), slice(*source[2:]))


def test_margins_that_were_added_are_left_out_of_the_tile():
    # 10 px of 100 at the left are 10 px of the input, 10 px of 50 below are 20.
    crop = CropWindow.from_margins((50, 100), left=-10, right=0, top=0, bottom=-10)

    plain, mirrored = (CUT.tile(1, crop, mirrored) for mirrored in (False, True))

    # Columns 30..100 of the mosaic begin at column 10 of the picture, at 0 if mirrored; rows
    # 0..60 end at 100 - 20.
    assert plain.source == (slice(20, 80), slice(10, 80))
    assert mirrored.source == (slice(20, 80), slice(0, 70))


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_margin_moves_to_the_side_that_is_not_seen(number, mirrored):
    crop = CropWindow.from_margins((50, 100), 3, 4, 5, 6)

    left, right, top, bottom = CUT.cornered(number, crop, mirrored).margins

    low, right_tile = divmod(number, 2)
    assert (left, right) == ((7, 0) if bool(right_tile) != mirrored else (0, 7))
    assert (top, bottom) == ((11, 0) if low else (0, 11))


@BOTH
def test_a_box_inside_its_tile_moves_with_it(bound):
    tile = CUT.tile(0, WHOLE, mirrored=False)  # moved by -70, -40

    moved = tile.truths(_box(75, 50, 95, 90), bound=bound)

    _assert_corners(moved, [[5, 10, 25, 50]])
    assert moved[0, 4] == 7


def test_a_box_across_the_cut_is_cut_only_with_mosaic_bound():
    tile = CUT.tile(1, WHOLE, mirrored=False)  # moved by +30, -40; columns 30..100, rows 0..60
    truths = _box(60, 50, 90, 98)

    # 90..120 is cut at 100 by the border, 10..58 lies in the tile.
    _assert_corners(tile.truths(truths, bound=False), [[90, 10, 100, 58]])
    tile = CUT.tile(3, WHOLE, mirrored=False)  # moved by +30, +60
    truths = np.vstack((_box(10, 10, 30, 30), _box(10, 30, 30, 70)))
    _assert_corners(tile.truths(truths, bound=True), [[40, 70, 60, 90], [40, 90, 60, 100]])


def test_only_mosaic_bound_keeps_a_box_out_of_the_other_tiles():
    tile = CUT.tile(0, WHOLE, mirrored=False)
    crop = CropWindow.from_margins((50, 100), 0, -60, 0, 0)
    shifted = CUT.tile(0, crop, mirrored=False)
    truths = _box(60, 50, 80, 90)

    # 60 of the added px are left out, so the picture is moved by -70 + 60 only.
    assert tile.shift_x == -70
    assert shifted.shift_x == -10
    _assert_corners(shifted.truths(truths, bound=False), [[50, 10, 70, 50]])
    _assert_corners(shifted.truths(truths, bound=True), [])


@BOTH
@pytest.mark.parametrize(
    "truths",
    [
        _box(10, 10, 30, 90),  # left of what tile 0 shows
        _box(50, 50, 70.5, 90),  # half a pixel is left
        np.zeros((0, 5), np.float32),
    ],
)
def test_boxes_that_are_not_seen_are_dropped(bound, truths):
    tile = CUT.tile(0, WHOLE, mirrored=False)

    assert tile.truths(truths, bound=bound).shape == (0, 5)
