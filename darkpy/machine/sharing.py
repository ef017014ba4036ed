"""Memory that processes share which were forked off from one another, and whose turn it is."""

from __future__ import annotations

import mmap
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

try:
    import fcntl
except ImportError:  # Windows, where nothing can be forked off either
    fcntl = None

POSSIBLE = hasattr(os, "fork") and hasattr(os, "memfd_create")


def shared_numbers(*shape: int) -> np.ndarray:
    """Zeros int64 that a forked process sees change, and changes for all."""
    count = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, max(1, count) * 8), np.int64, count).reshape(shape)


def memory_file(name: str) -> BinaryIO:
    """A file without a place on any disk; it is gone with the last process that has it."""
    return os.fdopen(os.memfd_create(name), "r+b", buffering=0)


class Turn:
    """A lock between the threads of a process and, where forks are POSSIBLE, between processes.

    A process that is killed while it has its turn loses it. file: what a forked process leaves
    open, if there is one.
    """

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self.file = _nameless(self, "darkpy-turn") if POSSIBLE else None

    @contextmanager
    def _between_processes(self) -> Iterator[None]:
        if self.file is None:
            yield
            return
        fcntl.lockf(self.file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self.file, fcntl.LOCK_UN)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The block runs alone."""
        with self._threads, self._between_processes():
            yield


class SharedBytes:
    """Shared memory that grows to what was asked for; each process maps it by itself."""

    def __init__(self) -> None:
        self.file = _nameless(self, "darkpy-bytes")
        self._bytes = np.zeros(0, np.uint8)

    def room(self, size: int) -> np.ndarray:
        """Its first `size` bytes, (size,) uint8, to be read and written."""
        if len(self._bytes) < size:
            length = max(size, os.fstat(self.file).st_size)
            os.ftruncate(self.file, length)
            self._bytes = np.frombuffer(mmap.mmap(self.file, length), np.uint8)
        return self._bytes[:size]


def _nameless(owner: object, name: str) -> int:
    """The number of a memory file that is closed together with its owner."""
    number = os.memfd_create(name)
    weakref.finalize(owner, os.close, number)
    return number
