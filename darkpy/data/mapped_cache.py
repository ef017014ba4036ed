"""Decoded pictures kept in one file that is mapped into memory, for all processes of a run."""

from __future__ import annotations

import mmap
from typing import BinaryIO

import numpy as np

from darkpy.data.cache import PictureCache, Version
from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.machine.sharing import Turn, memory_file, shared_numbers

_COLUMNS = 5  # of an entry: mtime_ns, size, where it begins, height, width


class MappedCache(PictureCache):
    """A picture cache of at most `limit` bytes of a file; without one it lies in memory only.

    What a forked process decodes is there for all others. Pictures that do not fit, or for which
    there is no room any more, are decoded every time.
    """

    def __init__(
        self,
        dataset: Dataset,
        channels: int = 3,
        limit: int = 0,
        enough: tuple[int, int] | None = None,
        file: BinaryIO | None = None,
    ) -> None:
        self._held = shared_numbers(1)
        super().__init__(dataset, channels, max(1, limit), enough)
        self._turn = Turn()
        self._entries = shared_numbers(len(dataset), _COLUMNS)
        self._file = file or memory_file("darkpy-pictures")
        self._take_over()
        self._file.truncate(self.limit)  # a hole as yet, so that all of it can be mapped
        self._bytes = self._mapped()

    def _mapped(self) -> np.ndarray:
        """All bytes of the file (limit,), not to be written to."""
        mapped = mmap.mmap(self._file.fileno(), self.limit, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, np.uint8)

    def _take_over(self) -> None:
        """Find what the file holds already."""

    @property
    def held(self) -> int:
        """Bytes that are taken."""
        return int(self._held[0])

    @held.setter
    def held(self, held: int) -> None:
        self._held[0] = held

    def read(self, i: int) -> np.ndarray:
        """Picture i, (H, W, C) uint8, not to be written to. PictureError if it cannot be read."""
        path = self.dataset.path(i)
        version = Version.of(path)
        entry = self._entries[i].tolist()
        mtime_ns, size, begin, height, width = entry
        if height and version == (mtime_ns, size):
            end = begin + height * width * self.channels
            # Another process may have been in the middle of it: then it is not the same any more.
            if self._entries[i].tolist() == entry:
                return self._bytes[begin:end].reshape(height, width, self.channels)
        pixels = read_picture(path, self.channels, self.enough)
        self._keep(i, version, pixels)
        return pixels

    def close(self) -> None:
        with self._turn.taken():
            self._file.close()

    def in_child(self) -> list[int]:
        return [self._file.fileno(), *filter(None, [self._turn.file])]

    def _keep(self, i: int, version: Version, pixels: np.ndarray) -> None:
        with self._turn.taken():
            if self._file.closed or self.held + pixels.nbytes > self.limit:
                return
            if not self._write(pixels):
                self.limit = self.held  # the disk is full
                return
            entry = self._entries[i]
            entry[3] = 0  # nobody takes it for whole meanwhile
            entry[:3] = *version, self.held
            entry[4] = pixels.shape[1]
            entry[3] = pixels.shape[0]
            self.held += pixels.nbytes

    def _write(self, pixels: np.ndarray) -> bool:
        """Put the pixels behind what is there; whether there was room for them."""
        rest = memoryview(pixels.reshape(-1))
        self._file.seek(self.held)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            return False
        return True
