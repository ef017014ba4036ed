"""The other processes of a training on one machine: started, watched and ended by the first."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import Signals
from typing import IO

import torch.distributed as dist

from darkpy.errors import PeerError
from darkpy.machine.ranks import PATIENCE, Rank, abort_group

_HOST = "127.0.0.1"
_MARK = "DARKPY_CREW"  # in the environment of a process that was started here
_LOOK_EVERY = 0.05  # seconds
_LAST_WORDS = 4000  # characters of a process that died
_STDIN = 0
_GRACE = 10.0  # seconds to end by itself


class Crew:
    """Processes 1 to size - 1 of a training, each the command `darkpy WORDS`.

    Their standard input is a pipe that ends with this process, however it ends; then they end too.
    """

    def __init__(self, words: Sequence[str], size: int) -> None:
        self.size = size
        self.store = dist.TCPStore(
            _HOST, 0, size, is_master=True, timeout=PATIENCE, wait_for_workers=False
        )
        self._ended = threading.Event()
        self._errors: list[IO[bytes]] = []
        self._processes = [self._start(words, number) for number in range(1, size)]

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        """Let them end by themselves, or end them where this process gives up."""
        self._ended.set()
        ends = time.monotonic() + (_GRACE if kind is None else 0)
        for process in self._processes:
            with suppress(OSError):
                process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, ends - time.monotonic()))
            process.kill()
            process.wait()
        for file in self._errors:
            file.close()

    def wait(self) -> None:
        """Until all are there. PeerError if one of them never comes."""
        waited_for = [_there(number) for number in range(1, self.size)]
        while not self.store.check(waited_for):
            if said := self.why_gone(0):
                raise PeerError(said)
            time.sleep(_LOOK_EVERY)

    def why_gone(self, seconds: float = 2.0) -> str:
        """What ended a process, as far as one ends within these seconds; empty if none does."""
        ends = time.monotonic() + seconds
        while True:
            for number, process in enumerate(self._processes, start=1):
                if process.poll() is not None:
                    return self._last_words(number, process.returncode)
            if time.monotonic() >= ends:
                return ""
            time.sleep(_LOOK_EVERY)

    def watch(self) -> None:
        """On GPUs: have what waits for a process that is gone fail, which it does not by itself."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            if any(process.poll() for process in self._processes):
                # Time for what fails by itself, whose words are better.
                if not self._ended.wait(_GRACE):
                    abort_group()
                return

    def _start(self, words: Sequence[str], number: int) -> subprocess.Popen:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 until __exit__
        self._errors.append(errors)
        return subprocess.Popen(
            [sys.executable, "-m", "darkpy", *words],
            env={**os.environ, **self._environment(number)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for the first process to hear
        )

    def _environment(self, number: int) -> dict[str, str]:
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
        return {
            "RANK": str(number),
            "WORLD_SIZE": str(self.size),
            "LOCAL_RANK": str(number),
            "LOCAL_WORLD_SIZE": str(self.size),
            "MASTER_ADDR": _HOST,
            "MASTER_PORT": str(self.store.port),
            "PYTHONPATH": path,
            _MARK: "1",
        }

    def _last_words(self, number: int, status: int) -> str:
        file = self._errors[number - 1]
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _LAST_WORDS))
        lines = file.read().decode(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        how = f"by {Signals(-status).name}" if status < 0 else f"with exit status {status}"
        return f"process {number} of this training ended {how}{': ' * bool(said)}{said}"


def is_crew() -> bool:
    """Whether a `Crew` has started this process."""
    return os.environ.get(_MARK) == "1"


def hold_on() -> None:
    """Have this process end with the one that started it."""
    threading.Thread(target=_end_with_the_first, daemon=True).start()


def meet_crew(rank: Rank) -> dist.Store:
    """Where to meet the process that started this one, which is told that this one is there."""
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    try:
        store = dist.TCPStore(host, port, rank.size, timeout=PATIENCE, wait_for_workers=False)
        store.set(_there(rank.number), "1")
    except RuntimeError as problem:
        raise PeerError(f"the process that started this one is gone: {problem}") from problem
    return store


def _there(number: int) -> str:
    return f"darkpy/there/{number}"


def _end_with_the_first() -> None:
    """Wait for the end of standard input, a pipe that nobody writes to."""
    with suppress(OSError):
        while os.read(_STDIN, 1):
            pass
    os._exit(1)  # nothing of this process lasts
