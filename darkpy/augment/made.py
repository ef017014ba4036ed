"""What a recipe is given for a training picture, and what it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from darkpy.augment.packed import Slot
from darkpy.augment.parts import Draw, Layout, Placed

if TYPE_CHECKING:
    from darkpy.augment.classifier import ClassDraw


@dataclass(frozen=True)
class Source:
    """A picture of the data set: its number, pixels (h, w, C) uint8 and rows cx cy w h class.

    truths: (M, 5). ignored: (I, 5) of what is not judged. wanted: (K,) of a classifier's picture.
    """

    index: int
    pixels: np.ndarray
    truths: np.ndarray
    ignored: np.ndarray
    wanted: np.ndarray | None = None


@dataclass(frozen=True)
class Made:
    """One training picture; its pixels are ready or still to be made on the device.

    truths (M, 5) and ignored (I, 5) are its rows, index is the number of its first source, wanted
    (K,) what a classifier is to say.
    """

    pixels: np.ndarray | Slot
    truths: np.ndarray
    ignored: np.ndarray
    index: int
    draw: Draw | ClassDraw
    wanted: np.ndarray | None = None


# The next so many pictures of the data set.
Read: TypeAlias = Callable[[int], Sequence[Source]]
# Pixels from a layout, its placed parts and the sources' pixels: `training_picture` or `Slot.of`.
Form: TypeAlias = Callable[[Layout, Sequence[Placed], Sequence[np.ndarray]], np.ndarray | Slot]
