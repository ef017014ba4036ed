"""What is drawn for a training picture, and where its source pictures go in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import CropWindow
from darkpy.augment.distort import PLAIN, Distort
from darkpy.augment.flip import Flip
from darkpy.augment.mosaic import PICTURES, Mosaic, Tile
from darkpy.augment.noise import Noise
from darkpy.augment.rotation import UNTURNED, Rotation


@dataclass(frozen=True)
class Layout:
    """How many pictures make one, in an input of height x width px; where they are cut.

    A mosaic takes the first four of them; what is left fills the input and is mixed with it.
    """

    height: int
    width: int
    pictures: int = 1
    mosaic: Mosaic | None = None

    def mosaic_of(self, number: int) -> Mosaic | None:
        """The mosaic that source picture `number` is a tile of, if it is one."""
        return self.mosaic if number < PICTURES else None

    def tile(self, number: int, part: Part) -> Tile | None:
        """Where source picture `number` goes; None if it fills the input."""
        mosaic = self.mosaic_of(number)
        return mosaic.tile(number, part.crop, part.flip.mirrored) if mosaic else None


@dataclass(frozen=True)
class Part:
    """What was drawn for one source picture.

    chosen: which of its truths are used, where it has more than the network trains on. chances:
    what jitter= and resize= were drawn from, for a second view of the picture.
    """

    crop: CropWindow
    flip: Flip
    colour: Colour
    blur: Blur
    noise: Noise
    chosen: tuple[int, ...] | None = None
    rotation: Rotation = UNTURNED
    distort: Distort = PLAIN
    chances: tuple[float, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Draw:
    """All that was drawn for one training picture."""

    layout: Layout
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Placed:
    """A part whose truths are known: what is left to do is its pixels.

    truths: (M, 5) of the source picture at the input's size; a blurred background leaves them
    sharp. tile: where the picture is seen; it fills the input without one. The blur of `part` is
    as strong as the truths allow.
    """

    part: Part
    truths: np.ndarray
    tile: Tile | None = None

    def source(self, layout: Layout) -> tuple[slice, slice]:
        """Rows and columns of the picture, at the input's size, that are seen."""
        return self.tile.source if self.tile else (slice(0, layout.height), slice(0, layout.width))

    def target(self, layout: Layout) -> tuple[slice, slice]:
        """Rows and columns of the training picture that they fill."""
        return self.tile.target if self.tile else (slice(0, layout.height), slice(0, layout.width))
