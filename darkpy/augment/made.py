"""What a recipe is given for a training picture, and what it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from darkpy.augment.packed import Slot
from darkpy.augment.parts import Draw, Layout, Placed


@dataclass(frozen=True)
class Source:
    """A picture of the data set: its number, pixels (h, w, C) uint8 and rows cx cy w h class.

    truths: (M, 5). ignored: (I, 5) of what is not judged.
    """

    index: int
    pixels: np.ndarray
    truths: np.ndarray
    ignored: np.ndarray


@dataclass(frozen=True)
class Made:
    """One training picture; its pixels are ready or still to be made on the device.

    truths (M, 5) and ignored (I, 5) are its rows, index is the number of its first source.
    """

    pixels: np.ndarray | Slot
    truths: np.ndarray
    ignored: np.ndarray
    index: int
    draw: Draw


# The next so many pictures of the data set.
Read: TypeAlias = Callable[[int], Sequence[Source]]
# Pixels from a layout, its placed parts and the sources' pixels: `training_picture` or `Slot.of`.
Form: TypeAlias = Callable[[Layout, Sequence[Placed], Sequence[np.ndarray]], np.ndarray | Slot]
