"""Expand: zoom out, so that the picture is a part of a larger canvas in its mean colour."""

from __future__ import annotations

import numpy as np

from darkpy.augment.crop import CropWindow


def draw_canvas(rng: np.random.Generator, picture: tuple[int, int], *, expand: float) -> CropWindow:
    """The canvas as a window around the picture: every second one up to `expand` times as large.

    Both sides grow alike, the picture lies anywhere in it: GluonCV's random_expand().
    """
    whole = CropWindow.whole(picture)
    if expand <= 1 or not rng.integers(2):
        return whole
    ratio = rng.uniform(1, expand)
    height, width = (int(side * ratio) for side in picture)
    above = int(rng.integers(height - picture[0], endpoint=True))
    before = int(rng.integers(width - picture[1], endpoint=True))
    return CropWindow(-before, -above, width, height, picture)
