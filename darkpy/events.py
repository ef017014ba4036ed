"""What a verb hands to the screen while it runs, besides plain lines of text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` things of a kind are finished. note: what to say beside the bar."""

    what: str
    done: int
    total: int
    note: str = ""


@dataclass(frozen=True)
class Trained:
    """An iteration of `total` is finished. note: loss, rate, mAP, speed as one line."""

    iteration: int
    total: int
    note: str


@dataclass(frozen=True)
class Ended:
    """The verb ends with an exit status of its own, after everything was saved."""

    status: int
