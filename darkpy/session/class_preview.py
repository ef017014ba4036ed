"""-show_imgs of a classifier: the pictures that training will see, and the classes they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from darkpy.augment.classifier import ClassDraw, ClassMosaic, ClassPart, Mixup
from darkpy.augment.cutmix import CutMix
from darkpy.data.loader import Loader
from darkpy.session.preview import blur_words, colour_words, coming, enlarged
from darkpy.session.task import Previewed

_MOST_SHOWN = 4  # classes of a picture


def previewed_classes(loader: Loader, names: Sequence[str]) -> Iterator[Previewed]:
    """One training picture after the other."""
    for batch in coming(loader):
        images = batch.images_on(torch.device("cpu")).permute(0, 2, 3, 1).numpy()
        indices, wanted = batch.indices.tolist(), batch.wanted.numpy()
        for pixels, index, row, draw in zip(images, indices, wanted, batch.draws, strict=True):
            name = Path(loader.dataset.path(index)).name
            lines = [f"{name}: {class_words(row, names)}", *draw_words(draw)]
            yield Previewed(pixels.copy(), enlarged(pixels), name, "\n".join(lines))


def class_words(wanted: np.ndarray, names: Sequence[str]) -> str:
    """`dog .75, cat .25`: what is wanted (K,) of a picture, the most first."""
    order = np.argsort(-wanted, kind="stable")[:_MOST_SHOWN]
    largest = float(wanted.max())
    # Smoothing leaves a little for all: what is below a tenth of the largest is that.
    chosen = [k for k in order.tolist() if wanted[k] > 0 and wanted[k] >= largest / 10]
    if chosen == order[:1].tolist() and largest == 1:
        return names[chosen[0]]
    return ", ".join(f"{names[k]} {wanted[k]:.2f}" for k in chosen) or "nothing"


def draw_words(draw: ClassDraw) -> list[str]:
    """What was drawn for a training picture, in short lines."""
    parts = [" / ".join(_part_words(part)) for part in draw.parts]
    blur = blur_words(draw.blur.kernel)
    lines = [f"{n}: {text}" for n, text in enumerate(parts, 1)] if draw.mixture else parts
    return [*filter(None, [_mixture_words(draw.mixture)]), *lines, *filter(None, [blur])]


def _mixture_words(mixture: object) -> str:
    if isinstance(mixture, Mixup):
        return "mixup of two"
    if isinstance(mixture, CutMix):
        left, upper = mixture.left, mixture.top
        return f"cutmix {mixture.cut_w}x{mixture.cut_h} at {left},{upper}"
    if isinstance(mixture, ClassMosaic):
        return f"mosaic cut at {mixture.mosaic.cut_x},{mixture.mosaic.cut_y}"
    return ""


def _part_words(part: ClassPart) -> list[str]:
    crop = part.crop
    degrees = np.degrees(crop.radians)
    place = [
        f"turn {degrees:+.0f}" if round(degrees) else "",
        f"scale {crop.scale:.2f}",
        f"aspect {crop.aspect:.2f}" if crop.aspect != 1 else "",
        "flip" if part.flip.mirrored else "",
    ]
    return [words for words in (" ".join(filter(None, place)), colour_words(part.colour)) if words]
