"""Batches for training, made ahead by processes: threads share one interpreter, and so its time.

Some six hundred pictures a second are made ready for a GPU by threads, however many there are.
Processes make whole mini-batches, whose bytes come back through memory that both sides see.
"""

from __future__ import annotations

import math
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from darkpy import errors
from darkpy.data.batch import Batch
from darkpy.data.loader import Loader
from darkpy.data.transport import received, sent
from darkpy.errors import DarkpyError
from darkpy.machine.children import Child
from darkpy.machine.opencv import cv2
from darkpy.machine.processors import available_processors
from darkpy.machine.sharing import POSSIBLE, SharedBytes

_MOST_PROCESSES = 8  # make some thousand pictures a second, and hold two mini-batches each
_OTHERS = 2  # processors left to the training and to what brings mini-batches over
_MORE_AHEAD = 2  # mini-batches that lie ready beside those that are being made


@dataclass
class _Job:
    """A mini-batch that is wanted: the pictures at `slots` of an iteration."""

    iteration: int
    slots: range
    batch: Future[Batch] = field(default_factory=Future)

    def request(self, region: int) -> list[int]:
        return [self.iteration, self.slots.start, self.slots.stop, region]

    def finish(self, make: Callable[[], Batch]) -> None:
        """It is made; a failure is raised where it is taken."""
        try:
            self.batch.set_result(make())
        except BaseException as problem:
            self.batch.set_exception(problem)


class ForkedLoader(Loader):
    """A Loader whose mini-batches are made by `processes` that it forks off when it begins.

    They are those of any other Loader, but without the draws. If a process dies the thread that
    waited for it makes in its place what is still wanted, and `setbacks` tells. makers: those that
    work for it now.
    """

    def __init__(self, *given: Any, processes: int, **options: Any) -> None:
        super().__init__(*given, **{**options, "threads": 0})
        self.processes = processes
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.makers: list[_Maker] = []
        self._setbacks: list[str] = []

    def __iter__(self) -> Iterator[tuple[int, list[Batch]]]:
        self.makers = [_Maker(self, number) for number in range(self.processes)]
        for maker in self.makers:  # not before all are forked off: threads do not live on in forks
            maker.thread.start()
        yield from super().__iter__()

    def close(self) -> None:
        """End the processes, whatever they do, and close the cache."""
        makers, self.makers = self.makers, []
        for _ in makers:
            self.jobs.put(None)
        for maker in makers:
            maker.end()
        super().close()

    def setbacks(self) -> list[str]:
        with self._lock:
            told, self._setbacks = self._setbacks, []
        return told

    def note_setback(self, words: str) -> None:
        with self._lock:
            self._setbacks.append(words)

    def heard(self, broken: dict[str, str]) -> None:
        """What a process says of pictures that it could not read."""
        with self._lock:
            self.broken |= {path: why for path, why in broken.items() if path not in self.broken}

    def _ahead(self) -> int:
        return math.ceil((self.processes + _MORE_AHEAD) / len(self._own))

    def _ordered(self, iteration: int) -> list[Callable[[], Batch]]:
        jobs = [_Job(iteration, slots) for slots in self._own]
        for job in jobs:
            self.jobs.put(job)
        return [job.batch.result for job in jobs]


class _Maker:
    """A process that makes mini-batches for a loader, and the thread that brings them over.

    The process can fill one of two regions while the thread empties the other.
    """

    def __init__(self, loader: ForkedLoader, number: int) -> None:
        self._loader = loader
        self._regions = SharedBytes(), SharedBytes()
        self._told: set[str] = set()  # in the process: pictures that it could not read
        self._child = Child(self._make, self._enter)
        self.process = self._child.process
        self._ending = False
        self._asked: deque[_Job] = deque()
        name = f"darkpy-load-{number}"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def end(self) -> None:
        """Nothing is left of it."""
        self._ending = True
        self._child.end()
        if self.thread.is_alive():
            self.thread.join()
        self._child.close()

    def _enter(self) -> list[int]:
        """The first thing in the process."""
        self._loader.pin = False
        return [*(region.file for region in self._regions), *self._loader.cache.in_child()]

    def _make(self, request: list[int]) -> dict[str, Any]:
        """What the process does: a mini-batch into a region, or why there is none."""
        iteration, begin, end, number = request
        try:
            batch = self._loader.made(iteration, range(begin, end))
            said = sent(batch, self._regions[number])
        except Exception as problem:
            said = {"error": _told(problem, self._loader.dataset.source)}
        broken = self._loader.broken
        fresh = {path: why for path, why in broken.items() if path not in self._told}
        self._told.update(fresh)
        return {"broken": fresh, **said}

    def _run(self) -> None:
        """What the thread does until nothing more is wanted."""
        job, region = self._next(), 0
        try:
            self._ask(job, region)
            while job is not None:
                said = self._child.reply()
                after = self._next(wait=False)  # the process goes on meanwhile
                self._ask(after, 1 - region)
                self._bring(self._asked.popleft(), said, region)
                if after is None:
                    after = self._next()
                    self._ask(after, 1 - region)
                job, region = after, 1 - region
        except (EOFError, OSError):
            if not self._ending:
                self._go_on_alone()

    def _next(self, *, wait: bool = True) -> _Job | None:
        """Another mini-batch that is wanted; None if there is none now, or never will be."""
        try:
            job = None if self._ending else self._loader.jobs.get(wait)
        except queue.Empty:
            return None
        self._ending |= job is None
        return job

    def _ask(self, job: _Job | None, region: int) -> None:
        if job is not None:
            self._asked.append(job)
            self._child.send(job.request(region))

    def _bring(self, job: _Job, said: dict[str, Any], region: int) -> None:
        self._loader.heard(said.pop("broken"))
        if "error" in said:
            kind, text = said["error"]
            job.batch.set_exception(getattr(errors, kind)(text))
            return
        job.finish(partial(received, said, self._regions[region], pin=self._loader.pin))

    def _go_on_alone(self) -> None:
        """The process died: the thread does its work."""
        self._loader.note_setback(
            f"a process that loads pictures ended ({self._child.how_it_ended()}); a thread goes on "
            "in its place, more slowly; `-processes 0` loads with threads only"
        )
        for job in self._left():
            job.finish(partial(self._loader.made, job.iteration, job.slots))

    def _left(self) -> Iterator[_Job]:
        """What the process was asked for, and what is wanted after that."""
        yield from self._asked
        while (job := self._next()) is not None:
            yield job


def _told(problem: Exception, source: str) -> list[str]:
    """Class and words of an error, as another process raises it."""
    if isinstance(problem, DarkpyError):
        return [type(problem).__name__, str(problem)]
    return [DarkpyError.__name__, f"{source}: a mini-batch cannot be made: {problem!r}"]


def open_loader(*given: Any, processes: int, **options: Any) -> Loader:
    """A loader with so many processes; with none its threads make everything.

    Threads do it, too, where OpenCV computes in several threads, which do not live on in a fork,
    and on systems that cannot fork.
    """
    if processes and POSSIBLE and cv2.getNumThreads() <= 1:
        return ForkedLoader(*given, processes=processes, **options)
    return Loader(*given, **options)


def default_processes(device: str, among: int = 1) -> int:
    """How many load pictures for a device: none for a CPU, which has better things to do.

    among: processes that train on this machine.
    """
    if device == "cpu":
        return 0
    return max(0, min(_MOST_PROCESSES, available_processors() // among - _OTHERS))
