"""From one thread to the next: a queue with little room that never grows."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Handoff(Generic[Item]):
    """Things on their way between two threads, at most `room` of them.

    newest: where there is no room the oldest makes it, and `dropped` counts that; otherwise whoever
    puts waits. After `close` nothing more is taken, and what is there can still be got.
    """

    def __init__(self, room: int, *, newest: bool = False) -> None:
        self._room = room
        self._newest = newest
        self._items: deque[Item] = deque()
        self._change = threading.Condition()
        self._closed = False
        self.dropped = 0

    def put(self, item: Item) -> bool:
        """Hand over; False if nobody takes it any more."""
        with self._change:
            if self._newest and len(self._items) >= self._room:
                self._items.popleft()
                self.dropped += 1
            self._change.wait_for(lambda: self._closed or len(self._items) < self._room)
            if self._closed:
                return False
            self._items.append(item)
            self._change.notify_all()
            return True

    def get(self, seconds: float | None = None) -> Item | None:
        """The next thing; None if it was closed and is empty, or when so many seconds are over."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._items, seconds)
            if not self._items:
                return None
            item = self._items.popleft()
            self._change.notify_all()
            return item

    @property
    def ended(self) -> bool:
        """Closed, and everything was got."""
        return self._closed and not self._items

    def close(self) -> None:
        """Both sides stop waiting."""
        with self._change:
            self._closed = True
            self._change.notify_all()
