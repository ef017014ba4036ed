"""Batches for training, made ahead by threads; the same ones for any number of them."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from darkpy.augment.device import training_pictures
from darkpy.augment.packed import Packed, Slot, pack
from darkpy.augment.paint import training_picture
from darkpy.augment.parts import Draw
from darkpy.augment.recipe import Recipe
from darkpy.data import sampler
from darkpy.data.cache import PictureCache
from darkpy.data.dataset import Dataset
from darkpy.errors import DarkpyError, DataError, PictureError
from darkpy.opencv import cv2
from darkpy.processors import available_processors

_ITERATIONS_AHEAD = 2
_PICTURES_AHEAD = 4  # per thread at least, where an iteration has few pictures
_ROW = 5  # cx cy w h class
_MOST_THREADS = 16


@dataclass(frozen=True)
class Batch:
    """One mini-batch.

    images: (B, C, H, W) uint8 in channels-last memory, or what the device makes them from.
    truths: (B, M, 5) float32 rows cx cy w h class, unit square of the input; rows from counts[b]
    on are zero. counts: (B,) int64. ignored: (B, I, 5) float32 rows of what is not judged, class
    -1 for any; I is 0 where no picture has such a box, and rows without extent fill it up.
    indices: (B,) int64, number of the picture in the data set (of a mosaic: its first). draws: what
    was drawn for each.
    """

    images: Tensor | Packed
    truths: Tensor
    counts: Tensor
    ignored: Tensor
    indices: Tensor
    draws: tuple[Draw, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, px."""
        if isinstance(self.images, Packed):
            return self.images.size
        return tuple(self.images.shape[2:])

    def images_on(self, device: torch.device) -> Tensor:
        """The pictures (B, C, H, W) uint8 in channels-last memory on a device."""
        if isinstance(self.images, Packed):
            return training_pictures(self.images.to(device)).permute(0, 3, 1, 2)
        return self.images.to(device, non_blocking=True)


@dataclass(frozen=True)
class _Made:
    """One training picture; its pixels are ready or still to be made on the device."""

    pixels: np.ndarray | Slot
    truths: np.ndarray
    ignored: np.ndarray
    index: int
    draw: Draw


class _Gathering:
    """A mini-batch on its way. The thread that brings the last picture puts it together."""

    def __init__(self, count: int, *, pin: bool) -> None:
        self.pin = pin
        self.batch: Future[Batch] = Future()
        self._made: list[_Made | None] = [None] * count
        self._left = count
        self._lock = threading.Lock()

    def add(self, at: int, make: Callable[[], _Made]) -> None:
        """Make picture `at`; a failure becomes the mini-batch's."""
        try:
            made = make()
            with self._lock:
                self._made[at] = made
                self._left -= 1
                last = not self._left
            if last:
                self.batch.set_result(_joined(self._made, pin=self.pin))
        except BaseException as problem:
            with self._lock:
                if not self.batch.done():
                    self.batch.set_exception(problem)


