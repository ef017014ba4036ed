"""Threads beside the one that runs the network: each computes alone."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Lock
from typing import TypeVar

import torch

from darkpy.machine.allocator import let_go_of_freed_memory

_Item, _Made = TypeVar("_Item"), TypeVar("_Made")
_lanes: dict[int, ThreadPoolExecutor] = {}
_making = Lock()


@contextmanager
def lone_workers(count: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads in which torch computes in one thread; elsewhere in as many as before.

    Otherwise each of them would bring a team of its own, and the teams would wait for each other.
    When they end, the memory that they have freed goes back to the system: those that come next
    may have another arena.
    """
    together = Barrier(count + 1)
    with _lone_pool(count, together) as pool:
        try:
            yield pool
        finally:
            for _ in range(count):
                pool.submit(_leave, together)
            together.wait()


def lanes(count: int) -> ThreadPoolExecutor:
    """Lone workers that stay, the same for all who ask: passes of a network follow each other."""
    with _making:
        if count not in _lanes:
            _lanes[count] = _lone_pool(count, Barrier(count + 1))
        return _lanes[count]


def made_ahead(
    make: Callable[[_Item], _Made], items: Iterable[_Item], count: int, ahead: int
) -> Iterator[_Made]:
    """What is made of each item, in order, by `count` lone workers that are `ahead` at the most."""
    with lone_workers(count) as pool:
        waiting: deque[Future] = deque()
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _lone_pool(count: int, together: Barrier) -> ThreadPoolExecutor:
    own = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, "lone", initializer=_compute_alone)
    for _ in range(count):
        pool.submit(together.wait)
    together.wait()
    torch.set_num_threads(own)  # what threads that come later take over
    return pool


def _leave(together: Barrier) -> None:
    together.wait()  # so that each worker does this once
    let_go_of_freed_memory()


def _compute_alone() -> None:
    torch.set_num_threads(1)
    torch.get_num_threads()  # asked for the first time, a thread takes over what was set last


def _forget_lanes() -> None:
    """In a fork, where none of the threads is."""
    global _making
    _making = Lock()  # another thread may have held it
    _lanes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lanes)
