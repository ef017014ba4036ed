"""Pictures of a list that go through the network together, and come out one by one in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.data.pictures import read_picture
from darkpy.errors import DataError, PictureError
from darkpy.inference.detector import Detections

_MOST_BYTES = 2**28  # of decoded pictures that wait together

Find = Callable[[Sequence[np.ndarray]], list[Detections]]


@dataclass(frozen=True)
class Opened:
    """A picture on its way: its pixels and what was found in them, or what is wrong with it.

    took: seconds of the detection, its share where there were several.
    """

    path: str | DataError
    problem: DataError | None = None
    pixels: np.ndarray | None = None
    found: Detections | None = None
    took: float = 0.0


def opened(
    paths: Iterable[str | DataError], channels: int, find: Find, at_once: int
) -> Iterator[Opened]:
    """The pictures of the paths in order; up to `at_once` of them are detected in together.

    A path that is an error already, as when it was typed, comes as it is.
    """
    waiting: list[Opened] = []
    for path in paths:
        waiting.append(_read(path, channels))
        readable = [one.pixels for one in waiting if one.pixels is not None]
        if len(readable) == at_once or sum(each.nbytes for each in readable) > _MOST_BYTES:
            yield from _looked_at(waiting, find)
            waiting = []
        elif not readable:  # an error in front waits for nothing
            yield from waiting
            waiting = []
    yield from _looked_at(waiting, find)


def _read(path: str | DataError, channels: int) -> Opened:
    if isinstance(path, DataError):
        return Opened(path, problem=path)
    try:
        return Opened(path, pixels=read_picture(path, channels))
    except PictureError as problem:
        return Opened(path, problem=problem)


def _looked_at(waiting: Sequence[Opened], find: Find) -> Iterator[Opened]:
    readable = [one.pixels for one in waiting if one.pixels is not None]
    if not readable:
        yield from waiting
        return
    began = time.perf_counter()
    found = iter(find(readable))
    took = (time.perf_counter() - began) / len(readable)
    for one in waiting:
        yield one if one.pixels is None else replace(one, found=next(found), took=took)
