"""SSD's colours: each step worked out by hand, and how often each is done."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.distort import PLAIN, Distort

DRAWS = 10_000


def _of(distort: Distort, *rgb: int) -> list[int]:
    return distort.image(np.full((2, 3, 3), rgb, np.uint8))[1, 2].tolist()


def test_brightness_adds_and_is_cut_at_black_and_white():
    assert _of(Distort(brightness=32), 10, 230, 255) == [42, 255, 255]
    assert _of(Distort(brightness=-32), 10, 230, 255) == [0, 198, 223]


def test_contrast_multiplies():
    assert _of(Distort(contrast=1.5), 10, 100, 200) == [15, 150, 255]
    assert _of(Distort(contrast=0.5, contrast_first=False), 10, 100, 200) == [5, 50, 100]


def test_saturation_moves_colours_from_and_to_their_grey():
    # Grey of (100, 150, 200): .299*100 + .587*150 + .114*200 = 140.75.
    # Half way to it: 120.375 145.375 170.375; half as far again: 79.625 154.625 229.625.
    assert _of(Distort(saturation=0.5), 100, 150, 200) == [120, 145, 170]
    assert _of(Distort(saturation=1.5), 100, 150, 200) == [80, 155, 230]


def test_a_turned_hue_keeps_the_grey_and_goes_round():
    pixel = np.array((100.0, 120.0, 130.0))
    turned = Distort(hue=18).matrix().astype(float) @ pixel

    np.testing.assert_allclose(turned @ (0.299, 0.587, 0.114), pixel @ (0.299, 0.587, 0.114), 1e-5)
    assert abs(turned - pixel).max() > 3
    whole_circle = np.linalg.matrix_power(Distort(hue=18).matrix().astype(float), 20)
    np.testing.assert_allclose(whole_circle, np.eye(3), atol=1e-4)


def test_grey_has_no_saturation_and_no_hue():
    assert _of(Distort(saturation=1.4, hue=15), 90, 90, 90) == [90, 90, 90]


def test_the_contrasts_place_matters_where_levels_are_cut():
    # Saturation 1.5 of (250, 20, 20): grey 88.77, so 330.6 -14.4 -14.4, cut to 255 0 0.
    # Contrast .5 after: 128 (127.5 rounded to the even) 0 0; before: of (125, 10, 10) the grey is
    # 44.385 and the result 165.3 -7.2 -7.2, cut to 165 0 0.
    values = {"contrast": 0.5, "saturation": 1.5}
    assert _of(Distort(**values, contrast_first=False), 250, 20, 20) == [128, 0, 0]
    assert _of(Distort(**values, contrast_first=True), 250, 20, 20) == [165, 0, 0]


@pytest.mark.parametrize("contrast_first", [False, True])
def test_a_grey_picture_changes_as_the_same_picture_in_colour(contrast_first):
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    distort = Distort(20.3, 0.7, 1.3, 12, contrast_first=contrast_first)

    alone, coloured = distort.image(grey), distort.image(grey.repeat(3, axis=2))

    assert alone.shape == (16, 16, 1)
    assert abs(alone.astype(int) - coloured).max() <= 1


def test_each_step_is_drawn_for_half_of_the_pictures_on_its_own():
    rng = np.random.default_rng(0)
    drawn = [Distort.draw(rng, ssd_distort=True) for _ in range(DRAWS)]
    values = np.array([(one.brightness, one.contrast, one.saturation, one.hue) for one in drawn])
    done = values != (0, 1, 1, 0)

    # Of 10,000 coins a half is 5,000 +- 50.
    firsts = np.array([one.contrast_first for one in drawn])
    for share in (*done.mean(axis=0), firsts.mean()):
        assert abs(share - 0.5) < 4 * 0.005
    assert abs(np.corrcoef(np.column_stack((done, firsts)).T) - np.eye(5)).max() < 0.04
    for column, (low, high) in enumerate(((-32, 32), (0.5, 1.5), (0.5, 1.5), (-18, 18))):
        some = values[done[:, column], column]
        assert low <= some.min() < some.max() <= high
        # The mean of n uniform values lies within width / sqrt(12 n), here n = 5,000.
        assert abs(some.mean() - (low + high) / 2) < 4 * (high - low) / np.sqrt(12 * len(some))


def test_nothing_is_drawn_without_the_key():
    rng = np.random.default_rng(0)

    assert Distort.draw(rng, ssd_distort=False) is PLAIN
    assert rng.random() == np.random.default_rng(0).random()
    pixels = np.zeros((2, 2, 3), np.uint8)
    assert PLAIN.image(pixels) is pixels
