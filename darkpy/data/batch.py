"""A mini-batch: what it holds, and how it is put together from pictures made by threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from darkpy.augment.classifier import ClassDraw
from darkpy.augment.device import training_pictures
from darkpy.augment.made import Made
from darkpy.augment.packed import Packed, Slot, pack
from darkpy.augment.parts import Draw

_ROW = 5  # cx cy w h class


@dataclass(frozen=True)
class Batch:
    """One mini-batch.

    images: (B, C, H, W) uint8 in channels-last memory, or what the device makes them from.
    truths: (B, M, 5) float32 rows cx cy w h class, unit square of the input, or 6 with the number
    of the thing that it is; rows from counts[b] on are zero. counts: (B,) int64. ignored: (B, I, 5)
    float32 rows of what is not judged, class -1 for any; I is 0 where no picture has such a box,
    and rows without extent fill it up.
    indices: (B,) int64, number of the picture in the data set (of a mosaic: its first). draws: what
    was drawn for each. wanted: (B, K) float32 of a classifier, which has no truths.
    """

    images: Tensor | Packed
    truths: Tensor
    counts: Tensor
    ignored: Tensor
    indices: Tensor
    draws: tuple[Draw | ClassDraw, ...] = ()
    wanted: Tensor | None = None

    @classmethod
    def blank(cls, pictures: int, channels: int, size_hw: tuple[int, int], rows: int) -> Batch:
        """Black pictures, each with so many rows of truths that are none."""
        images = torch.zeros(pictures, *size_hw, channels, dtype=torch.uint8)
        return cls(
            images=images.permute(0, 3, 1, 2),
            truths=torch.zeros(pictures, rows, _ROW),
            counts=torch.zeros(pictures, dtype=torch.int64),
            ignored=torch.zeros(pictures, 0, _ROW),
            indices=torch.zeros(pictures, dtype=torch.int64),
        )

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the pictures, px."""
        if isinstance(self.images, Packed):
            return self.images.size_hw
        return tuple(self.images.shape[2:])

    def on(self, device: torch.device) -> Batch:
        """The mini-batch with its pictures, made where they are not yet, and truths on a device."""
        rows = {
            name: getattr(self, name).to(device, non_blocking=True)
            for name in ("truths", "counts", "ignored", "wanted")
            if getattr(self, name) is not None
        }
        return replace(self, images=self.images_on(device), **rows)

    def cut(self, pieces: int) -> list[Batch]:
        """As many mini-batches of equal size; the pictures have to be made."""
        size = len(self.counts) // pieces
        places = [slice(begin, begin + size) for begin in range(0, size * pieces, size)]
        names = ["images", "truths", "counts", "ignored", "indices", "draws"]
        names += ["wanted"] * (self.wanted is not None)
        return [replace(self, **{n: getattr(self, n)[place] for n in names}) for place in places]

    def images_on(self, device: torch.device) -> Tensor:
        """The pictures (B, C, H, W) uint8 in channels-last memory on a device."""
        if isinstance(self.images, Packed):
            return training_pictures(self.images.to(device)).permute(0, 3, 1, 2)
        return self.images.to(device, non_blocking=True)


class BatchBuilder:
    """A mini-batch on its way. The thread that brings the last picture puts it together."""

    def __init__(self, count: int, *, pin: bool, compiled: bool = False) -> None:
        """pin: the pixels lie in page-locked memory. compiled: see Packed."""
        self.pin, self.compiled = pin, compiled
        self.batch: Future[Batch] = Future()
        self._made: list[Made | None] = [None] * count
        self._left = count
        self._lock = threading.Lock()

    def add(self, at: int, make: Callable[[], Made]) -> None:
        """Make picture `at`; a failure becomes the mini-batch's."""
        try:
            made = make()
            with self._lock:
                self._made[at] = made
                self._left -= 1
                last = not self._left
            if last:
                self.batch.set_result(_joined(self._made, pin=self.pin, compiled=self.compiled))
        except BaseException as problem:
            with self._lock:
                if not self.batch.done():
                    self.batch.set_exception(problem)


def _joined(made: list[Made], *, pin: bool, compiled: bool) -> Batch:
    """Put the pictures of a mini-batch together."""
    counts = np.array([len(each.truths) for each in made], dtype=np.int64)
    most_ignored = max(len(each.ignored) for each in made)
    wanted = [each.wanted for each in made if each.wanted is not None]
    return Batch(
        images=_images([each.pixels for each in made], pin=pin, compiled=compiled),
        truths=_padded([each.truths for each in made], max(1, counts.max())),
        ignored=_padded([each.ignored for each in made], most_ignored),
        counts=torch.from_numpy(counts),
        indices=torch.tensor([each.index for each in made], dtype=torch.int64),
        draws=tuple(each.draw for each in made),
        wanted=torch.from_numpy(np.stack(wanted)) if wanted else None,
    )


def _padded(tables: list[np.ndarray], length: int) -> Tensor:
    """B tables (M, 5), or all (M, 6) -> (B, length, 5 or 6), rows of zeros behind each."""
    padded = np.zeros((len(tables), length, tables[0].shape[1]), np.float32)
    for rows, own in zip(padded, tables, strict=True):
        rows[: len(own)] = own
    return torch.from_numpy(padded)


def _images(pixels: list[np.ndarray] | list[Slot], *, pin: bool, compiled: bool) -> Tensor | Packed:
    if isinstance(pixels[0], Slot):
        packed = pack(pixels, compiled=compiled)
        return packed.pinned() if pin else packed
    images = torch.from_numpy(np.stack(pixels))
    return (images.pin_memory() if pin else images).permute(0, 3, 1, 2)
