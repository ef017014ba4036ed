"""-show_imgs: the pictures that training will see, with their boxes, as files to look at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from darkpy.data.loader import Batch, Loader
from darkpy.data.pictures import write_picture
from darkpy.draw import contact_sheet, draw_truths

SHEET = Path("augmentations.jpg")
PICTURES = 16
_COLUMNS = 4


def preview(loader: Loader, names: tuple[str, ...]) -> Iterator[str]:
    """Write `aug_<n>.jpg` and a sheet of them all to the working directory; yields what to say."""
    drawn, captions = [], []
    for pixels, rows, name in islice(_pictures(loader), PICTURES):
        drawn.append(draw_truths(pixels, rows[:, :4], rows[:, 4].astype(int), names))
        captions.append(f"{name}: {len(rows)} objects")
        write_picture(Path(f"aug_{len(drawn)}.jpg"), drawn[-1])
    write_picture(SHEET, contact_sheet(drawn, captions, _COLUMNS))
    yield f"augmented pictures: {SHEET} and aug_1.jpg to aug_{len(drawn)}.jpg"


def _pictures(loader: Loader) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    """Pixels (H, W, C), truths (M, 5) and file name of one training picture after the other."""
    for _, parts in loader:
        for batch in parts:
            yield from _of_batch(batch, loader)


def _of_batch(batch: Batch, loader: Loader) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    images = batch.images.permute(0, 2, 3, 1).numpy()
    for pixels, rows, count, index in zip(
        images, batch.truths.numpy(), batch.counts.tolist(), batch.indices.tolist(), strict=True
    ):
        yield pixels, rows[:count], Path(loader.dataset.path(index)).name
