"""contrastive=1: two views of each picture, which have draws in common.

load_data_detection() and get_random_paths_custom(), Darknet's src/data.c.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.augment.mosaic import Mosaic
from darkpy.augment.parts import Draw, Part
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


def seen_again(
    drawn: Callable[..., Part],
    first: Draw,
    second: SecondView,
    sizes_hw: Sequence[tuple[int, int]],
    truths: Sequence[np.ndarray],
) -> Draw:
    """The second view's draw: of the same pictures, joined the same way but cut elsewhere.

    drawn: gives a part, see Recipe.part.
    """
    layout, rng, views = first.layout, second.rng, second.views
    if layout.mosaic:
        layout = replace(layout, mosaic=Mosaic.draw(rng, layout.height, layout.width))
    each = enumerate(zip(sizes_hw, truths, first.parts, strict=True))
    parts = tuple(
        replace(
            drawn(rng, layout, at, size_hw, rows, None if views.shape else part),
            **({} if views.colour else {"colour": part.colour, "distort": part.distort}),
        )
        for at, (size_hw, rows, part) in each
    )
    return Draw(layout, parts)
