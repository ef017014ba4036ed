"""-log: whose lines a training prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from darkpy.events import Began, Ended, Printed


class Log(Protocol):
    """Another program's words for what happens in a training."""

    run: Began | None

    def lines(self, event: object) -> Iterator[Printed]:
        """What it would have printed when this happened."""

    def last_lines(self) -> Iterator[Printed]:
        """What it prints at the end of a training that reached max_batches=."""


def told_as(
    program: str, events: Iterable[object], logs: Mapping[str, type[Log]]
) -> Iterator[object]:
    """The events of a training, in the words of a program; darkpy's own are left as they are.

    logs: the programs that are known.
    """
    if program not in logs:
        yield from events
        return
    log, whole = logs[program](), True
    for event in events:
        if isinstance(event, Ended):
            whole = False
            yield event
        else:
            yield from log.lines(event)
    if whole and log.run is not None:
        yield from log.last_lines()
