"""contrastive=1: two views of each picture, which have draws in common.

load_data_detection() and get_random_paths_custom(), Darknet's src/data.c.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.cfg.net import NetOptions


@dataclass(frozen=True)
class Views:
    """What every second picture of a mini-batch, which is the one before it once more, draws anew.

    shape: jitter and flip, colour: hue, saturation and exposure; everything else it always does.
    """

    shape: bool
    colour: bool

    @classmethod
    def of(cls, net: NetOptions) -> Views | None:
        """None where each picture is seen once."""
        if not net.contrastive or net.sequences % 2:
            return None
        return cls(net.contrastive_jit_flip, net.contrastive_color)


@dataclass(frozen=True)
class SecondView:
    """What the second view has beside the first one's random numbers: its own, `rng`."""

    views: Views
    rng: np.random.Generator
