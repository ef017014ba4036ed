"""The recipe of a training picture: what is drawn for it, in which order it is applied.

Expand, crop and resize, flip, colour, distortion, blur, noise; then, for every second picture,
mixup or mosaic with pictures that were made the same way; with mosaic_mixup=1 every second mosaic
is mixed, too. Darknet tosses the coin once for all pictures it loads together; here every picture
has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.augment import mixup, mosaic
from darkpy.augment.blur import Blur
from darkpy.augment.constrained_crop import LARGEST_ASPECT, SMALLEST, ConstrainedCrop
from darkpy.augment.crop import CropWindow
from darkpy.augment.distort import Distort
from darkpy.augment.expand import draw_canvas
from darkpy.augment.flip import Flip
from darkpy.augment.look import LookKeys
from darkpy.augment.made import Form, Made, Read
from darkpy.augment.mosaic import Mosaic
from darkpy.augment.noise import Noise
from darkpy.augment.paint import training_picture
from darkpy.augment.parts import Draw, Layout, Part, Placed
from darkpy.augment.rotation import Rotation
from darkpy.augment.truths import EMPTY, trainable
from darkpy.augment.views import SecondView, seen_again
from darkpy.cfg.net import NetOptions

_SMALLEST_SHARE = 0.01  # of a picture's side that is taken for a crop's, where jitter= is large


@dataclass(frozen=True, kw_only=True)
class Recipe(LookKeys):
    """The augmentation keys of [net], with jitter=, resize= and max= (objects) of the last head."""

    jitter: float = 0.2
    resize: float = 1.0
    objects: int = 200
    gaussian_noise: int = 0
    letter_box: bool = False
    mixup: bool = False
    mosaic: bool = False
    mosaic_bound: bool = False
    mosaic_mixup: bool = False
    rotate: float = 0.0
    expand: float = 1.0
    ssd_crop: tuple[float, ...] = ()
    ssd_distort: bool = False

    @classmethod
    def from_options(cls, net: NetOptions, *, jitter: float, resize: float, objects: int) -> Recipe:
        """The recipe that a cfg asks for, which has not both mosaic=1 and letter_box=1.

        mosaic=1 goes before mixup=1; cutmix=1 is for classifiers, and all it does here is what it
        does in Darknet: without mosaic=1 it switches mixup=1 off.
        """
        return cls(
            jitter=jitter,
            resize=resize,
            objects=objects,
            **LookKeys.of(net),
            gaussian_noise=net.gaussian_noise,
            letter_box=net.letter_box,
            mixup=net.mixup and not net.cutmix,
            mosaic=net.mosaic,
            mosaic_bound=net.mosaic_bound,
            mosaic_mixup=net.mosaic_mixup,
            rotate=net.rotate,
            expand=net.expand,
            ssd_crop=net.ssd_crop,
            ssd_distort=net.ssd_distort,
        )

    def enough(self, height: int, width: int) -> tuple[int, int]:
        """Pixels a picture needs so that no crop of it is magnified to an input of this size.

        The smallest crop lacks twice the jitter, and what the resize zooms in; SSD's is the
        smallest scale in the flattest shape.
        """
        if self.ssd_crop:
            share = SMALLEST / math.sqrt(LARGEST_ASPECT)
        else:
            share = max(1 / max(1.0, self.resize) - 2 * self.jitter, _SMALLEST_SHARE)
        return math.ceil(height / share), math.ceil(width / share)

    def make(
        self,
        rng: np.random.Generator,
        size_hw: tuple[int, int],
        read: Read,
        form: Form = training_picture,
        second: SecondView | None = None,
    ) -> Made:
        """Draw, read what the draw needs, and make a training picture for an input of this size.

        second: it is the second view of the picture that `rng` makes without it.
        """
        layout = self.layout(rng, *size_hw)
        sources = read(layout.pictures)
        pictures, truths = [one.pixels for one in sources], [one.truths for one in sources]
        sizes_hw = [pixels.shape[:2] for pixels in pictures]
        draw = self.draw(rng, layout, sizes_hw, truths)
        if second is not None:
            draw = seen_again(self.part, draw, second, sizes_hw, truths)
        placed, rows = self.place(draw, truths)
        ignored = self.ignored(draw, [one.ignored for one in sources])
        return Made(form(layout, placed, pictures), rows, ignored, sources[0].index, draw)

    def layout(self, rng: np.random.Generator, height: int, width: int) -> Layout:
        """Whether the picture is a plain one, a mixup or a mosaic: the coins, and the cut."""
        joined = (self.mosaic or self.mixup) and bool(rng.integers(2))
        if not joined:
            return Layout(height, width)
        if self.mosaic:
            cut = Mosaic.draw(rng, height, width)
            mixed = self.mosaic_mixup and bool(rng.integers(2))
            return Layout(height, width, mosaic.PICTURES + mixed, cut)
        return Layout(height, width, mixup.PICTURES)

    def draw(
        self,
        rng: np.random.Generator,
        layout: Layout,
        sizes_hw: Sequence[tuple[int, int]],
        truths: Sequence[np.ndarray],
    ) -> Draw:
        """Values for pictures of these sizes that have these truths (M, 5)."""
        drawn = enumerate(zip(sizes_hw, truths, strict=True))
        parts = (self.part(rng, layout, at, size_hw, rows) for at, (size_hw, rows) in drawn)
        return Draw(layout, tuple(parts))

    def part(
        self,
        rng: np.random.Generator,
        layout: Layout,
        number: int,
        size_hw: tuple[int, int],
        truths: np.ndarray,
        shaped: Part | None = None,
    ) -> Part:
        """shaped: a part of the same picture whose jitter, turn and flip this one has."""
        rotation = Rotation.draw(rng, rotate=self.rotate)
        if shaped is not None:
            rotation = shaped.rotation
        crop, chances = self._crop(rng, size_hw, rotation.truths(truths, size_hw), shaped)
        flip = Flip.draw(rng, flip=self.flip)
        flip = flip if shaped is None else shaped.flip
        if self.letter_box:
            crop = crop.letterboxed((layout.height, layout.width))
        tiled = layout.mosaic_of(number)
        if tiled and rng.integers(2):
            crop = tiled.cornered(number, crop, flip.mirrored)
        chosen = None
        if len(truths) > self.objects:
            chosen = tuple(sorted(rng.choice(len(truths), self.objects, replace=False).tolist()))
        return Part(
            crop=crop.usable(),
            flip=flip,
            colour=self.colour(rng),
            blur=Blur.draw(rng, blur=self.blur),
            noise=Noise.draw(rng, gaussian_noise=self.gaussian_noise),
            chosen=chosen,
            rotation=rotation,
            distort=Distort.draw(rng, ssd_distort=self.ssd_distort),
            chances=chances,
        )

    def _crop(
        self,
        rng: np.random.Generator,
        size_hw: tuple[int, int],
        truths: np.ndarray,
        shaped: Part | None,
    ) -> tuple[CropWindow, tuple[float, ...]]:
        """A part of the picture, or of the canvas around it, and the chances it comes from.

        ssd_crop= takes jitter's place, and has none.
        """
        canvas = draw_canvas(rng, size_hw, expand=self.expand)
        if self.ssd_crop:
            return ConstrainedCrop.drawn(rng, canvas, truths, overlaps=self.ssd_crop), ()
        chances = CropWindow.chances(rng)
        if shaped is not None:
            chances = chances[:2] + shaped.chances[2:]
        size_hw = canvas.height, canvas.width
        crop = CropWindow.of(chances, size_hw, jitter=self.jitter, resize=self.resize)
        return crop.inside(canvas), chances

    def apply(
        self, draw: Draw, pictures: Sequence[np.ndarray], truths: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (H, W, C) and their truths (M, 5) -> one (height, width, C) and its truths."""
        placed, rows = self.place(draw, truths)
        return training_picture(draw.layout, placed, pictures), rows

    def place(
        self, draw: Draw, truths: Sequence[np.ndarray]
    ) -> tuple[tuple[Placed, ...], np.ndarray]:
        """Truths (M, 5) of the source pictures -> their parts, ready to be painted, and all rows.

        The truths keep the order they have in the label files and are at most `objects`.
        """
        layout, placed = draw.layout, []
        rows: list[np.ndarray] = []
        room = self.objects
        for number, (part, source) in enumerate(zip(draw.parts, truths, strict=True)):
            chosen = source if part.chosen is None else source[list(part.chosen)]
            turned = part.rotation.truths(chosen, part.crop.picture)
            own = _moved(part, layout, part.crop.kept(turned))
            blur = part.blur.limited(own, layout.height, layout.width)
            tile = layout.tile(number, part)
            seen = own[:room]
            if tile:
                seen = tile.truths(seen, bound=self.mosaic_bound)
            if blur is not part.blur:
                part = replace(part, blur=blur)
            placed.append(Placed(part, own, tile))
            rows.append(seen)
            room -= len(seen)
        return tuple(placed), rows[0] if len(rows) == 1 else np.concatenate(rows)

    def ignored(self, draw: Draw, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Boxes of what is not judged, (I, 5) for each picture -> (I', 5) for the one made of them.

        They go where truths go, but never beyond their own picture's tile, and max= does not limit
        them.
        """
        if not any(map(len, rows)):
            return EMPTY
        layout = draw.layout
        turned = (
            part.rotation.truths(own, part.crop.picture)
            for part, own in zip(draw.parts, rows, strict=True)
        )
        moved = [_moved(part, layout, own) for part, own in zip(draw.parts, turned, strict=True)]
        for number, part in enumerate(draw.parts):
            if tile := layout.tile(number, part):
                moved[number] = tile.truths(moved[number], bound=True)
        return np.concatenate(moved)


def _moved(part: Part, layout: Layout, rows: np.ndarray) -> np.ndarray:
    """Boxes (M, 5) of one turned picture -> (M', 5) in it at the input's size."""
    moved = part.flip.truths(part.crop.truths(rows))
    return trainable(moved, layout.height, layout.width)
