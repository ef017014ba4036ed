"""Crop: cut or add margins, bring the rest to the network's size, and take the boxes along.

`jitter` moves each side by a share of the picture, `resize` zooms, `letter_box` adds what the
aspect lacks. A margin may be negative: the picture is then framed by its mean colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from darkpy.machine.opencv import cv2, planes


@dataclass(frozen=True)
class CropWindow:
    """The part of a picture that is used, px of the picture; it may reach outside.

    picture: height and width of the whole.
    """

    left: int
    top: int
    width: int
    height: int
    picture: tuple[int, int]

    kernel: ClassVar[int] = cv2.INTER_LINEAR  # that it is brought to the network's size with

    @classmethod
    def whole(cls, picture: tuple[int, int]) -> CropWindow:
        """All of the picture and no more."""
        return cls(0, 0, picture[1], picture[0], picture)

    @classmethod
    def from_margins(
        cls, picture: tuple[int, int], left: int, right: int, top: int, bottom: int
    ) -> CropWindow:
        """What is left inside the margins."""
        high, wide = picture
        return cls(left, top, wide - left - right, high - top - bottom, picture)

    @classmethod
    def draw(
        cls, rng: np.random.Generator, picture: tuple[int, int], *, jitter: float, resize: float
    ) -> CropWindow:
        """Margins by `jitter` (each side on its own) and `resize` (two draws for both axes)."""
        return cls.of(cls.chances(rng), picture, jitter=jitter, resize=resize)

    @staticmethod
    def chances(rng: np.random.Generator) -> tuple[float, ...]:
        """Two numbers of 0..1 for resize= and one for jitter= of each side."""
        return tuple(rng.random(6).tolist())

    @classmethod
    def of(
        cls, chances: Sequence[float], picture: tuple[int, int], *, jitter: float, resize: float
    ) -> CropWindow:
        """The margins that six numbers of 0..1 mean.

        The float32 arithmetic and the truncations are load_data_detection()'s, src/data.c.
        """
        high, wide = picture
        zoom_near, zoom_far, *shifts = chances
        margins = []
        for length, near, far in ((wide, *shifts[:2]), (high, *shifts[2:])):
            most, least, largest = _reach(length, jitter, resize)
            for zoom, shift in ((zoom_near, near), (zoom_far, far)):
                margin = int(-most + shift * 2 * most)
                margins.append(int(margin + least + zoom * (largest - least)))
        return cls.from_margins(picture, *margins)

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Pixels cut off at the left, right, top and bottom; negative where some were added."""
        high, wide = self.picture
        right, bottom = wide - self.left - self.width, high - self.top - self.height
        return self.left, right, self.top, bottom

    def with_margins(self, left: int, right: int, top: int, bottom: int) -> CropWindow:
        """The same crop inside other margins."""
        high, wide = self.picture
        size = {"width": wide - left - right, "height": high - top - bottom}
        return replace(self, left=left, top=top, **size)

    def inside(self, canvas: CropWindow) -> CropWindow:
        """This crop of a canvas, seen from the picture that the canvas is a window of."""
        if canvas.picture == self.picture and not canvas.left and not canvas.top:
            return self
        left, top = canvas.left + self.left, canvas.top + self.top
        return replace(self, left=left, top=top, picture=canvas.picture)

    def letterboxed(self, net: tuple[int, int]) -> CropWindow:
        """With margins added so that the picture keeps its aspect in an input of size `net`."""
        left, right, top, bottom = self.margins
        high, wide = np.float32(self.picture)
        aspect = np.float32(net[1]) / np.float32(net[0])
        if wide / high / aspect > 1:
            lacking = (wide / aspect - high) / 2
            top, bottom = int(top - lacking), int(bottom - lacking)
        else:
            lacking = (high * aspect - wide) / 2
            left, right = int(left - lacking), int(right - lacking)
        return self.with_margins(left, right, top, bottom)

    def usable(self) -> CropWindow:
        """This crop, or all of the picture if nothing of it is left."""
        left, right, top, bottom = self.margins
        high, wide = self.picture
        sides = (self.width, self.height, wide - left, wide - right, high - top, high - bottom)
        return self if min(sides) > 0 else CropWindow.whole(self.picture)

    def image(self, pixels: np.ndarray, height: int, width: int) -> np.ndarray:
        """(H, W, C) -> (height, width, C) as cv2.resize, bilinear but for SSD's crops."""
        left, right, top, bottom = self.margins
        high, wide = self.picture
        part = pixels[
            max(0, top) : min(high, high - bottom), max(0, left) : min(wide, wide - right)
        ]
        frame = [max(0, -margin) for margin in (top, bottom, left, right)]
        if any(frame):
            mean = mean_colour(pixels)
            part = cv2.copyMakeBorder(part, *frame, cv2.BORDER_CONSTANT, value=mean)
        return planes(cv2.resize(part, (width, height), interpolation=self.kernel))

    def kept(self, truths: np.ndarray) -> np.ndarray:
        """The truths (M, 5) of the picture that are trained on where they are visible: all."""
        return truths

    def truths(self, truths: np.ndarray) -> np.ndarray:
        """(M, 5) in the picture -> (M', 5) in the crop, cut at its border.

        Boxes outside the picture are dropped; those outside the crop stay with no extent:
        correct_boxes(), src/data.c.
        """
        if not len(truths):
            return truths
        kept, ends = truths, _ends(truths)
        if ends[1].min() < 0 or ends[0].max() > 1 or not truths[:, :2].all():
            apart = ((ends[1] < 0) | (ends[0] > 1)).any(axis=1)
            kept = truths[~(apart | (truths[:, :2] == 0).all(axis=1))]
            ends = _ends(kept)
        high, wide = self.picture
        ends *= np.float32((wide / self.width, high / self.height))
        ends -= np.float32((self.left / self.width, self.top / self.height))
        near, far = np.minimum(np.maximum(ends, 0, out=ends), 1, out=ends)
        made = kept.copy()
        np.divide(near + far, 2, out=made[:, :2])
        np.subtract(far, near, out=made[:, 2:4])
        return made


