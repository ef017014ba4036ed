"""Every draw against its formula: 10,000 each, with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import CropWindow, zoom_margins
from darkpy.augment.flip import Flip
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.noise import FIELD, Noise
from darkpy.augment.recipe import Recipe
from darkpy.cfg.net import NetOptions
from darkpy.chance import picks
from darkpy.data.sizes import RandomSizes

DRAWS = 10_000
BINS = 50
PICTURE = (300, 400)


@pytest.fixture
def draws() -> Callable[[Callable[[np.random.Generator], object]], np.ndarray]:
    """10,000 values of a drawing function."""
    rng = np.random.default_rng(11)
    return lambda draw: np.array([draw(rng) for _ in range(DRAWS)])


def _assert_as_expected(counts: Sequence[int], shares: Sequence[float]) -> None:
    """Chi-square; mean n - 1, deviation sqrt(2 (n - 1)). Five of them is one in a million."""
    counts, expected = np.asarray(counts), np.asarray(shares) * np.sum(counts)
    freedom = len(counts) - 1
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < freedom + 5 * np.sqrt(2 * freedom)


def _assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    assert low <= values.min()
    assert values.max() <= high
    counts, _ = np.histogram(values, BINS, (low, high))
    _assert_as_expected(counts, np.full(BINS, 1 / BINS))


def _assert_share(hits: np.ndarray, share: float) -> None:
    _assert_as_expected([hits.sum(), (~hits).sum()], [share, 1 - share])


def test_hue_is_uniform_both_ways(draws):
    hues = draws(lambda rng: Colour.draw(rng, hue=0.1, saturation=1, exposure=1).hue)

    _assert_uniform(hues, -0.1, 0.1)


@pytest.mark.parametrize("knob", ["saturation", "exposure"])
def test_factors_are_uniform_above_one_and_every_second_is_inverted(draws, knob):
    knobs = {"hue": 0, "saturation": 1, "exposure": 1, knob: 1.5}
    factors = draws(lambda rng: getattr(Colour.draw(rng, **knobs), knob))

    above = factors > 1
    _assert_share(above, 0.5)
    _assert_uniform(factors[above], 1, 1.5)
    _assert_uniform(1 / factors[~above], 1, 1.5)


def test_jitter_moves_every_side_on_its_own(draws):
    margins = draws(lambda rng: CropWindow.draw(rng, PICTURE, jitter=0.1, resize=0).margins)

    # 10 % of 400 and of 300 px, cut to whole px towards 0: to 0 fall two units of 2 * most, to
    # every other px one.
    for side, most in enumerate((40, 40, 30, 30)):
        values = np.arange(1 - most, most)
        counts = [(margins[:, side] == value).sum() for value in values]
        assert sum(counts) == DRAWS
        _assert_as_expected(counts, np.where(values == 0, 2, 1) / (2 * most))
    assert abs(np.corrcoef(margins.T) - np.eye(4)).max() < 0.05


@pytest.mark.parametrize("resize", [1.5, 0.8])
def test_resize_zooms_both_axes_alike(draws, resize):
    margins = draws(lambda rng: CropWindow.draw(rng, PICTURE, jitter=0, resize=resize).margins)

    # 1.5: from 300/1.5 px to 300*1.5 px; (1 - 1.5)/2 * 400 = -100 to (1 - 1/1.5)/2 * 400 = 66.
    # 0.8: only outwards, (1 - 1/.8)/2 * 400 = -50.
    least, largest = zoom_margins(400, resize)
    assert (least, largest) == {1.5: (-100, 66), 0.8: (-50, 0)}[resize]
    for side in (0, 1):
        assert margins[:, side].min() >= least
        assert margins[:, side].max() <= largest
        # Whole px, cut towards 0: each share lands within one px.
        shares = (np.sort(margins[:, side]) - least) / (largest - least)
        assert abs(shares - (np.arange(DRAWS) + 0.5) / DRAWS).max() < 0.03
    # One draw for the left and upper side, one for the right and lower.
    for across, down in ((0, 2), (1, 3)):
        assert abs(margins[:, across] * 0.75 - margins[:, down]).max() <= 2
    assert abs(np.corrcoef(margins[:, 0], margins[:, 1])[0, 1]) < 0.05


def test_every_second_picture_is_mirrored(draws):
    _assert_share(draws(lambda rng: Flip.draw(rng, flip=True).mirrored), 0.5)


def test_a_third_each_is_sharp_blurred_behind_and_blurred_all_over(draws):
    kernels = draws(lambda rng: Blur.draw(rng, blur=9).kernel)

    _assert_as_expected([(kernels == kernel).sum() for kernel in (0, 1, 9)], [1 / 3] * 3)


def test_every_second_picture_is_noisy_from_anywhere_in_the_field(draws):
    noises = draws(
        lambda rng: (lambda n: (n.deviation, n.start))(Noise.draw(rng, gaussian_noise=20))
    )

    noisy = noises[:, 0] > 0
    _assert_share(noisy, 0.5)
    _assert_uniform(noises[noisy, 1], 0, FIELD)


@pytest.mark.parametrize(("knob", "pictures"), [("mosaic", 4), ("mixup", 2)])
def test_half_of_the_pictures_are_joined(draws, knob, pictures):
    recipe = Recipe(**{knob: True})
    counts = draws(lambda rng: recipe.layout(rng, 416, 416).pictures)

    assert set(counts) == {1, pictures}
    _assert_share(counts == pictures, 0.5)


def test_the_cut_lies_in_the_middle_60_percent(draws):
    cuts = draws(
        lambda rng: (lambda m: (m.cut_x, m.cut_y))(Mosaic.draw(rng, height=100, width=200))
    )

    for axis, (low, high) in enumerate(((40, 160), (20, 80))):
        counts = np.bincount(cuts[:, axis], minlength=high + 1)[low:]
        assert counts.sum() == DRAWS
        _assert_as_expected(counts, np.full(len(counts), 1 / len(counts)))
    assert abs(np.corrcoef(cuts.T)[0, 1]) < 0.05


def test_random_sizes_follow_the_zoom():
    net = NetOptions(width=416, height=416, max_batches=10 * DRAWS + 200)
    sizes = RandomSizes.of(net, 1.0, seed=5)
    drawn = np.array([sizes.at(10 * block + 1)[0] for block in range(1, DRAWS + 1)])

    # round(r * 416 / 32 + 1) * 32 with r in 1..1.4, every second time inverted: the zooms at
    # which the size changes say how likely each is.
    zooms = np.linspace(1, 1.4, 200_001)
    made = [np.floor(zoom * 416 / 32 + 1 + 0.5).astype(int) * 32 for zoom in (zooms, 1 / zooms)]
    made[1][made[1] > 416] = 416  # what is zoomed out never gets larger than the cfg's own
    shares = (np.bincount(made[0], minlength=700) + np.bincount(made[1], minlength=700)) / 400_002
    likely = np.flatnonzero(shares)
    assert set(drawn) == set(likely)
    _assert_as_expected([(drawn == size).sum() for size in likely], shares[likely])
    assert {sizes.at(i) for i in range(1, 11)} == {sizes.largest}
    assert {sizes.at(net.max_batches - i) for i in range(100)} == {sizes.largest}


def test_every_picture_of_a_data_set_is_as_likely(draws):
    numbers = draws(lambda rng: picks(rng, 100))

    _assert_as_expected(np.bincount(numbers.ravel(), minlength=100), np.full(100, 0.01))
