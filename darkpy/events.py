"""What a verb hands to the screen while it runs, besides plain lines of text."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Progress:
    """`done` of `total` things of a kind are finished. note: what to say beside the bar."""

    what: str
    done: int
    total: int
    note: str = ""


class Numbers(Protocol):
    """What of a `darkpy.training.record.Step` a line of text about it needs."""

    @property
    def iteration(self) -> int: ...
    @property
    def average(self) -> float: ...
    @property
    def rate(self) -> float: ...
    @property
    def parts(self) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class Trained:
    """An iteration of `total` is finished.

    step: its record, a `darkpy.training.record.Step`. mean_ap: the score measured last, a
    detector's mAP, None before the first time. measured: the score if it was measured in this
    iteration. best: the highest so far, -1 before the first. waiting: share of the time spent
    waiting for pictures. report: what was measured in this iteration, such as a
    `darkpy.metrics.report.MapReport`. next_map: the iteration that it was to be measured at when
    this one began, None without -map. score: what is measured, in a word. memory: tells what the
    process takes, by name, bytes; whoever shows it asks.
    """

    step: Numbers
    total: int
    mean_ap: float | None
    measured: float | None
    best: float
    pictures_per_second: float
    waiting: float
    seconds_left: float
    report: Any = None
    next_map: int | None = None
    score: str = "mAP"
    memory: Callable[[], Mapping[str, int]] = dict

    @property
    def iteration(self) -> int:
        return self.step.iteration


def returned(
    events: Generator[object, None, _Result], hear: Callable[[object], object] | None = None
) -> _Result:
    """What a generator returns. hear: is given what it yields on the way; None: nobody hears it."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if hear is not None:
            hear(event)


def time_words(seconds: float) -> str:
    """h:mm:ss or m:ss.

    >>> time_words(3661.5)
    '1:01:01'
    """
    hours, minutes, rest = int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@dataclass(frozen=True)
class Aside:
    """A line that does not belong to the results: it goes to standard error."""

    text: str


@dataclass(frozen=True)
class Cleared:
    """A terminal shows what follows from its top; elsewhere it means nothing."""


@dataclass(frozen=True)
class Began:
    """A training begins or goes on; nothing for the screen, which has its first lines already.

    first: its first iteration. plan: the network's, a `darkpy.planning.network.NetworkPlan`.
    names: of the classes, one for each. backup: the folder as the .data file spells it, every and
    last_every: iterations between two numbered files and two _last ones. iou_thresh: of the mAP
    that is measured, None where none is. score: what is measured, in a word. facts: what
    `<name>_run.json` tells. curves: the rows of its earlier part, a
    `darkpy.training.history.Curves`. measured: what that measured last, as
    `darkpy.session.measured` keeps it.
    """

    name: str
    first: int
    plan: Any
    names: tuple[str, ...]
    backup: str
    every: int
    last_every: int
    iou_thresh: float | None
    score: str = "mAP"
    facts: Mapping[str, Any] = field(default_factory=dict)
    curves: Any = None
    measured: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Written:
    """A weights file was written; nothing for the screen, which is told where people want it."""

    path: str


@dataclass(frozen=True)
class Printed:
    """Text in the exact form of another program, to standard output or standard error."""

    text: str
    error: bool = False


@dataclass(frozen=True)
class Ended:
    """The verb ends with an exit status of its own, after everything was saved."""

    status: int
