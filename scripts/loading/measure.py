"""What the loader costs: pictures a second, where the time goes, whether memory grows."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np

from darkpy.augment.blur import Blur
from darkpy.augment.colour import Colour
from darkpy.augment.crop import CropWindow
from darkpy.augment.flip import Flip
from darkpy.augment.noise import Noise
from darkpy.augment.parts import Part
from darkpy.augment.recipe import Recipe
from darkpy.cfg.data import read_data
from darkpy.cfg.net import NetOptions
from darkpy.data import cache
from darkpy.data.caching import open_cache
from darkpy.data.dataset import Dataset, read_dataset
from darkpy.data.loader import Loader
from darkpy.data.sizes import RandomSizes
from darkpy.machine.opencv import cv2

# yolov4's own recipe.
MOSAIC = Recipe(
    jitter=0.3, resize=1.5, hue=0.1, saturation=1.5, exposure=1.5, mosaic=True
)  # fmt: skip
MIXUP = Recipe(jitter=0.3, resize=1.5, hue=0.1, saturation=1.5, exposure=1.5, mixup=True)
PLAIN = Recipe(jitter=0.3, hue=0.1, saturation=1.5, exposure=1.5)
BATCH = 16
_ROUNDS = 3
_STAGES = {
    "decode": (cache, "read_picture"),
    "crop and resize": (CropWindow, "image"),
    "flip": (Flip, "image"),
    "colour": (Colour, "image"),
    "blur": (Blur, "image"),
    "noise": (Noise, "image"),
}
_LOOKS = 100  # at the memory, of each half
_SETTLED = 0.2  # of the batches, which are left out: pools and tables fill first


def data_set(path: str | Path) -> Dataset:
    """The train list of a .data file."""
    data = read_data(path)
    return read_dataset(data.resolve(data.train), data, data.classes)


def loader(dataset: Dataset, *, side: int, threads: int, mode: str = "off", **options) -> Loader:
    """Mosaics of a square input, BATCH at a time."""
    settings = {"recipe": MOSAIC, "batch": BATCH, "size_hw": lambda iteration: (side, side)}
    settings |= {"cache": open_cache(mode, dataset), **options}
    settings["mini_batch"] = settings["batch"]
    return Loader(dataset, threads=threads, **settings)


class Speed(NamedTuple):
    """Pictures a second, median of some rounds; processor milliseconds of each, their least."""

    per_second: float
    milliseconds: float


def speed(dataset: Dataset, batches: int, **options) -> Speed:
    """Of the loader alone. The processor's time is the better measure on a busy machine."""
    speeds, costs = [], []
    with loader(dataset, **options) as made:
        taken = iter(made)
        next(taken)
        for number in range(len(dataset) if made.cache.limit else 0):
            made.cache.read(number)
        for _ in range(_ROUNDS):
            began, spent = time.perf_counter(), time.process_time()
            for _ in islice(taken, batches):
                pass
            speeds.append(batches * made.batch / (time.perf_counter() - began))
            costs.append(1000 * (time.process_time() - spent) / (batches * made.batch))
    return Speed(statistics.median(speeds), min(costs))


def beside_opencv(dataset: Dataset, batches: int, side: int) -> tuple[float, float]:
    """Processor milliseconds of a plain picture from memory, and of OpenCV's own calls for it.

    In turns, medians. The calls are those that make the same bytes, with the draws at hand.
    """
    whole, bare = [], []
    with loader(dataset, side=side, threads=0, mode="ram", recipe=PLAIN) as made:
        pictures = [made.cache.read(number) for number in range(len(dataset))]
        taken = iter(made)
        next(taken)
        for _ in range(_ROUNDS * batches):
            began = time.thread_time()
            _, (batch,) = next(taken)
            whole.append(time.thread_time() - began)
            parts = [draw.parts[0] for draw in batch.draws]
            sources = [pictures[number] for number in batch.indices]
            began = time.thread_time()
            for part, pixels in zip(parts, sources, strict=True):
                bare_picture(part, pixels, side)
            bare.append(time.thread_time() - began)
    return tuple(1000 * statistics.median(each) / BATCH for each in (whole, bare))


