"""A thread that takes frames from a source, ahead of whoever works on them."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from darkpy.data.handoff import Handoff
from darkpy.data.video import FrameSource
from darkpy.errors import PictureError

_AHEAD = 4  # frames of a file that are decoded beforehand, at least
_FRESH = 1  # of a live source: older ones would only be late
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0  # seconds between two tries to open a live source again
_BROKEN_OFF = 0.9  # of the promised frames: below it a film has been cut off
_LEAVING = 6.0  # seconds for a read that is under way to come back


@dataclass(frozen=True)
class Frame:
    """One frame: pixels (H, W, 3) uint8 RGB, its number from 1 in the source, when it came."""

    number: int
    pixels: np.ndarray
    taken: float


class Capturing:
    """Frames of a source, read in a thread of their own: a context manager.

    A live source drops what nobody took in time, and is opened again when it breaks, for
    `retry_seconds` at the most; a file waits and loses nothing. notes: what there is to say.
    broken: a live source that did not come back. fault: exit status for frames passed over.
    ahead: frames of a file that are wanted together.
    """

    def __init__(self, source: FrameSource, *, retry_seconds: float, ahead: int = 1) -> None:
        self.source = source
        room = _FRESH if source.live else max(_AHEAD, ahead)
        self.frames: Handoff[Frame] = Handoff(room, newest=source.live)
        self.notes: deque[str] = deque()
        self.broken = False
        self.fault = 0
        self._retry_seconds = retry_seconds
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def __enter__(self) -> Capturing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self.frames.close()
        self._thread.join(_LEAVING)
        if not self._thread.is_alive():
            self.source.close()

    def _run(self) -> None:
        number = 0
        try:
            while not self._leaving.is_set():
                try:
                    pixels = self.source.read()
                except PictureError as problem:
                    self.notes.append(str(problem))
                    self.fault = problem.exit_status
                    continue
                if pixels is None:
                    if self.source.live and self._came_back():
                        continue
                    self._end(number)
                    return
                number += 1
                self.frames.put(Frame(number, pixels, time.perf_counter()))
        finally:
            self.frames.close()

    def _end(self, number: int) -> None:
        """Say that a file is at its end too early."""
        source = self.source
        if not source.live and number < _BROKEN_OFF * source.promised:
            self.notes.append(
                f"{source.name}: says that it has {source.promised} frames, but after {number} no "
                "more can be read: it is broken or was cut off"
            )

    def _came_back(self) -> bool:
        """Try to open a live source again until it gives frames or the patience is over."""
        name, pause = self.source.name, _FIRST_PAUSE
        self.notes.append(f"{name}: no more frames come; trying to open it again")
        end = time.monotonic() + self._retry_seconds
        while time.monotonic() < end and not self._leaving.wait(pause):
            if self.source.again():
                self.notes.append(f"{name}: frames come again")
                return True
            pause = min(2 * pause, _LONGEST_PAUSE)
        if not self._leaving.is_set():
            self.broken = True
            self.notes.append(f"{name}: given up after {self._retry_seconds:g} seconds")
        return False
