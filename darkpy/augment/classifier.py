"""The recipe of a classifier's training picture; load_data_augment(), Darknet's src/data.c.

Crop, flip, colour; then, for every second picture, mixup, cutmix or mosaic, which mix the classes
as well; then blur. Darknet tosses the coin once for all pictures it loads together; here every
picture has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.augment import mixup
from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.cutmix import CutMix
from darkpy.augment.flip import Flip
from darkpy.augment.look import LookKeys
from darkpy.augment.made import Made, Read
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.truths import EMPTY
from darkpy.augment.turned_crop import TurnedCrop
from darkpy.augment.views import SecondView
from darkpy.cfg.net import NetOptions
from darkpy.machine.opencv import cv2, planes

_BLURRED = 4  # every fourth picture with blur=
_USUAL_KERNEL = 15  # px, for blur=1


@dataclass(frozen=True)
class Mixup:
    """Two pictures half and half."""

    shares = (0.5, 0.5)

    @classmethod
    def draw(cls, rng: np.random.Generator, height: int, width: int) -> Mixup:
        """There is nothing to draw."""
        return cls()

    def joined(self, pictures: list[np.ndarray]) -> np.ndarray:
        """Two (height, width, C) -> one."""
        return mixup.blend(*pictures)


@dataclass(frozen=True)
class ClassMosaic:
    """Four pictures, of each of which the quarter is seen that it fills."""

    mosaic: Mosaic

    @classmethod
    def draw(cls, rng: np.random.Generator, height: int, width: int) -> ClassMosaic:
        """Where the four meet."""
        return cls(Mosaic.draw(rng, height, width))

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the area that each has, upper left, upper right, lower left, lower right."""
        cut = self.mosaic
        columns = cut.cut_x / cut.width, 1 - cut.cut_x / cut.width
        rows = cut.cut_y / cut.height, 1 - cut.cut_y / cut.height
        return tuple(row * column for row in rows for column in columns)

    def joined(self, pictures: list[np.ndarray]) -> np.ndarray:
        """Four (height, width, C) -> one."""
        joined = pictures[0].copy()
        x, y = self.mosaic.cut_x, self.mosaic.cut_y
        joined[:y, x:] = pictures[1][:y, x:]
        joined[y:, :x] = pictures[2][y:, :x]
        joined[y:, x:] = pictures[3][y:, x:]
        return joined


Mixture = Mixup | CutMix | ClassMosaic


@dataclass(frozen=True)
class ClassPart:
    """What was drawn for one source picture."""

    crop: TurnedCrop
    flip: Flip
    colour: Colour


@dataclass(frozen=True)
class ClassDraw:
    """All that was drawn for one training picture; without `mixture` it has one part."""

    mixture: Mixture | None
    parts: tuple[ClassPart, ...]
    blur: Blur


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe(LookKeys):
    """The augmentation keys of [net] as classifiers use them, for an input of height x width px.

    mixtures: of "mixup", "cutmix", "mosaic" those that take turns.
    """

    height: int
    width: int
    min_crop: int
    max_crop: int
    angle: float = 0.0
    aspect: float = 1.0
    mixtures: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, net: NetOptions) -> ClassifierRecipe:
        """The recipe that a cfg asks for. cutmix=1 and mosaic=1 go before mixup=1, and in turns."""
        joints = tuple(name for name in ("cutmix", "mosaic") if getattr(net, name))
        return cls(
            height=net.height,
            width=net.width,
            min_crop=net.min_crop or net.width,
            max_crop=net.max_crop or 2 * net.width,
            angle=net.angle,
            aspect=net.aspect,
            **LookKeys.of(net),
            mixtures=joints or (("mixup",) if net.mixup else ()),
        )

    def enough(self, height: int, width: int) -> tuple[int, int]:
        """Pixels a picture needs so that no crop of it is magnified."""
        longest = math.ceil(max(self.max_crop, self.min_crop) * max(1.0, self.aspect))
        return longest, longest

    def make(
        self,
        rng: np.random.Generator,
        size_hw: tuple[int, int],
        read: Read,
        form: object = None,
        second: SecondView | None = None,
    ) -> Made:
        """Draw, read what the draw needs, and make a training picture.

        form: how detectors' pixels are made; a classifier's are made here and now. second: it is
        the second view of the pictures that `rng` chooses without it, mixed alike, and has
        everything else of its own.
        """
        mixture = self.mixture(rng)
        sources = read(1 if mixture is None else len(mixture.shares))
        if second is not None:
            rng = second.rng
            mixture = mixture and mixture.draw(rng, self.height, self.width)
        draw = self.draw(rng, mixture, [one.pixels.shape[:2] for one in sources])
        wanted = np.stack([one.wanted for one in sources])
        pixels, target = self.apply(draw, [one.pixels for one in sources], wanted)
        return Made(pixels, EMPTY, EMPTY, sources[0].index, draw, target)

    def mixture(self, rng: np.random.Generator) -> Mixture | None:
        """Whether and how the picture is mixed, which says how many pictures it takes."""
        if not self.mixtures or not rng.integers(2):
            return None
        name = self.mixtures[rng.integers(len(self.mixtures))]
        return _MIXTURES[name].draw(rng, self.height, self.width)

    def draw(
        self,
        rng: np.random.Generator,
        mixture: Mixture | None,
        sizes_hw: Sequence[tuple[int, int]],
    ) -> ClassDraw:
        """Values for pictures of these (height, width), as many as the mixture takes."""
        parts = tuple(self._part(rng, size_hw) for size_hw in sizes_hw)
        blurred = self.blur and not rng.integers(_BLURRED)
        kernel = self.blur if self.blur != 1 else _USUAL_KERNEL
        return ClassDraw(mixture, parts, Blur(kernel if blurred else 0))

    def _part(self, rng: np.random.Generator, size_hw: tuple[int, int]) -> ClassPart:
        crop = TurnedCrop.draw(
            rng,
            size_hw,
            max(self.height, self.width),
            angle=self.angle,
            aspect=self.aspect,
            min_crop=self.min_crop,
            max_crop=self.max_crop,
        )
        flip = Flip.draw(rng, flip=self.flip)
        colour = self.colour(rng)
        return ClassPart(crop, flip, colour)

    def apply(
        self, draw: ClassDraw, pictures: Sequence[np.ndarray], targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (H, W, C) uint8, their classes (n, K) -> one (height, width, C) and (K,).

        Each picture's classes count as much as its share of the result.
        """
        made = [self._painted(*pair) for pair in zip(draw.parts, pictures, strict=True)]
        if draw.mixture is None:
            pixels, shares = made[0], (1.0,)
        else:
            pixels, shares = draw.mixture.joined(made), draw.mixture.shares
        target = np.asarray(shares, np.float32) @ np.asarray(targets, np.float32)
        return draw.blur.image(pixels, EMPTY), target

    def _painted(self, part: ClassPart, pixels: np.ndarray) -> np.ndarray:
        square = part.flip.image(part.crop.image(pixels))
        return _resized(part.colour.turned(square), self.height, self.width)


def _resized(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """A square window at the input's size, bilinear between the corners as resize_image()."""
    size = pixels.shape[0]
    if (height, width) == (size, size):
        return pixels
    matrix = np.diag(((size - 1) / max(1, width - 1), (size - 1) / max(1, height - 1), 1))[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    resized = cv2.warpAffine(
        pixels, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return planes(resized)


_MIXTURES = {"mixup": Mixup, "cutmix": CutMix, "mosaic": ClassMosaic}