def mean_colour(pixels: np.ndarray) -> list[int]:
    """The colour around a picture (H, W, C): its mean, a level for each channel.

    cv2.mean gives the same numbers in four times the time.
    """
    high, wide, channels = pixels.shape
    return [round(total * (1 / (high * wide))) for total in cv2.sumElems(pixels)[:channels]]


def _ends(truths: np.ndarray) -> np.ndarray:
    """Upper left and lower right corners x, y of boxes (M, 5), (2, M, 2)."""
    centre, half = truths[:, :2], truths[:, 2:4] / 2
    ends = np.empty((2, *half.shape), half.dtype)
    np.subtract(centre, half, out=ends[0])
    np.add(centre, half, out=ends[1])
    return ends


@lru_cache(maxsize=4096)  # sides of pictures
def _reach(length: int, jitter: float, resize: float) -> tuple[int, int, int]:
    """How far jitter= moves the ends of a side of `length` px, and the margins of resize=."""
    return int(np.float32(length) * np.float32(jitter)), *zoom_margins(length, resize)


def zoom_margins(length: int, resize: float) -> tuple[int, int]:
    """Smallest and largest margin that resize= allows along a side of `length` px.

    Above 1 the zoom goes both ways, below 1 only outwards; 0 is no zoom.
    """
    if resize <= 0:
        return 0, 0
    one, side, factor = np.float32(1), np.float32(length), np.float32(resize)
    smaller, larger = min(factor, one / factor), max(factor, one / factor)
    outwards = int(side * (one - one / smaller) / np.float32(2))
    inwards = int(side * (one - one / larger) / np.float32(2))
    return outwards, inwards if resize >= 1 else 0
