"""Blur of the whole picture or of the background."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.blur import BACKGROUND, Blur

EMPTY = np.zeros((0, 5), np.float32)


def test_a_third_each_is_sharp_blurred_behind_and_blurred_all_over():
    rng = np.random.default_rng(0)

    kernels = np.array([Blur.draw(rng, blur=9).kernel for _ in range(9_000)])

    for kernel in (0, BACKGROUND, 9):
        # 3000 of 9000, deviation sqrt(9000 * 2/9) = 45.
        assert abs((kernels == kernel).sum() - 3000) < 4 * 45


def test_blur_0_is_never_drawn():
    rng = np.random.default_rng(0)

    assert all(Blur.draw(rng, blur=0) == Blur() for _ in range(50))


@pytest.mark.parametrize(
    ("kernel", "side", "limited"),
    [
        (9, 0.9, 9),  # 90 px: 90 // 8 = 11 allows 9
        (9, 0.5, 6),
        (9, 0.17, 2),
        (9, 0.085, 1),  # the rest is a blurred background
        (9, 0.05, 0),
        (BACKGROUND, 0.05, BACKGROUND),
        (0, 0.9, 0),
    ],
)
def test_small_objects_limit_the_blur_of_the_whole(kernel, side, limited):
    truths = np.float32([[0.5, 0.5, 0.95, 0.95, 0], [0.5, 0.5, 0.95, side, 0]])

    assert Blur(kernel).limited(truths, 100, 100).kernel == limited


def test_a_picture_without_objects_is_not_blurred_all_over():
    assert Blur(9).limited(EMPTY, 100, 100).kernel == 0


def _dots() -> np.ndarray:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[::4, ::4] = 255
    return pixels


def test_the_background_blurs_and_objects_stay_sharp():
    pixels = _dots()

    # The box is 16..48 px along both sides.
    blurred = Blur(BACKGROUND).image(pixels, np.float32([[0.5, 0.5, 0.5, 0.5, 0]]))

    np.testing.assert_array_equal(blurred[16:48, 16:48], pixels[16:48, 16:48])
    assert blurred[:16].max() < 64
    assert pixels.max() == 255


def test_the_whole_is_blurred_with_an_odd_kernel():
    pixels = np.zeros((9, 9, 1), np.uint8)
    pixels[4, 4] = 200

    blurred = Blur(4).image(pixels, EMPTY)  # 4 // 2 * 2 + 1 = 5 px

    assert blurred.shape == (9, 9, 1)
    assert blurred[4, 2] > 0
    assert blurred[4, 1] == 0


def test_no_blur_leaves_the_picture_alone():
    pixels = _dots()

    assert Blur().image(pixels, EMPTY) is pixels
