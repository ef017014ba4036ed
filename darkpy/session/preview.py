"""-show_imgs: the pictures that training will see, with their boxes and what was drawn for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from darkpy.augment.blur import BACKGROUND
from darkpy.augment.colour import Colour
from darkpy.augment.constrained_crop import KERNELS
from darkpy.augment.distort import Distort
from darkpy.augment.mosaic import PICTURES as TILES
from darkpy.augment.parts import Draw, Part
from darkpy.data.batch import Batch
from darkpy.data.loader import Loader
from darkpy.data.pictures import write_picture
from darkpy.errors import number_of
from darkpy.session.task import Previewed
from darkpy.view.draw import contact_sheet, draw_truths
from darkpy.view.windows import show_picture

SHEET = Path("augmentations.jpg")
PICTURES = 16
_COLUMNS = 4
_KERNELS = {number: name for name, number in KERNELS.items() if name != "linear"}
_LEGIBLE = 480  # px: smaller pictures are enlarged on the sheet, so that names can be read


class _Seen(NamedTuple):
    """One training picture: pixels (H, W, C), truths (M, 5) and what is not judged (I, 5), its
    first picture's name, its draw."""

    pixels: np.ndarray
    truths: np.ndarray
    ignored: np.ndarray
    name: str
    draw: Draw


def preview(shown: Iterator[Previewed], *, windows: bool = False) -> Iterator[str]:
    """Show the first pictures, and write a sheet of them all to the working directory.

    Each is shown in a window until a key is pressed; where there is no screen, or none is wanted,
    it is written to `aug_<n>.jpg`. Yields what to say.
    """
    large, captions, files = [], [], []
    for one in islice(shown, PICTURES):
        windows = windows and show_picture(one.name, one.pixels)
        if not windows:
            files.append(Path(f"aug_{len(captions) + 1}.jpg"))
            write_picture(files[-1], one.pixels)
        large.append(one.large)
        captions.append(one.caption)
    write_picture(SHEET, contact_sheet(large, captions, _COLUMNS))
    places = [str(SHEET), *(f"{files[0]} to {files[-1]}" for _ in files[:1])]
    yield f"augmented pictures: {' and '.join(places)}"


def previewed(loader: Loader, names: tuple[str, ...]) -> Iterator[Previewed]:
    """One training picture of a detector after the other, with its boxes."""
    for seen in _pictures(loader):
        yield Previewed(
            _with_boxes(seen.pixels, seen, names),
            _with_boxes(enlarged(seen.pixels), seen, names),
            seen.name,
            "\n".join([_title(seen), *words(seen.draw)]),
        )


def words(draw: Draw) -> list[str]:
    """What was drawn for a training picture, in short lines."""
    mosaic, parts = draw.layout.mosaic, draw.parts
    if len(parts) == 1:
        return _part_words(parts[0])
    joint = f"mosaic cut at {mosaic.cut_x},{mosaic.cut_y}" if mosaic else "mixup of two"
    if mosaic and len(parts) > TILES:
        joint += f", mixed with {len(parts)}"
    lines = [line for part in parts for line in (" / ".join(_part_words(part)),)]
    return [joint, *(f"{number}: {line}" for number, line in enumerate(lines, start=1))]


def _part_words(part: Part) -> list[str]:
    """Margins in percent of the picture, then what its pixels went through; nothing if plain."""
    high, wide = part.crop.picture
    rotation = part.rotation.degrees
    shares = zip(part.crop.margins, (wide, wide, high, high), strict=True)
    margins = " ".join(f"{round(100 * margin / side):+d}" for margin, side in shares)
    pixels = [
        colour_words(part.colour),
        *_distortion_words(part.distort),
        blur_words(part.blur.kernel),
        f"noise {part.noise.deviation}" if part.noise.deviation else "",
    ]
    place = [
        f"turn {rotation:+.0f}" if rotation else "",
        f"crop % l r t b {margins}",
        _KERNELS.get(part.crop.kernel, ""),
        "flip" if part.flip.mirrored else "",
    ]
    return [line for words in (place, pixels) if (line := " ".join(filter(None, words)))]


def _distortion_words(distort: Distort) -> list[str]:
    """In the order in which it is done."""
    contrast = f"contrast {distort.contrast:.2f}" if distort.contrast != 1 else ""
    first, last = (contrast, "") if distort.contrast_first else ("", contrast)
    return [
        f"bright {distort.brightness:+.0f}" if distort.brightness else "",
        first,
        f"sat {distort.saturation:.2f}" if distort.saturation != 1 else "",
        f"hue {distort.hue:+.0f}" if distort.hue else "",
        last,
    ]


def colour_words(colour: Colour) -> str:
    """What became of the colours; nothing if they stay."""
    words = [
        f"hue {360 * colour.hue:+.0f}" if colour.hue else "",
        f"sat {colour.saturation:.2f}" if colour.saturation != 1 else "",
        f"exp {colour.exposure:.2f}" if colour.exposure != 1 else "",
    ]
    return " ".join(filter(None, words))


def blur_words(kernel: int) -> str:
    """How a picture was blurred; nothing if it was not."""
    if not kernel:
        return ""
    return "background blur" if kernel == BACKGROUND else f"blur up to {kernel}"


def _title(seen: _Seen) -> str:
    ignored = f", {len(seen.ignored)} ignored" if len(seen.ignored) else ""
    return f"{seen.name}: {number_of(len(seen.truths), 'objects')}{ignored}"


def _with_boxes(pixels: np.ndarray, seen: _Seen, names: tuple[str, ...]) -> np.ndarray:
    truths = seen.truths
    return draw_truths(pixels, truths[:, :4], truths[:, 4].astype(int), names, seen.ignored)


def enlarged(pixels: np.ndarray, side: int = _LEGIBLE) -> np.ndarray:
    """Every pixel repeated until the picture's longer side is legible, about `side` px."""
    factor = max(1, side // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _pictures(loader: Loader) -> Iterator[_Seen]:
    """One training picture after the other."""
    for batch in coming(loader):
        yield from _of_batch(batch, loader)


def coming(loader: Loader) -> Iterator[Batch]:
    """The mini-batches that a loader will give, with their draws; they still will come."""
    for iteration in count(loader.iteration):
        yield from loader.again(iteration)


def _of_batch(batch: Batch, loader: Loader) -> Iterator[_Seen]:
    images = batch.images_on(torch.device("cpu")).permute(0, 2, 3, 1).numpy()
    rows = (
        truths[:count]
        for truths, count in zip(batch.truths.numpy(), batch.counts.tolist(), strict=True)
    )
    ignored = (rows[rows[:, 2] > 0] for rows in batch.ignored.numpy())
    names = (Path(loader.dataset.path(index)).name for index in batch.indices.tolist())
    yield from map(_Seen, images, rows, ignored, names, batch.draws)
