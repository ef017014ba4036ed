"""For what reports its progress on the way."""

from __future__ import annotations

from collections.abc import Generator


def finished(generator: Generator) -> object:
    """What a generator returns when it ends."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value
