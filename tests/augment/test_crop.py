"""Crop by jitter, resize and letter_box."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.crop import CropWindow, mean_colour, zoom_margins
from darkpy.machine.opencv import cv2

DRAWS = 10_000


def _margins(jitter: float, resize: float) -> np.ndarray:
    """(DRAWS, 4) left, right, top, bottom of a picture 200 wide and 100 high."""
    rng = np.random.default_rng(0)
    draws = (CropWindow.draw(rng, (100, 200), jitter=jitter, resize=resize) for _ in range(DRAWS))
    return np.array([crop.margins for crop in draws])


def test_jitter_moves_each_side_evenly_up_to_its_share():
    margins = _margins(jitter=0.3, resize=1.0)

    # .3 * 200 = 60 and .3 * 100 = 30 px either way; the truncation keeps the ends rare.
    assert list(np.abs(margins).max(axis=0)) == [59, 59, 29, 29]
    # Either sign and 0..59 uniform: mean square 59 * 119 / 6, deviation 34.2; 0..29 has 16.9.
    # The deviation of the mean of 10,000 is a hundredth of that.
    assert (abs(margins.mean(axis=0)) < 4 * np.array([0.342, 0.342, 0.169, 0.169])).all()
    np.testing.assert_allclose(margins.std(axis=0), [34.2, 34.2, 16.9, 16.9], rtol=0.02)
    assert (abs(np.corrcoef(margins.T) - np.eye(4)) < 0.05).all()


def test_resize_zooms_both_ways_with_one_draw_for_both_axes():
    margins = _margins(jitter=0.0, resize=1.5)

    # Outwards 200 * (1 - 1.5) / 2 = -50, inwards 200 * (1 - 1/1.5) / 2 = 33.3 -> 33.
    # The truncation towards 0 puts [-50, 33) on -49..32.
    assert list(margins.min(axis=0)) == [-49, -49, -24, -24]
    assert list(margins.max(axis=0)) == [32, 32, 15, 15]
    np.testing.assert_allclose(margins.mean(axis=0), [-8.5, -8.5, -4.5, -4.5], atol=1)
    assert np.corrcoef(margins[:, 0], margins[:, 2])[0, 1] > 0.99
    assert np.corrcoef(margins[:, 1], margins[:, 3])[0, 1] > 0.99
    assert abs(np.corrcoef(margins[:, 0], margins[:, 1])[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("resize", "margins"),
    [
        (1.0, (0, 0)),
        (1.5, (-50, 33)),
        (0.5, (-100, 0)),  # below 1 only outwards: 200 * (1 - 2) / 2
        (0.0, (0, 0)),
    ],
)
def test_zoom_margins(resize, margins):
    assert zoom_margins(200, resize) == margins


def test_without_jitter_and_resize_all_of_the_picture_is_used():
    rng = np.random.default_rng(0)

    assert CropWindow.draw(rng, (100, 200), jitter=0, resize=1) == CropWindow.whole((100, 200))


def test_letter_box_adds_what_the_aspect_lacks():
    # A picture of 200 x 100 in a square: (200 - 100) / 2 = 50 px above and below.
    assert CropWindow.whole((100, 200)).letterboxed((64, 64)).margins == (0, 0, -50, -50)
    assert CropWindow.whole((200, 100)).letterboxed((64, 64)).margins == (-50, -50, 0, 0)
    assert CropWindow.whole((100, 200)).letterboxed((64, 128)).margins == (0, 0, 0, 0)


@pytest.mark.parametrize("margins", [(120, 90, 0, 0), (0, 0, 60, 40), (210, -50, 0, 0)])
def test_a_crop_with_nothing_left_becomes_the_whole_picture(margins):
    assert CropWindow.from_margins((100, 200), *margins).usable() == CropWindow.whole((100, 200))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_mean_colour_is_rounded_as_opencv_gives_it(channels):
    # Of two levels n and n + 1 in equal parts the mean is n + .5: rounded to even, 0 or 2.
    for level, mean in ((0, 0), (1, 2)):
        pixels = np.full((2, 4, channels), level, np.uint8)
        pixels[1] += 1
        assert mean_colour(pixels) == [mean] * channels
    rng = np.random.default_rng(0)
    for high, wide in rng.integers(1, 40, (200, 2)).tolist():
        pixels = rng.integers(0, 3, (high, wide, channels), dtype=np.uint8)
        assert mean_colour(pixels) == [round(x) for x in cv2.mean(pixels)[:channels]]


def test_what_lies_outside_is_filled_with_the_mean_colour():
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[:5] = (100, 30, 7)

    framed = CropWindow.from_margins((10, 10), -10, 0, 0, 0).image(pixels, 10, 20)

    # Half of the rows: 50, 15, 3.5 rounded to the even 4.
    assert framed.shape == (10, 20, 3)
    np.testing.assert_array_equal(framed[:, :10], np.broadcast_to((50, 15, 4), (10, 10, 3)))
    np.testing.assert_array_equal(framed[:, 10:], pixels)


def test_a_crop_inside_shows_that_part():
    pixels = np.arange(8 * 8, dtype=np.uint8).reshape(8, 8, 1)

    part = CropWindow(2, 3, 4, 2, (8, 8)).image(pixels, 2, 4)

    np.testing.assert_array_equal(part, pixels[3:5, 2:6])


def test_truths_move_into_the_crop_and_are_cut_at_its_border():
    truths = np.float32([[0.5, 0.5, 0.2, 0.2, 3], [0.1, 0.5, 0.2, 0.2, 1]])

    moved = CropWindow(25, 0, 50, 100, (100, 100)).truths(truths)

    # x from .4..6 to (.4 - .25) / .5 = .3 and .7; the second, 0...2, lies left of the crop.
    np.testing.assert_allclose(moved[0], [0.5, 0.5, 0.4, 0.2, 3], atol=1e-6)
    np.testing.assert_allclose(moved[1], [0, 0.5, 0, 0.2, 1], atol=1e-6)
    assert moved.dtype == np.float32


def test_truths_outside_the_picture_are_dropped():
    truths = np.float32([[1.3, 0.5, 0.2, 0.2, 0], [0, 0, 0.5, 0.5, 0], [0.5, 0.5, 3, 3, 0]])

    # The second is Darknet's mark of a broken row; the third is cut to the picture.
    np.testing.assert_allclose(
        CropWindow.whole((10, 10)).truths(truths), [[0.5, 0.5, 1, 1, 0]], atol=1e-6
    )


def test_no_truths_are_no_truths():
    assert CropWindow.whole((10, 10)).truths(np.zeros((0, 5), np.float32)).shape == (0, 5)
