"""From one who publishes to many who follow, none of whom the publisher ever waits for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Feed(Generic[Item]):
    """The newest items for every follower; who is slow misses the oldest of them.

    kept: how many wait for a follower at the most.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._news = threading.Condition()
        self._waiting: list[deque[Item]] = []
        self._closed = False

    @property
    def followed(self) -> bool:
        """Whether anyone would get what is published now."""
        return bool(self._waiting)

    def publish(self, item: Item) -> None:
        """Hand an item to everybody; takes no longer than that."""
        with self._news:
            for queue in self._waiting:
                queue.append(item)
            self._news.notify_all()

    def follow(self) -> Iterator[Item]:
        """What is published from now on, until the feed closes."""
        own: deque[Item] = deque(maxlen=self._kept)
        with self._news:
            self._waiting.append(own)
        return self._items(own)

    def _items(self, own: deque[Item]) -> Iterator[Item]:
        try:
            while True:
                with self._news:
                    self._news.wait_for(lambda: own or self._closed)
                    if not own:
                        return
                    item = own.popleft()
                yield item
        finally:
            with self._news:
                self._waiting = [queue for queue in self._waiting if queue is not own]

    def close(self) -> None:
        """The end: followers get what still waits for them, then no more."""
        with self._news:
            self._closed = True
            self._news.notify_all()
