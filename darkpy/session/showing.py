"""A demo's last step: the thread that everybody sees takes what is found, frame by frame."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from darkpy.data.capturing import Capturing
from darkpy.inference.frames import Detecting, FoundFrame
from darkpy.session.signals import Signals

_LOOK_UP = 0.1  # seconds after which one looks whether it is time to leave


class Showing:
    """Prints, draws, hands on what comes out of `detecting`; time_limit_sec 0: without an end."""

    def __init__(self, capturing: Capturing, detecting: Detecting, time_limit_sec: int) -> None:
        self._capturing, self._detecting = capturing, detecting
        self._limit = time_limit_sec
        self._began = time.perf_counter()
        self._frames = 0

    def frame(self, found: FoundFrame) -> Generator[object, None, bool]:
        """One frame; its value is whether to go on."""
        raise NotImplementedError

    def notes(self) -> Iterator[str]:
        """What there is to say between two frames."""
        while self._capturing.notes:
            yield self._capturing.notes.popleft()

    def frames(self, signals: Signals) -> Generator[object, None, bool]:
        """All frames; its value is whether the source has come to its end, which nobody wanted."""
        queue = self._detecting.found
        while not signals.stop:
            found = queue.get(_LOOK_UP)
            yield from self.notes()
            if found is not None:
                self._frames += 1
                if not (yield from self.frame(found)):
                    return False
            if self._limit and time.perf_counter() - self._began > self._limit:
                return False
            if found is None and queue.ended:
                break
        if self._detecting.problem is not None:
            raise self._detecting.problem
        return not signals.stop

    def summary(self) -> str:
        """How many frames there were, and how many a second."""
        seconds = time.perf_counter() - self._began
        dropped = self._capturing.frames.dropped
        rate = self._frames / seconds if seconds else 0.0
        text = f"{self._frames} frames in {seconds:.1f} s: {rate:.1f} a second"
        return text + f"; {dropped} that came too fast were left out" * bool(dropped)
