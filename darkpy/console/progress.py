"""The screen: prints what a verb yields, with a progress bar for what takes long."""

from __future__ import annotations

import os
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

_BAR = "{{desc}} {{percentage:3.0f}}%|{{bar:{}}}| {{n_fmt}}/{{total_fmt}}{{postfix}}"
_NO_BAR = "{desc} {percentage:3.0f}% {n_fmt}/{total_fmt}{postfix}"
_WIDEST, _NARROWEST = 20, 4  # columns of a bar
_MATTERS = 3  # rank up to which the bar makes room for what stands beside it
_COLUMNS = 80  # of a terminal that does not tell
# Without a terminal a line is printed so often, in seconds, in place of a bar that moves.
_LOG_EVERY = 10.0
_TRAINING = "training"
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


def _items(event: Trained) -> list[tuple[int, str]]:
    """What a line says of an iteration, in its order: (rank, text); the lowest matter most."""
    items = [(0, f"loss {event.step.average:.3f}"), (4, f"rate {event.step.rate:.6f}")]
    if event.mean_ap is not None:
        items.append((2, f"{event.score} {event.mean_ap:.1%} best {event.best:.1%}"))
    items.append((3, f"{event.pictures_per_second:.0f} pictures/s"))
    slow = event.waiting > _SLOW
    items.append((1 if slow else 5, f"waiting {event.waiting:.0%}{_REMEDY * slow}"))
    items.append((1, f"{time_words(event.seconds_left)} left"))
    memory = ((_MEMORY.get(name, name), taken) for name, taken in event.memory().items())
    items += [(6, f"{name} {taken / 2**30:.1f} GiB") for name, taken in memory]
    parts = event.step.parts.items()
    return [*items, *((7, f"{shown_text(name)} {value:.3g}") for name, value in parts)]


def _fitting(items: list[tuple[int, str]], columns: int) -> str:
    """The items that matter most, as many as fit so many columns, whole and in their order."""
    kept: list[int] = []
    for at in sorted(range(len(items)), key=lambda at: items[at][0]):
        told = ", ".join(items[k][1] for k in sorted([*kept, at]))
        if len(told) <= columns:
            kept.append(at)
    return ", ".join(items[k][1] for k in sorted(kept))


def _shape(
    what: str, done: int, total: int, items: list[tuple[int, str]], columns: int
) -> tuple[str, str]:
    """A bar's format and what stands beside it, where a line has so many columns.

    Where these are few, the bar gets narrow first, then what matters least is left out.
    """
    given = len(f"{what} 100% {done}/{total}")
    room = columns - given - len("|| , ")
    all_of_it = ", ".join(text for _, text in items)
    wanted = ", ".join(text for rank, text in items if rank <= _MATTERS)
    bar = max(min(_WIDEST, room - len(all_of_it)), min(_WIDEST // 2, room - len(wanted)))
    if bar < _NARROWEST:
        return _NO_BAR, _fitting(items, columns - given - len(", ") - 1)
    return _BAR.format(bar), _fitting(items, room - bar)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (OSError, ValueError, AttributeError):
        return _COLUMNS


class _Screen:
    """One bar at a time, below the lines of text."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None
        self.logged = 0.0
        self.live = sys.stderr.isatty()
        self.trains = False  # what is measured on the way says its result in a line of its own

    def show(self, event: object) -> None:
        if isinstance(event, Trained):
            self._move(_TRAINING, event.iteration, event.total, _items(event))
        elif isinstance(event, Progress):
            note = shown_text(event.note)
            self._move(event.what, event.done, event.total, [(0, note)] if note else [])
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

    def _move(self, what: str, done: int, total: int, items: list[tuple[int, str]]) -> None:
        if not self.live:
            self._log(what, done, total, ", ".join(text for _, text in items))
            return
        shape, note = _shape(what, done, total, items, _columns())
        if self.bar is None or self.bar.desc != what:
            from tqdm import tqdm  # here: commands that only print start without it

            self.close(stays=False)
            self.bar = tqdm(
                total=total, desc=what, bar_format=shape, dynamic_ncols=True, file=sys.stderr
            )
        self.bar.n, self.bar.bar_format = done, shape
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.refresh() if done >= total else self.bar.update(0)
        if done >= total:
            self.close(stays=what == _TRAINING or not self.trains)
        self.trains = self.trains or what == _TRAINING

    def _log(self, what: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if done >= total or now - self.logged >= _LOG_EVERY:
            self.logged = now
            print(f"{what} {done}/{total} {note}".rstrip(), file=sys.stderr, flush=True)

    def close(self, *, stays: bool = True) -> None:
        """No bar any more. stays: its last state does, above what is printed next."""
        if self.bar is not None:
            self.bar.leave = stays
            self.bar.close()
            self.bar = None
