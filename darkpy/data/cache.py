"""Decoded pictures kept in memory, never more than there is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import DataError, PictureError

_SHARES = {"auto": 0.25, "ram": 0.75}  # of the available memory, where no limit is given
_PROBES = 16  # pictures decoded to estimate the size of all
_MEBIBYTE = 2**20


class PictureCache:
    """Pictures of a data set by number, decoded once as long as `limit` bytes last."""

    def __init__(self, dataset: Dataset, channels: int = 3, limit: int = 0) -> None:
        self.dataset = dataset
        self.channels = channels
        self.limit = limit
        self.held = 0
        self._pictures: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def read(self, i: int) -> np.ndarray:
        """Picture i, (H, W, C) uint8, not to be written to. PictureError if it cannot be read."""
        pixels = self._pictures.get(i)
        if pixels is None:
            pixels = read_picture(self.dataset.path(i), self.channels)
            if self.limit:
                self._keep(i, pixels)
        return pixels

    def _keep(self, i: int, pixels: np.ndarray) -> None:
        pixels.flags.writeable = False
        with self._lock:
            if i not in self._pictures and self.held + pixels.nbytes <= self.limit:
                self._pictures[i] = pixels
                self.held += pixels.nbytes


def open_cache(
    mode: str, dataset: Dataset, channels: int = 3, limit: int | None = None
) -> PictureCache:
    """A cache for `dataset` of at most `limit` bytes (None: a share of the available memory).

    mode: "auto" keeps all pictures if they fit and none otherwise, "off" keeps none, "ram" keeps
    all and raises a DataError if they do not fit.
    """
    if mode == "off":
        return PictureCache(dataset, channels)
    if limit is None:
        limit = int(available_bytes() * _SHARES[mode])
    needed = estimated_bytes(dataset, channels)
    if needed <= limit:
        return PictureCache(dataset, channels, limit)
    if mode == "ram":
        raise DataError(
            f"{dataset.source}: the decoded pictures need about {needed // _MEBIBYTE} MiB, "
            f"{limit // _MEBIBYTE} MiB may be used for them: take `-cache auto` or `-cache off`"
        )
    return PictureCache(dataset, channels)


def estimated_bytes(dataset: Dataset, channels: int = 3) -> int:
    """Memory that all pictures take when decoded, from a sample spread over the data set."""
    step = max(1, len(dataset) // _PROBES)
    sizes = []
    for i in range(0, len(dataset), step):
        try:
            sizes.append(read_picture(dataset.path(i), channels).nbytes)
        except PictureError:
            continue  # the loader reports it
    return round(np.mean(sizes) * len(dataset)) if sizes else 0


def available_bytes() -> int:
    """Memory that can be had without swapping, for the machine or the container; 0 if unknown."""
    found = [_machine_bytes(), _container_bytes()]
    return min((number for number in found if number is not None), default=0)


def _machine_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _container_bytes() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text().strip()
        used = (folder / "memory.current").read_text().strip()
        return max(0, int(most) - int(used))
    except (OSError, ValueError):
        return None
