"""Two pictures in one."""

from __future__ import annotations

import numpy as np

from darkpy.augment.mixup import blend


def test_mixup_is_the_mean_of_both():
    first, second = np.full((2, 2, 1), 100, np.uint8), np.full((2, 2, 1), 201, np.uint8)

    mixed = blend(first, second)

    # (100 + 201) / 2 = 150.5
    assert mixed.shape == (2, 2, 1)
    assert mixed[0, 0, 0] in (150, 151)
