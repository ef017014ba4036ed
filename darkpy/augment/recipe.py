"""The recipe of a training picture: what is drawn for it, in which order it is applied.

Crop and resize, flip, colour, blur, noise; then, for every second picture, mixup or mosaic with
pictures that were made the same way. Darknet tosses that coin once for all pictures it loads
together; here every picture has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.augment import mixup, mosaic
from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import Crop
from darkpy.augment.flip import Flip
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.noise import Noise
from darkpy.augment.truths import EMPTY, trainable
from darkpy.cfg.net import NetOptions
from darkpy.errors import CfgError

_ALL = (slice(None), slice(None))


@dataclass(frozen=True)
class Layout:
    """How many pictures make one, in an input of height x width px; where they are cut."""

    height: int
    width: int
    pictures: int = 1
    mosaic: Mosaic | None = None


@dataclass(frozen=True)
class Part:
    """What was drawn for one source picture.

    chosen: which of its truths are used, where it has more than the network trains on.
    """

    crop: Crop
    flip: Flip
    colour: Colour
    blur: Blur
    noise: Noise
    chosen: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Draw:
    """All that was drawn for one training picture."""

    layout: Layout
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Recipe:
    """The augmentation keys of [net], with jitter=, resize= and max= (objects) of the last head."""

    jitter: float = 0.2
    resize: float = 1.0
    objects: int = 200
    flip: bool = True
    hue: float = 0.0
    saturation: float = 1.0
    exposure: float = 1.0
    blur: int = 0
    gaussian_noise: int = 0
    letter_box: bool = False
    mixup: bool = False
    mosaic: bool = False
    mosaic_bound: bool = False

    @classmethod
    def from_options(cls, net: NetOptions, *, jitter: float, resize: float, objects: int) -> Recipe:
        """The recipe that a cfg asks for; CfgError where Darknet refuses it as well.

        mosaic=1 goes before mixup=1; cutmix=1 is for classifiers and changes nothing here.
        """
        if net.letter_box and net.mosaic:
            raise CfgError("[net] letter_box=1 and mosaic=1 exclude each other: keep one of them")
        return cls(
            jitter=jitter,
            resize=resize,
            objects=objects,
            flip=net.flip,
            hue=net.hue,
            saturation=net.saturation,
            exposure=net.exposure,
            blur=net.blur,
            gaussian_noise=net.gaussian_noise,
            letter_box=net.letter_box,
            mixup=net.mixup,
            mosaic=net.mosaic,
            mosaic_bound=net.mosaic_bound,
        )

    def layout(self, rng: np.random.Generator, height: int, width: int) -> Layout:
        """Whether the picture is a plain one, a mixup or a mosaic: the coin, and the cut."""
        joined = (self.mosaic or self.mixup) and bool(rng.integers(2))
        if not joined:
            return Layout(height, width)
        if self.mosaic:
            cut = Mosaic.draw(rng, height, width)
            return Layout(height, width, mosaic.PICTURES, cut)
        return Layout(height, width, mixup.PICTURES)

    def draw(
        self,
        rng: np.random.Generator,
        layout: Layout,
        sizes: Sequence[tuple[int, int]],
        counts: Sequence[int],
    ) -> Draw:
        """Values for pictures of these (height, width) that have so many truths each."""
        drawn = enumerate(zip(sizes, counts, strict=True))
        parts = (self._part(rng, layout, tile, size, count) for tile, (size, count) in drawn)
        return Draw(layout, tuple(parts))

    def _part(
        self,
        rng: np.random.Generator,
        layout: Layout,
        tile: int,
        size: tuple[int, int],
        count: int,
    ) -> Part:
        crop = Crop.draw(rng, size, jitter=self.jitter, resize=self.resize)
        flip = Flip.draw(rng, flip=self.flip)
        if self.letter_box:
            crop = crop.letterboxed((layout.height, layout.width))
        if layout.mosaic and rng.integers(2):
            crop = layout.mosaic.cornered(tile, crop, flip.mirrored)
        chosen = None
        if count > self.objects:
            chosen = tuple(sorted(rng.choice(count, self.objects, replace=False).tolist()))
        return Part(
            crop=crop.usable(),
            flip=flip,
            colour=Colour.draw(
                rng, hue=self.hue, saturation=self.saturation, exposure=self.exposure
            ),
            blur=Blur.draw(rng, blur=self.blur),
            noise=Noise.draw(rng, gaussian_noise=self.gaussian_noise),
            chosen=chosen,
        )

    def apply(
        self, draw: Draw, pictures: Sequence[np.ndarray], truths: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (H, W, C) and their truths (M, 5) -> one (height, width, C) and its truths.

        The truths keep the order they have in the label files and are at most `objects`.
        """
        if draw.layout.mosaic:
            return self._mosaic(draw, pictures, truths)
        made = [
            _picture(part, draw.layout, pixels, own)
            for part, pixels, own in zip(draw.parts, pictures, truths, strict=True)
        ]
        rows = np.concatenate([own for _, own in made])[: self.objects]
        if len(made) == 1:
            return made[0][0], rows
        return mixup.blend(made[0][0], made[1][0]), rows

    def ignored(self, draw: Draw, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Boxes of what is not judged, (I, 5) for each picture -> (I', 5) for the one made of them.

        They go where truths go, but never beyond their own picture's tile, and max= does not limit
        them.
        """
        if not any(map(len, rows)):
            return EMPTY
        layout = draw.layout
        moved = [_moved(part, layout, own) for part, own in zip(draw.parts, rows, strict=True)]
        if layout.mosaic:
            for number, part in enumerate(draw.parts):
                tile = layout.mosaic.tile(number, part.crop, part.flip.mirrored)
                moved[number] = tile.truths(moved[number], bound=True)
        return np.concatenate(moved)

    def _mosaic(
        self, draw: Draw, pictures: Sequence[np.ndarray], truths: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        layout = draw.layout
        joined = np.empty((layout.height, layout.width, pictures[0].shape[2]), np.uint8)
        rows: list[np.ndarray] = []
        room = self.objects
        for number, part in enumerate(draw.parts):
            tile = layout.mosaic.tile(number, part.crop, part.flip.mirrored)
            pixels, own = _picture(part, layout, pictures[number], truths[number], tile.source)
            joined[tile.target] = pixels
            rows.append(tile.truths(own[:room], bound=self.mosaic_bound))
            room -= len(rows[-1])
        return joined, np.concatenate(rows)


def _picture(
    part: Part,
    layout: Layout,
    pixels: np.ndarray,
    truths: np.ndarray,
    seen: tuple[slice, slice] = _ALL,
) -> tuple[np.ndarray, np.ndarray]:
    """One source picture at the input's size, the part that is `seen`, and its truths."""
    height, width = layout.height, layout.width
    if part.chosen is not None:
        truths = truths[list(part.chosen)]
    truths = _moved(part, layout, truths)
    part = replace(part, blur=part.blur.limited(truths, height, width))
    return paint(part, layout, pixels, truths, seen), truths


def _moved(part: Part, layout: Layout, rows: np.ndarray) -> np.ndarray:
    """Boxes (M, 5) of one source picture -> (M', 5) in that picture at the input's size."""
    moved = part.flip.truths(part.crop.truths(rows))
    return trainable(moved, layout.height, layout.width)


def paint(
    part: Part,
    layout: Layout,
    pixels: np.ndarray,
    truths: np.ndarray,
    seen: tuple[slice, slice] = _ALL,
) -> np.ndarray:
    """The pixels of one source picture at the input's size, or of the part that is `seen`.

    truths: (M', 5) as they lie in the result; what a blurred background leaves out.
    """
    pixels = part.flip.image(part.crop.image(pixels, layout.height, layout.width))
    if not part.blur.kernel:
        pixels = part.colour.image(pixels[seen])
    else:
        # What is blurred needs its surroundings.
        pixels = part.blur.image(part.colour.image(pixels), truths)[seen]
    return part.noise.image(pixels)
