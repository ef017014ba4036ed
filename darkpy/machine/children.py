"""Processes that are forked off to work for this one, and end with it."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import warnings
from collections.abc import Callable, Iterable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import torch

_OPEN = Path("/proc/self/fd")
_STANDARD = 2  # stdin, stdout and stderr are files 0 to 2
# What a terminal or a cluster sends to all processes of a run: the first one decides what it means.
_NOT_ITS_OWN = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


class Child:
    """A process that answers requests one after the other, both of them what JSON can hold.

    work: what answers a request there; whatever it raises ends the process. enter: called there
    first, it gives the files that stay open; all others are closed, so that no lock, port or pipe
    of this process outlives it. The child ends by itself when this process is gone. It must not use
    a GPU.
    """

    def __init__(
        self, work: Callable[[Any], object], enter: Callable[[], Iterable[int]] = tuple
    ) -> None:
        self._wire, far = Pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of locks that other threads hold. The child waits for none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = os.fork()
        if not self.process:
            _live(far, work, enter)
        far.close()

    def send(self, request: object) -> None:
        """Ask; OSError if the child is gone."""
        self._wire.send_bytes(json.dumps(request).encode())

    def reply(self) -> Any:
        """The answer to the oldest request that has none; EOFError or OSError if the child died."""
        return json.loads(self._wire.recv_bytes())

    def end(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)

    def how_it_ended(self) -> str:
        """Of a child that is gone: "signal 9" or "exit status 0"."""
        try:
            _, status = os.waitpid(self.process, 0)
        except ChildProcessError:
            return "nobody knows how"
        code = os.waitstatus_to_exitcode(status)
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def close(self) -> None:
        """Once nobody waits for a reply any more."""
        self._wire.close()


def _live(wire: Connection, work: Callable[[Any], object], enter: Callable[[], Any]) -> NoReturn:
    """All that a child does."""
    status = 1
    try:
        gc.freeze()  # nothing of the other process is cleared away, a GPU's memory least of all
        for name in _NOT_ITS_OWN:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        torch.set_num_threads(1)
        _close_all_but({wire.fileno(), *enter()})
        while (request := _received(wire)) is not None:
            answer = json.dumps(work(json.loads(request))).encode()
            with contextlib.suppress(OSError):  # then the next request does not come either
                wire.send_bytes(answer)
        status = 0
    finally:
        os._exit(status)  # what the other process does at its end is not done twice


def _received(wire: Connection) -> bytes | None:
    """The next request; None once the other process is gone."""
    try:
        return wire.recv_bytes()
    except (EOFError, OSError):
        return None


def _close_all_but(kept: set[int]) -> None:
    for number in map(int, os.listdir(_OPEN)):
        if number > _STANDARD and number not in kept:
            with contextlib.suppress(OSError):
                os.close(number)
