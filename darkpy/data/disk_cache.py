"""Decoded pictures kept in one file on a disk, from one run to the next.

`<list>.pictures` holds raw pixels, picture after picture, mapped into memory; the system keeps of
it what memory is free for. `<list>.index` says where each begins, and which version of which file
it was made from. The index is written last, so what it names is whole.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from darkpy.data.cache import PictureCache, Version
from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import DataError, OutputError
from darkpy.files import replacing

try:
    import fcntl
except ImportError:  # Windows refuses to replace a file that another run has mapped
    fcntl = None

_COLUMNS = 5  # of the index: mtime_ns, size, where it begins, height, width
_FORMAT = 1  # of both files; what another one wrote is made anew
_LIVE_SHARE = 0.5  # of the file that must still be of use; else it is made anew


class DiskCache(PictureCache):
    """A picture cache in `folder` of at most `limit` bytes. Close it, or the next run starts anew.

    Pictures that do not fit, or for which the disk has no room any more, are decoded every time.
    DataError if another run uses it; OutputError if the folder cannot be written to.
    """

    def __init__(
        self,
        dataset: Dataset,
        folder: str | Path,
        channels: int = 3,
        limit: int = 0,
        enough: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(dataset, channels, limit, enough)
        name = f"{Path(dataset.source).stem}_{channels}"
        self.path = Path(folder) / f"{name}.pictures"
        self.index = Path(folder) / f"{name}.index"
        try:
            mode = "r+b" if self.path.exists() else "w+b"
            self._file = open(self.path, mode, buffering=0)  # noqa: SIM115 until close()
        except OSError as problem:
            raise OutputError(f"{self.path} cannot be written: {problem.strerror}") from None
        self._lock_file()
        self._entries = self._read_index()
        if not self.held:
            self.index.unlink(missing_ok=True)  # it must not name what is written over now
        self._file.truncate(limit)  # a hole as yet, so that all of it can be mapped
        self._map = np.memmap(self.path, np.uint8, "r", shape=(limit,))

    def read(self, i: int) -> np.ndarray:
        """Picture i, (H, W, C) uint8, not to be written to. PictureError if it cannot be read."""
        path = self.dataset.path(i)
        version = Version.of(path)
        mtime_ns, size, begin, height, width = self._entries[i].tolist()
        if height and version == (mtime_ns, size):
            end = begin + height * width * self.channels
            return self._map[begin:end].reshape(height, width, self.channels)
        pixels = read_picture(path, self.channels, self.enough)
        self._keep(i, version, pixels)
        return pixels

    def close(self) -> None:
        """Write the index, by which the next run finds what is on the disk."""
        with self._lock:
            if self._file.closed:
                return
            self._file.truncate(self.held)
            os.fsync(self._file.fileno())
            self._write_index()
            self._file.close()

    def _keep(self, i: int, version: Version, pixels: np.ndarray) -> None:
        with self._lock:
            if self._file.closed or self.held + pixels.nbytes > self.limit:
                return
            if not self._write(pixels):
                self.limit = self.held  # the disk is full
                return
            self._entries[i] = (*version, self.held, *pixels.shape[:2])
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

    def _lock_file(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataError(
                f"{self.path} is in use by another run: take `-cache ram` or `-cache off`"
            ) from None

    @property
    def _kind(self) -> tuple[int, ...]:
        return _FORMAT, self.channels, *(self.enough or (0, 0))

    def _read_index(self) -> np.ndarray:
        """(P, 5) int64 of what an earlier run left; rows of zeros for pictures that it did not."""
        entries = np.zeros((len(self.dataset), _COLUMNS), np.int64)
        try:
            # No object arrays: numpy then reads numbers and never runs code.
            with open(self.index, "rb") as raw, np.load(raw, allow_pickle=False) as file:
                kind, held, found = file["kind"], int(file["held"]), file["entries"]
                names = file["names"].tobytes().split(b"\0")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return entries
        whole = held <= self._file.seek(0, os.SEEK_END)
        if tuple(kind.tolist()) != self._kind or len(names) != len(found) or not whole:
            return entries
        number = {name: row for row, name in enumerate(names)}
        rows = [number.get(os.fsencode(self.dataset.path(i)), -1) for i in range(len(entries))]
        known = np.array(rows) >= 0
        entries[known] = found[np.array(rows)[known]]
        live = int(entries[:, 3:].prod(axis=1).sum()) * self.channels
        if held > self.limit or live < _LIVE_SHARE * held:
            return np.zeros_like(entries)
        self.held = held
        return entries

    def _write_index(self) -> None:
        names = b"\0".join(os.fsencode(self.dataset.path(i)) for i in range(len(self.dataset)))
        with replacing(self.index) as file:
            np.savez(
                file,
                kind=np.array(self._kind),
                held=np.array(self.held),
                entries=self._entries,
                names=np.frombuffer(names, np.uint8),
            )
