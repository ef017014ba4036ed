"""The screen: prints what a verb yields, with a progress bar for what takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from darkpy.errors import shown_lines, shown_text
from darkpy.events import (
    Aside,
    Began,
    Cleared,
    Ended,
    Printed,
    Progress,
    Trained,
    Written,
    time_words,
)

if TYPE_CHECKING:
    from tqdm import tqdm

_BAR = "{desc} {percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} {postfix}"
# Without a terminal a line is printed so often, in seconds, in place of a bar that moves.
_LOG_EVERY = 10.0
_MEMORY = {"process": "memory", "gpu": "GPU"}
_SLOW = 0.5  # share of the time spent waiting, from which on loading is slower than computing
_REMEDY = " (loading is slower than computing: more -threads, -cache ram, smaller files)"
_CLEAR = "\x1b[H\x1b[J"  # demo(), Darknet's src/demo.c


def show(events: Iterable[object], *, only_prints: bool = False) -> int:
    """Print lines, move bars; gives the exit status.

    only_prints: to be ended when nobody reads it any more. Whatever makes files goes on.
    """
    screen = _Screen()
    status = 0
    try:
        for event in events:
            if isinstance(event, Ended):
                status = event.status
            else:
                screen.show(event)
            if only_prints and getattr(sys.stdout, "lost", None) is not None:
                break
    finally:
        screen.close()
    return status


def _note(event: Trained) -> str:
    """Loss, rate, mAP, speed, time and memory as one line; what matters least is cut off first."""
    parts = [f"loss {event.step.average:.3f}", f"rate {event.step.rate:.6f}"]
    if event.mean_ap is not None:
        parts.append(f"{event.score} {event.mean_ap:.1%} best {event.best:.1%}")
    parts.append(f"{event.pictures_per_second:.0f} pictures/s")
    parts.append(f"waiting {event.waiting:.0%}{_REMEDY * (event.waiting > _SLOW)}")
    parts.append(f"{time_words(event.seconds_left)} left")
    memory = ((_MEMORY.get(name, name), taken) for name, taken in event.memory().items())
    parts += [f"{name} {taken / 2**30:.1f} GiB" for name, taken in memory]
    parts += [f"{shown_text(name)} {value:.3g}" for name, value in event.step.parts.items()]
    return ", ".join(parts)


class _Screen:
    """One bar at a time, below the lines of text."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None
        self.logged = 0.0
        self.live = sys.stderr.isatty()

    def show(self, event: object) -> None:
        if isinstance(event, Trained):
            self._move("training", event.iteration, event.total, _note(event))
        elif isinstance(event, Progress):
            self._move(event.what, event.done, event.total, shown_text(event.note))
        elif isinstance(event, Aside):
            print(shown_lines(event.text), file=sys.stderr, flush=True)
        elif isinstance(event, Cleared):
            if sys.stdout.isatty():
                print(_CLEAR, end="")
        elif isinstance(event, Printed):
            stream = sys.stderr if event.error else sys.stdout
            print(event.text, end="", file=stream, flush=True)
        elif not isinstance(event, Began | Written):
            self._print(shown_lines(str(event)))

    def _print(self, text: str) -> None:
        if self.bar is None:
            print(text, flush=True)
        else:
            self.bar.clear()
            print(text, flush=True)
            self.bar.refresh()

    def _move(self, what: str, done: int, total: int, note: str) -> None:
        if not self.live:
            self._log(what, done, total, note)
            return
        if self.bar is None or self.bar.desc != what:
            from tqdm import tqdm  # here: commands that only print start without it

            self.close()
            self.bar = tqdm(
                total=total, desc=what, bar_format=_BAR, dynamic_ncols=True, file=sys.stderr
            )
        self.bar.n = done
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.refresh() if done >= total else self.bar.update(0)
        if done >= total:
            self.close()

    def _log(self, what: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if done >= total or now - self.logged >= _LOG_EVERY:
            self.logged = now
            print(f"{what} {done}/{total} {note}".rstrip(), file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
