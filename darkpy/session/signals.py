"""Signals of the system: save and leave, save and go on; never in the middle of an iteration."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

# Ctrl-C; what clusters and containers send; a terminal that was closed.
_LEAVE = ("SIGINT", "SIGTERM", "SIGHUP")
_SAVE = "SIGUSR1"
_OF_A_SIGNAL = 128  # a shell's exit status of what a signal ended, less the signal's number


class Signals:
    """What was asked for from outside. As it stands it hears nothing.

    stop: number of the signal that asked to leave, 0 for none. save: whether the state is to be
    written now; whoever does it sets it back.
    """

    def __init__(self) -> None:
        self.stop = 0
        self.save = False

    def __enter__(self) -> Signals:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was set up."""

    @property
    def status(self) -> int:
        """Exit status of a training that was asked to leave and could save."""
        return _OF_A_SIGNAL + self.stop if self.stop else 0

    @property
    def name(self) -> str:
        return signal.Signals(self.stop).name if self.stop else ""


class Handlers(Signals):
    """Signals as the system sends them, while this context lasts.

    The first one that asks to leave is noted; the second one, of whatever kind, ends the process
    at once. Signals that the process was started to ignore (nohup) stay ignored, and outside of
    the main thread there are none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Handlers:
        if threading.current_thread() is threading.main_thread():
            for name in _LEAVE:
                self._take(name, self._leave)
            self._take(_SAVE, self._save_now)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, name: str, handler: Any) -> None:
        number = getattr(signal, name, None)  # Windows knows fewer of them
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            self._before[number] = signal.signal(number, handler)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.stop = number
        for each in self._before:
            if signal.Signals(each).name in _LEAVE:
                signal.signal(each, signal.SIG_DFL)

    def _save_now(self, number: int, frame: FrameType | None) -> None:
        self.save = True
