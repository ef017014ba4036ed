"""Decoded pictures kept in memory, never more than there is, and never older than their files."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError

_PROBES = 16  # pictures decoded to estimate the size of all


class Version(NamedTuple):
    """What tells one content of a file from another."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: str) -> Version:
        """The file as it is now; PictureError if it is not there."""
        try:
            found = os.stat(path)
        except OSError as problem:
            raise PictureError.at(path, None, f"cannot be read: {problem.strerror}") from None
        return cls(found.st_mtime_ns, found.st_size)


class PictureCache:
    """Pictures of a data set by number, decoded once as long as `limit` bytes last.

    A picture whose file was changed is decoded again, one whose file has gone is missing: the
    same as without a cache. enough: see read_picture().
    """

    def __init__(
        self,
        dataset: Dataset,
        channels: int = 3,
        limit: int = 0,
        enough: tuple[int, int] | None = None,
    ) -> None:
        self.dataset = dataset
        self.channels = channels
        self.limit = limit
        self.enough = enough
        self.held = 0
        self._pictures: dict[int, tuple[Version, np.ndarray]] = {}
        self._lock = threading.Lock()

    def read(self, i: int) -> np.ndarray:
        """Picture i, (H, W, C) uint8, not to be written to. PictureError if it cannot be read."""
        path = self.dataset.path(i)
        if not self.limit:
            return read_picture(path, self.channels, self.enough)
        # Before the content: a change in between makes it look old, and it is read again.
        version = Version.of(path)
        kept, pixels = self._pictures.get(i, (None, None))
        if kept != version:
            pixels = read_picture(path, self.channels, self.enough)
            self._keep(i, version, pixels)
        return pixels

    def close(self) -> None:
        """Finish what is not finished; memory is simply given back."""

    def in_child(self) -> list[int]:
        """Make ready for a process that was just forked off; the files that it leaves open."""
        return []

    def _keep(self, i: int, version: Version, pixels: np.ndarray) -> None:
        pixels.flags.writeable = False
        with self._lock:
            _, old = self._pictures.pop(i, (None, None))
            self.held -= old.nbytes if old is not None else 0
            if self.held + pixels.nbytes <= self.limit:
                self._pictures[i] = version, pixels
                self.held += pixels.nbytes


def estimated_bytes(
    dataset: Dataset, channels: int = 3, enough: tuple[int, int] | None = None
) -> int:
    """Memory that all pictures take when decoded, from a sample spread over the data set."""
    step = max(1, len(dataset) // _PROBES)
    sizes = []
    for i in range(0, len(dataset), step):
        try:
            sizes.append(read_picture(dataset.path(i), channels, enough).nbytes)
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
