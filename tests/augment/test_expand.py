"""Zooming out: how often, how far, and where the picture is."""

from __future__ import annotations

import numpy as np

from darkpy.augment.expand import draw_canvas

PICTURE = (300, 400)
DRAWS = 10_000


def test_half_of_the_pictures_get_a_canvas_up_to_four_times_as_wide():
    rng = np.random.default_rng(0)
    drawn = [draw_canvas(rng, PICTURE, expand=4) for _ in range(DRAWS)]
    larger = [canvas for canvas in drawn if canvas.width > 400]

    assert abs(len(larger) / DRAWS - 0.5) < 4 * 0.005
    ratios = np.array([canvas.width / 400 for canvas in larger])
    # Uniform in 1..4: the mean is 2.5, a quarter lies below 1.75.
    assert 1 < ratios.min() < 1.05
    assert 3.95 < ratios.max() <= 4
    assert abs(ratios.mean() - 2.5) < 4 * 3 / np.sqrt(12 * len(ratios))
    assert abs((ratios < 1.75).mean() - 0.25) < 4 * 0.0062
    for canvas in larger:
        assert abs(canvas.height / 300 - canvas.width / 400) < 1 / 300


def test_the_picture_lies_anywhere_in_its_canvas_and_wholly():
    rng = np.random.default_rng(1)
    larger = [c for c in (draw_canvas(rng, PICTURE, expand=4) for _ in range(DRAWS)) if c.left < 0]
    margins = np.array([canvas.margins for canvas in larger if canvas.width > 500])

    assert margins.max() <= 0
    assert len(margins) > 4000
    for axis in (0, 2):
        shares = margins[:, axis] / (margins[:, axis] + margins[:, axis + 1])
        # Whole px of a canvas hardly wider than the picture are coarse: 1 % of the shares.
        assert abs(shares.mean() - 0.5) < 4 * 0.0042
        assert abs((shares < 0.25).mean() - 0.25) < 0.03


def test_without_the_key_there_is_no_canvas_and_no_draw():
    rng = np.random.default_rng(0)

    canvas = draw_canvas(rng, PICTURE, expand=1)

    assert canvas.margins == (0, 0, 0, 0)
    assert rng.random() == np.random.default_rng(0).random()
