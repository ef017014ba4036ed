"""Gaussian noise."""

from __future__ import annotations

import numpy as np

from darkpy.augment.noise import FIELD, Noise, field


def test_every_second_picture_is_noisy_and_never_above_127():
    rng = np.random.default_rng(0)

    levels = np.array([Noise.draw(rng, gaussian_noise=300).deviation for _ in range(10_000)])

    assert set(levels) == {0, 127}
    assert abs((levels > 0).mean() - 0.5) < 4 * 0.005


def test_gaussian_noise_0_is_never_drawn():
    rng = np.random.default_rng(0)

    assert all(Noise.draw(rng, gaussian_noise=0) == Noise() for _ in range(50))


def test_noise_brightens_half_of_the_values():
    pixels = np.full((200, 200, 3), 100, np.uint8)

    noise = Noise(10, start=1).image(pixels).astype(float) - 100

    # Below 0.5 (half the Gaussian and a bit, Phi(.05) = .52) it is rounded or cut to 0; the
    # mean of the positive half is 10 / sqrt(2 pi) = 3.99.
    assert noise.min() == 0
    assert abs((noise == 0).mean() - 0.52) < 0.01
    assert abs(noise.mean() - 3.99) < 0.1


def test_the_place_in_the_field_decides_the_noise():
    pixels = np.zeros((8, 8, 1), np.uint8)

    first = Noise(20, start=5).image(pixels)

    assert first.shape == (8, 8, 1)
    np.testing.assert_array_equal(Noise(20, start=5).image(pixels), first)
    assert (Noise(20, start=6).image(pixels) != first).any()


def test_no_noise_leaves_the_picture_alone():
    pixels = np.zeros((2, 2, 3), np.uint8)

    assert Noise().image(pixels) is pixels


def test_the_field_goes_on_at_its_beginning():
    pixels = np.zeros((4, 2, 3), np.uint8)

    noise = Noise(20, start=FIELD - 9).image(pixels).ravel()

    np.testing.assert_array_equal(noise, [*field(20)[-9:], *field(20)[:15]])