def bare_picture(part: Part, pixels: np.ndarray, side: int) -> np.ndarray:
    """A plain training picture (side, side, 3) with as few calls of OpenCV as give its bytes."""
    (high, wide), (left, right, top, bottom) = pixels.shape[:2], part.crop.margins
    rows = slice(max(0, top), min(high, high - bottom))
    pixels, whole = pixels[rows, max(0, left) : min(wide, wide - right)], pixels
    frame = [max(0, -margin) for margin in (top, bottom, left, right)]
    if any(frame):
        mean = [round(total * (1 / (high * wide))) for total in cv2.sumElems(whole)[:3]]
        pixels = cv2.copyMakeBorder(pixels, *frame, cv2.BORDER_CONSTANT, value=mean)
    pixels = cv2.resize(pixels, (side, side))
    if part.flip.mirrored:
        pixels = cv2.flip(pixels, 1)
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    planes = list(np.empty((3, side, side), np.uint8))
    cv2.split(hsv, planes)
    cv2.add(planes[0], float(round(179 * part.colour.hue)), planes[0])
    for plane, by in zip(planes[1:], (part.colour.saturation, part.colour.exposure), strict=True):
        cv2.convertScaleAbs(plane, plane, by)
    return cv2.cvtColor(cv2.merge(planes, hsv), cv2.COLOR_HSV2RGB)


def stage_shares(dataset: Dataset, batches: int, side: int) -> dict[str, float]:
    """Share of the time of each stage, without threads; the rest is "other"."""
    spent = dict.fromkeys(_STAGES, 0.0)
    with ExitStack() as stack:
        for stage in _STAGES:
            stack.enter_context(_timed(stage, spent))
        made = stack.enter_context(loader(dataset, side=side, threads=0))
        began = time.perf_counter()
        for _ in islice(made, batches):
            pass
        total = time.perf_counter() - began
    shares = {stage: seconds / total for stage, seconds in spent.items() if seconds}
    return {**shares, "other": 1 - sum(shares.values())}


@contextmanager
def _timed(stage: str, spent: dict[str, float]) -> Iterator[None]:
    owner, name = _STAGES[stage]
    real = getattr(owner, name)

    def clocked(*args, **options):
        began = time.perf_counter()
        try:
            return real(*args, **options)
        finally:
            spent[stage] += time.perf_counter() - began

    with mock.patch.object(owner, name, clocked):
        yield


def memory_slope(
    dataset: Dataset,
    batches: int,
    *,
    side: int,
    threads: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> float:
    """MiB that the process grows by in 1000 batches: mosaics, then mixups, at random sizes.

    A straight line through the memory seen every few batches, of both halves on its own. What the
    process keeps of memory that it freed earlier would hide a growth: it goes back before.
    """
    _let_go_of_freed_memory()
    net = NetOptions(width=side, height=side, max_batches=10**9)
    size = RandomSizes.of(net, 1.0, seed=1).at
    slopes = []
    for name, recipe in (("mosaic", MOSAIC), ("mixup", MIXUP)):
        seen = []
        options = {"recipe": recipe, "batch": 2, "size_hw": size}
        with loader(dataset, side=side, threads=threads, **options) as made:
            for number, _ in enumerate(islice(made, batches // 2), start=1):
                if not number % max(1, batches // 2 // _LOOKS):
                    seen.append((number, resident_mebibytes()))
        kept = np.array(seen[int(len(seen) * _SETTLED) :])
        slopes.append(1000 * np.polyfit(*kept.T, 1)[0])
        say(f"{name:7s} {kept[0, 1]:.1f} MiB, then {kept[-1, 1]:.1f} MiB: {slopes[-1]:+.2f}")
    return float(np.mean(slopes))


def _let_go_of_freed_memory() -> None:
    """Where the C library is glibc; others keep little."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_mebibytes() -> float:
    """Memory of this process; its peak where the system does not tell the present one."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20
    except OSError:
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
