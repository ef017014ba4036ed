"""Rotation of a detector's pictures, with their boxes."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.crop import CropWindow
from darkpy.augment.rotation import Rotation

PICTURE = (80, 120)


def test_every_angle_up_to_rotate_is_as_likely():
    rng = np.random.default_rng(0)

    degrees = np.array([Rotation.draw(rng, rotate=20).degrees for _ in range(10_000)])

    assert abs(degrees).max() <= 20
    # Forty bins of 250 expected; chi-square with 39 degrees of freedom is below 72.1 in 99.9 %.
    counts, _ = np.histogram(degrees, 40, (-20, 20))
    assert ((counts - 250) ** 2 / 250).sum() < 72.1


def test_rotate_0_draws_nothing():
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state

    assert Rotation.draw(rng, rotate=0) == Rotation()
    assert rng.bit_generator.state == state


def test_a_quarter_turn_clockwise_brings_left_to_the_top():
    pixels = np.random.default_rng(0).integers(256, size=(40, 40, 3), dtype=np.uint8)

    turned = Rotation(90).image(pixels, CropWindow.whole((40, 40)), 40, 40)

    np.testing.assert_array_equal(turned, np.rot90(pixels, -1))


def test_half_a_turn_is_both_mirrors_with_any_aspect():
    pixels = np.random.default_rng(0).integers(256, size=(*PICTURE, 1), dtype=np.uint8)

    turned = Rotation(180).image(pixels, CropWindow.whole(PICTURE), *PICTURE)

    np.testing.assert_array_equal(turned, pixels[::-1, ::-1])


def test_the_corners_have_the_mean_colour():
    pixels = np.full((40, 40, 3), (10, 200, 90), np.uint8)

    turned = Rotation(45).image(pixels, CropWindow.whole((40, 40)), 40, 40)

    # All of one colour, so its mean as well.
    np.testing.assert_array_equal(turned, pixels)


def test_a_crop_of_a_turned_picture_is_the_crop_of_the_whole_turned_one():
    pixels = np.zeros((*PICTURE, 3), np.uint8)
    pixels[20:60, 30:90] = np.linspace(0, 255, 60).astype(np.uint8)[None, :, None]
    crop = CropWindow(10, 20, 60, 40, PICTURE)

    at_once = Rotation(30).image(pixels, crop, 40, 60)
    whole = Rotation(30).image(pixels, CropWindow.whole(PICTURE), *PICTURE)

    off = abs(at_once.astype(int) - whole[20:60, 10:70])
    assert off.max() <= 1


def test_without_a_turn_it_is_the_crop_alone():
    pixels = np.random.default_rng(0).integers(256, size=(*PICTURE, 3), dtype=np.uint8)
    crop = CropWindow(-5, 3, 100, 90, PICTURE)

    np.testing.assert_array_equal(
        Rotation().image(pixels, crop, 32, 64), crop.image(pixels, 32, 64)
    )


def test_a_box_becomes_the_one_around_its_turned_corners():
    # 40 x 20 px in the middle of a square of 100 px, a quarter turn: 20 x 40 px.
    box = np.float32([[0.5, 0.5, 0.4, 0.2, 3]])

    np.testing.assert_allclose(
        Rotation(90).truths(box, (100, 100)), [[0.5, 0.5, 0.2, 0.4, 3]], atol=1e-6
    )


def test_a_box_is_turned_in_pixels_not_in_the_unit_square():
    # The picture is 120 x 80 px; the centre lies 30 px right of the middle. A quarter turn
    # clockwise brings it 30 px below: 30/80 = .375. Sides 12 x 8 px become 8 x 12: 8/120, 12/80.
    box = np.float32([[0.75, 0.5, 0.1, 0.1, 0]])

    np.testing.assert_allclose(
        Rotation(90).truths(box, PICTURE), [[0.5, 0.875, 8 / 120, 0.15, 0]], atol=1e-6
    )


def test_at_45_degrees_a_square_grows_by_the_root_of_two():
    box = np.float32([[0.5, 0.5, 0.2, 0.2, 0]])

    turned = Rotation(45).truths(box, (100, 100))

    np.testing.assert_allclose(turned[0, 2:4], 0.2 * np.sqrt(2), rtol=1e-5)


@pytest.mark.parametrize("degrees", [0, 30])
def test_no_boxes_stay_no_boxes(degrees):
    assert Rotation(degrees).truths(np.zeros((0, 5), np.float32), PICTURE).shape == (0, 5)
