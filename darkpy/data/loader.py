"""Batches for training, made ahead by threads; the same ones for any number of them."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from darkpy import chance
from darkpy.augment.classifier import ClassifierRecipe
from darkpy.augment.made import Made, Source
from darkpy.augment.packed import Slot
from darkpy.augment.paint import training_picture
from darkpy.augment.recipe import Recipe
from darkpy.augment.views import SecondView, Views
from darkpy.data.batch import Batch, BatchBuilder
from darkpy.data.cache import PictureCache
from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset
from darkpy.data.frames import Frames
from darkpy.errors import DarkpyError, DataError, PictureError
from darkpy.machine.opencv import cv2
from darkpy.machine.processors import available_processors

_ITERATIONS_AHEAD = 2
_PICTURES_AHEAD = 4  # per thread at least, where an iteration has few pictures
_MOST_THREADS = 16


class Loader:
    """Yields (iteration, its mini-batches) without end, from `first` on.

    Which pictures an iteration takes and what is done to them depends on `seed` and the
    iteration's number only. `size_hw` gives the input's of an iteration. With
    threads=0 all is done when it is asked for. on_device: the pixels are left to the device, and
    the batches hold what it needs; compiled: see Packed. pin: they lie in page-locked memory. The
    loader is a context manager; leaving it, an error, or dropping it ends the threads. slots: the
    places in the batch whose pictures are made here, mini-batch by mini-batch; all of them where
    none are named. frames: where the list holds the frames of videos, which of them each place
    shows. views: where every second place shows the picture, or the sequence, of the place before
    once more.

    The truths of a picture keep the order of its label file. Darknet shuffles them, which matters
    only where there are more than the network trains on: then they are chosen at random here too.

    broken: path -> reason of the pictures that could not be read; each was replaced by another
    draw. DataError if no picture can be read; any other failure in a thread is raised where the
    batch is taken, as a DarkpyError that names the picture.
    """

    def __init__(
        self,
        dataset: Dataset | ClassDataset,
        recipe: Recipe | ClassifierRecipe,
        *,
        batch: int,
        mini_batch: int,
        size_hw: Callable[[int], tuple[int, int]],
        seed: int = 0,
        first: int = 1,
        threads: int | None = None,
        cache: PictureCache | None = None,
        on_device: bool = False,
        pin: bool = False,
        compiled: bool = False,
        slots: Sequence[range] = (),
        frames: Frames | None = None,
        views: Views | None = None,
    ) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.batch = batch
        self.mini_batch = mini_batch
        self.size_hw = size_hw
        self.seed = seed
        self.iteration = first
        self.threads = default_threads() if threads is None else threads
        self.cache = cache or PictureCache(dataset)
        self.on_device, self.compiled, self.pin = on_device, compiled, pin
        self._whole = [
            range(begin, min(begin + mini_batch, batch)) for begin in range(0, batch, mini_batch)
        ]
        self._own = slots or self._whole
        self.frames, self.views = frames, views
        self._streams = chance.Streams()
        self.broken: dict[str, str] = {}
        self._broken_numbers: set[int] = set()
        self._told = 0
        self._lock = threading.Lock()
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
                    ordered.append(self._ordered(self.iteration + len(ordered)))
                parts = [batch() for batch in ordered.popleft()]
                self.iteration += 1
                yield self.iteration - 1, parts
        finally:
            self.close()

    def setbacks(self) -> list[str]:
        """What happened to those that make the pictures since this was last asked."""
        return []

    def made(self, iteration: int, slots: range) -> Batch:
        """A mini-batch of any iteration and places."""
        (batch,) = self._order(iteration, [slots])
        return batch()

    def again(self, iteration: int) -> list[Batch]:
        """All mini-batches of any iteration, without a change to what comes next."""
        return [batch() for batch in self._order(iteration, self._whole)]

    def _ahead(self) -> int:
        """Iterations that are begun before they are asked for."""
        if not self.threads:
            return 0
        return max(_ITERATIONS_AHEAD, math.ceil(self.threads * _PICTURES_AHEAD / self.batch))

    def _ordered(self, iteration: int) -> list[Callable[[], Batch]]:
        """Have an iteration made; what to call for its mini-batches."""
        return self._order(iteration, self._own)

    def _order(self, iteration: int, of: Sequence[range]) -> list[Callable[[], Batch]]:
        """Have the pictures of these slots made; what to call for their mini-batches."""
        size_hw = self.size_hw(iteration)
        parts = []
        for slots in of:
            builder = BatchBuilder(len(slots), pin=self.pin, compiled=self.compiled)
            makes = [partial(self._make, iteration, slot, size_hw) for slot in slots]
            parts.append(self._start(builder, makes))
        return parts

    def _start(self, builder: BatchBuilder, makes: list[Callable[[], Made]]) -> Callable[[], Batch]:
        if self._pool is None:
            return lambda: _gathered(builder, makes)
        for at, make in enumerate(makes):
            self._pool.submit(builder.add, at, make)
        return builder.batch.result

    def _make(self, iteration: int, slot: int, size_hw: tuple[int, int]) -> Made:
        """One training picture."""
        home, ahead = (slot, 0) if self.frames is None else self.frames.place(iteration, slot)
        second = None
        if self.views is not None and home % 2:
            second = SecondView(self.views, chance.stream(self.seed, iteration, home))
            home -= 1
        rng = self._streams.at(self.seed, iteration, home)
        numbers = chance.picks(rng, len(self.dataset))
        sources: list[Source] = []

        def read(count: int) -> list[Source]:
            more = chance.picks(rng, len(self.dataset)) if count > len(numbers) else ()
            wanted = [*numbers, *more][:count]
            numbered = ((int(number) + ahead) % len(self.dataset) for number in wanted)
            sources.extend(self._source(rng, number) for number in numbered)
            return sources

        form = Slot.of if self.on_device else training_picture
        try:
            return self.recipe.make(rng, size_hw, read, form, second)
        except (ArithmeticError, LookupError, MemoryError, ValueError, cv2.error) as problem:
            names = ", ".join(self.dataset.path(source.index) for source in sources)
            raise DarkpyError(f"{names}: cannot be augmented: {problem!r}") from problem

    def _source(self, rng: np.random.Generator, number: int) -> Source:
        """Picture `number`, or another one where that cannot be read, with its labels."""
        pixels, number = self._read(rng, number)
        return self.dataset.described(number, pixels)

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


def default_threads(device: str = "cuda", among: int = 1) -> int:
    """A thread for each processor, up to a limit; half of them where the network runs on them.

    among: processes that share the processors.
    """
    count = max(1, available_processors() // among)
    return min(_MOST_THREADS, count if device != "cpu" else max(1, count // 2))


def _gathered(builder: BatchBuilder, makes: list[Callable[[], Made]]) -> Batch:
    """Make a mini-batch here and now."""
    for at, make in enumerate(makes):
        builder.add(at, make)
    return builder.batch.result()
