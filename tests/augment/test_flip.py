"""Mirrored pictures."""

from __future__ import annotations

import numpy as np

from darkpy.augment.flip import Flip

TRUTHS = np.float32([[0.25, 0.5, 0.1, 0.2, 3]])


def test_half_of_the_pictures_are_mirrored():
    rng = np.random.default_rng(0)

    share = np.mean([Flip.draw(rng, flip=True).mirrored for _ in range(10_000)])

    assert abs(share - 0.5) < 4 * 0.005


def test_flip_0_mirrors_none():
    rng = np.random.default_rng(0)

    assert not any(Flip.draw(rng, flip=False).mirrored for _ in range(100))


def test_left_becomes_right_and_twice_is_nothing():
    pixels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    flip = Flip(mirrored=True)

    np.testing.assert_array_equal(flip.image(pixels), pixels[:, ::-1])
    np.testing.assert_array_equal(flip.image(flip.image(pixels)), pixels)
    np.testing.assert_allclose(flip.truths(TRUTHS), [[0.75, 0.5, 0.1, 0.2, 3]])
    assert flip.image(pixels[..., :1]).shape == (2, 4, 1)


def test_what_is_not_mirrored_is_left_alone():
    pixels = np.zeros((2, 4, 3), np.uint8)

    assert Flip().image(pixels) is pixels
    assert Flip().truths(TRUTHS) is TRUTHS
