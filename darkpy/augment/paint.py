"""The pixels of a training picture, with OpenCV, one picture at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkpy.augment import mixup
from darkpy.augment.mosaic import PICTURES
from darkpy.augment.parts import Layout, Part, Placed


def training_picture(
    layout: Layout, placed: Sequence[Placed], pictures: Sequence[np.ndarray]
) -> np.ndarray:
    """Source pictures (H, W, C) uint8, RGB or grey -> the training picture (height, width, C)."""
    made = [paint(one, layout, pixels) for one, pixels in zip(placed, pictures, strict=True)]
    if layout.mosaic:
        joined = np.empty((layout.height, layout.width, pictures[0].shape[2]), np.uint8)
        for one, pixels in zip(placed[:PICTURES], made, strict=False):
            joined[one.target(layout)] = pixels
        made = [joined, *made[PICTURES:]]
    return made[0] if len(made) == 1 else mixup.blend(*made)


def paint(placed: Placed, layout: Layout, pixels: np.ndarray) -> np.ndarray:
    """What is seen of one source picture, (h, w, C)."""
    part, seen = placed.part, placed.source(layout)
    pixels = part.rotation.image(pixels, part.crop, layout.height, layout.width)
    pixels = part.flip.image(pixels)
    if not part.blur.kernel:
        pixels = _coloured(part, pixels[seen])
    else:
        # What is blurred needs its surroundings.
        pixels = part.blur.image(_coloured(part, pixels), placed.truths)[seen]
    return part.noise.image(pixels)


def _coloured(part: Part, pixels: np.ndarray) -> np.ndarray:
    return part.distort.image(part.colour.image(pixels))
