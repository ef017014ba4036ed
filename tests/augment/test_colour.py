"""Hue, saturation and exposure."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.augment.colour import Colour


def _draws(**knobs) -> np.ndarray:
    """(10,000, 3) hue, saturation, exposure."""
    rng = np.random.default_rng(0)
    draws = (Colour.draw(rng, **knobs) for _ in range(10_000))
    return np.array([(one.hue, one.saturation, one.exposure) for one in draws])


def test_hue_is_uniform_and_factors_are_uniform_or_inverse():
    hue, saturation, exposure = _draws(hue=0.1, saturation=1.5, exposure=2.0).T

    assert abs(hue.mean()) < 4 * 0.1 / 3**0.5 / 100
    assert 0.099 < abs(hue).max() <= 0.1
    for factor, largest in ((saturation, 1.5), (exposure, 2.0)):
        assert 1 / largest <= factor.min() < factor.max() <= largest
        above = factor[factor > 1]
        assert abs(len(above) / 10_000 - 0.5) < 4 * 0.005
        # Uniform in 1..largest; its inverse below: both means are (1 + largest) / 2.
        below = 1 / factor[factor < 1]
        middle, spread = (1 + largest) / 2, (largest - 1) / 12**0.5
        assert abs(above.mean() - middle) < 4 * spread / 70
        assert abs(below.mean() - middle) < 4 * spread / 70


def test_knobs_that_are_off_draw_nothing():
    assert (_draws(hue=0, saturation=1, exposure=1) == (0, 1, 1)).all()


def test_a_neutral_draw_leaves_the_picture_alone():
    pixels = np.zeros((2, 2, 3), np.uint8)

    assert Colour().image(pixels) is pixels


@pytest.mark.parametrize(
    ("colour", "before", "after"),
    [
        # Red (0, 255, 200 in HSV): exposure 1.2 makes the value 240, more than 255 is cut.
        (Colour(exposure=1.2), (200, 0, 0), (240, 0, 0)),
        (Colour(exposure=2.0), (200, 0, 0), (255, 0, 0)),
        # Half of the saturation 255 is 127.5, even 128: 200 * (1 - 128/255) = 99.6.
        (Colour(saturation=0.5), (200, 0, 0), (200, 100, 100)),
        # A third of a turn is 179/3 = 59.7, 60 of 180 levels: red turns green.
        (Colour(hue=1 / 3), (200, 0, 0), (0, 200, 0)),
        # Below 0 the hue is held: red stays red.
        (Colour(hue=-0.1), (200, 0, 0), (200, 0, 0)),
        (Colour(0.1, 2.0, 1.5), (100, 100, 100), (150, 150, 150)),
    ],
)
def test_worked_colours(colour, before, after):
    pixels = np.full((1, 1, 3), before, np.uint8)

    changed = colour.image(pixels)

    assert abs(changed.astype(int) - after).max() <= 1


def test_of_a_grey_picture_only_the_exposure_changes():
    pixels = np.full((2, 2, 1), 100, np.uint8)

    np.testing.assert_array_equal(Colour(0.3, 2.0, 1.5).image(pixels), np.full((2, 2, 1), 150))


def test_colours_are_those_of_the_tables_at_every_level():
    rng = np.random.default_rng(3)
    # every hue, saturation and value, in rows that no register divides
    levels = np.resize(np.arange(256, dtype=np.uint8), (3, 7, 77))
    halves = [(-2.5 / 179, 1.5, 0.5), (0.5 / 179, 0.25, 2.0), (2.0, 0.0, 300.0), (-2.0, 1.0, 1.0)]
    drawn = np.c_[rng.uniform(-0.5, 0.5, 500), rng.uniform(0.1, 4, (500, 2))].tolist()
    for numbers in [*halves, *drawn]:
        colour = Colour(*numbers)
        changed = levels.copy()

        colour._change(*changed)

        for before, after, table in zip(levels, changed, colour.tables(), strict=True):
            assert np.array_equal(after, table[before]), numbers
