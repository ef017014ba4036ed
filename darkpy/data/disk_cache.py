"""Decoded pictures kept in one file on a disk, from one run to the next.

`<list>.pictures` holds raw pixels, picture after picture, mapped into memory; the system keeps of
it what memory is free for. `<list>.index` says where each begins, and which version of which file
it was made from. The index is written last, so what it names is whole.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.mapped_cache import MappedCache
from darkpy.errors import DataError, OutputError
from darkpy.files import replacing

try:
    import fcntl
except ImportError:  # Windows refuses to replace a file that another run has mapped
    fcntl = None

_FORMAT = 1  # of both files; what another one wrote is made anew
_LIVE_SHARE = 0.5  # of the file that must still be of use; else it is made anew


class DiskCache(MappedCache):
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
        name = f"{Path(dataset.source).stem}_{channels}"
        self.path = Path(folder) / f"{name}.pictures"
        self.index = Path(folder) / f"{name}.index"
        super().__init__(dataset, channels, limit, enough, self._locked())

    def close(self) -> None:
        """Write the index, by which the next run finds what is on the disk."""
        with self._turn.taken():
            if self._file.closed:
                return
            self._file.truncate(self.held)
            os.fsync(self._file.fileno())
            self._write_index()
            self._file.close()

    def in_child(self) -> list[int]:
        # The file as this process opened it: the lock is none of its own.
        with contextlib.suppress(OSError):
            self._file = self._opened()
        return super().in_child()

    def _opened(self) -> BinaryIO:
        return open(self.path, "r+b" if self.path.exists() else "w+b", buffering=0)

    def _locked(self) -> BinaryIO:
        """The file of the pictures, for this run alone."""
        try:
            file = self._opened()
        except OSError as problem:
            raise OutputError(f"{self.path} cannot be written: {problem.strerror}") from None
        if fcntl is None:
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise DataError(
                f"{self.path} is in use by another run: take `-cache ram` or `-cache off`"
            ) from None
        return file

    @property
    def _kind(self) -> tuple[int, ...]:
        return _FORMAT, self.channels, *(self.enough or (0, 0))

    def _mapped(self) -> np.ndarray:
        # Opened once more: a mapping would keep the lock for as long as any of its pixels is used.
        return np.memmap(self.path, np.uint8, "r", shape=(self.limit,))

    def _take_over(self) -> None:
        self._entries[:] = self._kept()
        if not self.held:
            self.index.unlink(missing_ok=True)  # it must not name what is written over now

    def _kept(self) -> np.ndarray:
        """(P, 5) int64 of what an earlier run left; rows of zeros for pictures that it did not."""
        entries = np.zeros_like(self._entries)
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