class Loader:
    """Yields (iteration, its mini-batches) without end, from `first` on.

    Which pictures an iteration takes and what is done to them depends on `seed` and the
    iteration's number only. `size` gives the input's (height, width) of an iteration. With
    threads=0 all is done when it is asked for. on_device: the pixels are left to the device, and
    the batches hold what it needs. pin: they lie in page-locked memory. The loader is a context
    manager; leaving it, an error, or dropping it ends the threads.

    The truths of a picture keep the order of its label file. Darknet shuffles them, which matters
    only where there are more than the network trains on: then they are chosen at random here too.

    broken: path -> reason of the pictures that could not be read; each was replaced by another
    draw. DataError if no picture can be read; any other failure in a thread is raised where the
    batch is taken, as a DarkpyError that names the picture.
    """

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        *,
        batch: int,
        mini_batch: int,
        size: Callable[[int], tuple[int, int]],
        seed: int = 0,
        first: int = 1,
        threads: int | None = None,
        cache: PictureCache | None = None,
        on_device: bool = False,
        pin: bool = False,
    ) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.batch = batch
        self.mini_batch = mini_batch
        self.size = size
        self.seed = seed
        self.iteration = first
        self.threads = default_threads() if threads is None else threads
        self.cache = cache or PictureCache(dataset)
        self.on_device = on_device
        self.pin = pin
        self.broken: dict[str, str] = {}
        self._broken_numbers: set[int] = set()
        self._told = 0
        self._lock = threading.Lock()
        # Pictures are what is shared out among threads; OpenCV must not split them again.
        cv2.setNumThreads(0)
        self._pool = ThreadPoolExecutor(self.threads, "darkpy-load") if self.threads else None

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads, once what they have begun is finished, and close the cache."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self.cache.close()

    def news(self) -> list[str]:
        """Reasons of the pictures that turned out broken since this was last asked."""
        with self._lock:
            reasons = list(self.broken.values())[self._told :]
            self._told += len(reasons)
        return reasons

    def __iter__(self) -> Iterator[tuple[int, list[Batch]]]:
        ordered: deque[list[Callable[[], Batch]]] = deque()
        ahead = self._ahead()
        try:
            while True:
                while len(ordered) <= ahead:
                    ordered.append(self._order(self.iteration + len(ordered)))
                parts = [batch() for batch in ordered.popleft()]
                self.iteration += 1
                yield self.iteration - 1, parts
        finally:
            self.close()

    def again(self, iteration: int) -> list[Batch]:
        """The mini-batches of any iteration, without a change to what comes next."""
        return [batch() for batch in self._order(iteration)]

    def _ahead(self) -> int:
        """Iterations that are begun before they are asked for."""
        if not self.threads:
            return 0
        return max(_ITERATIONS_AHEAD, math.ceil(self.threads * _PICTURES_AHEAD / self.batch))

    def _order(self, iteration: int) -> list[Callable[[], Batch]]:
        """Have all pictures of an iteration made; what to call for its mini-batches."""
        size = self.size(iteration)
        parts = []
        for begin in range(0, self.batch, self.mini_batch):
            slots = range(begin, min(begin + self.mini_batch, self.batch))
            gathering = _Gathering(len(slots), pin=self.pin)
            makes = [partial(self._make, iteration, slot, size) for slot in slots]
            parts.append(self._start(gathering, makes))
        return parts

    def _start(
        self, gathering: _Gathering, makes: list[Callable[[], _Made]]
    ) -> Callable[[], Batch]:
        if self._pool is None:
            return lambda: _gathered(gathering, makes)
        for at, make in enumerate(makes):
            self._pool.submit(gathering.add, at, make)
        return gathering.batch.result

    def _make(self, iteration: int, slot: int, size: tuple[int, int]) -> _Made:
        """One training picture."""
        rng = sampler.stream(self.seed, iteration, slot)
        numbers = sampler.picks(rng, len(self.dataset))
        layout = self.recipe.layout(rng, *size)
        read = [self._read(rng, int(number)) for number in numbers[: layout.pictures]]
        pictures = [picture for picture, _ in read]
        truths = [_rows(*self.dataset.truths(number)) for _, number in read]
        ignored = [_rows(*self.dataset.ignored.of(number)) for _, number in read]
        sizes = [picture.shape[:2] for picture in pictures]
        try:
            drawn = self.recipe.draw(rng, layout, sizes, [len(rows) for rows in truths])
            placed, rows = self.recipe.place(drawn, truths)
            form = Slot.of if self.on_device else training_picture
            pixels = form(layout, placed, pictures)
            return _Made(pixels, rows, self.recipe.ignored(drawn, ignored), read[0][1], drawn)
        except (ArithmeticError, LookupError, MemoryError, ValueError, cv2.error) as problem:
            names = ", ".join(self.dataset.path(number) for _, number in read)
            raise DarkpyError(f"{names}: cannot be augmented: {problem!r}") from problem

    def _read(self, rng: np.random.Generator, number: int) -> tuple[np.ndarray, int]:
        """Picture `number`, or another one where that cannot be read, and its number."""
        while True:
            if number not in self._broken_numbers:
                try:
                    return self.cache.read(number), number
                except PictureError as problem:
                    self._note(number, str(problem))
                except (ArithmeticError, LookupError, MemoryError, ValueError, cv2.error) as fault:
                    path = self.dataset.path(number)
                    raise DarkpyError(f"{path}: cannot be read: {fault!r}") from fault
            if len(self._broken_numbers) == len(self.dataset):
                raise DataError(
                    f"{self.dataset.source}: none of its {len(self.dataset)} pictures can be "
                    f"read; the last one: {next(reversed(self.broken.values()))}"
                )
            number = int(rng.integers(len(self.dataset)))

    def _note(self, number: int, reason: str) -> None:
        with self._lock:
            self.broken[self.dataset.path(number)] = reason
            self._broken_numbers.add(number)


def _rows(boxes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Boxes (M, 4) and classes (M,) as rows (M, 5) cx cy w h class."""
    return np.column_stack((boxes, classes.astype(np.float32)))


def default_threads(device: str = "cuda") -> int:
    """A thread for each processor, up to a limit; half of them where the network runs on them."""
    count = available_processors()
    return min(_MOST_THREADS, count if device != "cpu" else max(1, count // 2))


def _gathered(gathering: _Gathering, makes: list[Callable[[], _Made]]) -> Batch:
    """Make a mini-batch here and now."""
    for at, make in enumerate(makes):
        gathering.add(at, make)
    return gathering.batch.result()


def _joined(made: list[_Made], *, pin: bool) -> Batch:
    """Put the pictures of a mini-batch together."""
    counts = np.array([len(each.truths) for each in made], dtype=np.int64)
    most_ignored = max(len(each.ignored) for each in made)
    return Batch(
        images=_images([each.pixels for each in made], pin=pin),
        truths=_padded([each.truths for each in made], max(1, counts.max())),
        ignored=_padded([each.ignored for each in made], most_ignored),
        counts=torch.from_numpy(counts),
        indices=torch.tensor([each.index for each in made], dtype=torch.int64),
        draws=tuple(each.draw for each in made),
    )


def _padded(tables: list[np.ndarray], length: int) -> Tensor:
    """B tables (M, 5) -> (B, length, 5), rows of zeros behind each."""
    padded = np.zeros((len(tables), length, _ROW), np.float32)
    for rows, own in zip(padded, tables, strict=True):
        rows[: len(own)] = own
    return torch.from_numpy(padded)


def _images(pixels: list[np.ndarray] | list[Slot], *, pin: bool) -> Tensor | Packed:
    if isinstance(pixels[0], Slot):
        packed = pack(pixels)
        return packed.pinned() if pin else packed
    images = torch.from_numpy(np.stack(pixels))
    return (images.pin_memory() if pin else images).permute(0, 3, 1, 2)
