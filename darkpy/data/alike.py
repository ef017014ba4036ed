"""Pictures that are nearly the same, by a small hash of what they look like."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np

from darkpy.data.picture_content import file_bytes
from darkpy.data.pictures import decode
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.machine.opencv import cv2

ALIKE_BITS = 4  # of 64: pictures that differ in at most so many bits are near-duplicates
_BANDS = ALIKE_BITS + 1  # whoever differs in 4 bits is the same in one of 5 parts
_ROWS, _COLUMNS = 8, 9
_SMALLEST = 32  # px; below it a picture that was decoded at an eighth is decoded again as a whole
_THREADS = 4
_TOLD_EVERY = 100  # pictures between two moves of the bar
_ONES = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)


def difference_hash(grey: np.ndarray) -> np.uint64:
    """(H, W) uint8 -> 64 bits: is a pixel of the 9x8 miniature brighter than its left neighbour?

    Small changes of size, brightness or compression leave it as it is.
    """
    small = cv2.resize(grey, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1]).view(np.uint64)[0]


def hashes_of(paths: Sequence[str]) -> Iterator[np.uint64 | None]:
    """The hash of each picture file in turn, None for one that cannot be decoded."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for grey in pool.map(_read_small, paths):
            yield None if grey is None else difference_hash(grey)


def hashed(paths: Sequence[str]) -> Generator[Progress, None, list[np.uint64 | None]]:
    """The same as a list, with its progress on the way."""
    hashes = []
    for found in hashes_of(paths):
        hashes.append(found)
        if len(hashes) % _TOLD_EVERY == 0 or len(hashes) == len(paths):
            yield Progress("looking at pictures", len(hashes), len(paths))
    return hashes


def _read_small(path: str) -> np.ndarray | None:
    """A picture in grey, small where the format lets it be decoded so; None if it is broken."""
    try:
        raw = file_bytes(path)
        grey = decode(raw, path, cv2.IMREAD_REDUCED_GRAYSCALE_8)
        if min(grey.shape) < _SMALLEST:
            grey = decode(raw, path, cv2.IMREAD_GRAYSCALE)
    except PictureError:
        return None
    return grey


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bits in which two hashes differ, (N,) uint64 each -> (N,) int."""
    differing = np.ascontiguousarray(a ^ b).view(np.uint8).reshape(-1, 8)
    return _ONES[differing].sum(axis=1, dtype=np.int64)


def near_duplicates(hashes: np.ndarray) -> np.ndarray:
    """Pairs (M, 2) of numbers of hashes (P,) that tie all near-duplicates together.

    Equal hashes are tied in a chain; of different ones each pair within ALIKE_BITS is there.
    """
    values, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    pairs = [np.column_stack((np.arange(len(hashes)), first[which]))]
    for band in range(_BANDS):
        low, high = 64 * band // _BANDS, 64 * (band + 1) // _BANDS
        part = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(part, kind="stable")
        pairs.append(first[_close_pairs(values[order], part[order], order)])
    joined = np.concatenate(pairs)
    return joined[joined[:, 0] != joined[:, 1]]


def _close_pairs(values: np.ndarray, part: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Of values sorted by `part`, the pairs with equal parts that are close, as places in order."""
    found = [np.empty((0, 2), dtype=order.dtype)]
    start = np.arange(len(values))
    for step in count(1):
        start = start[start + step < len(values)]
        start = start[part[start] == part[start + step]]
        if not len(start):
            break
        close = start[distances(values[start], values[start + step]) <= ALIKE_BITS]
        found.append(np.column_stack((order[close], order[close + step])))
    return np.concatenate(found)


def connected(number: int, pairs: np.ndarray) -> np.ndarray:
    """Which component each of `number` things belongs to when pairs (M, 2) are tied: (number,).

    Components are named by their smallest member.
    """
    names = np.arange(number)
    while len(pairs):
        least = names[pairs].min(axis=1)
        before = names.copy()
        for side in pairs.T:
            np.minimum.at(names, names[side], least)
            np.minimum.at(names, side, least)
        names = names[names]
        if (names == before).all():
            break
    return names
