"""What a training's page shows, kept up to date by the training and read by the page's threads.

The training never waits: it appends to memory. Nothing here grows with the number of clients, and
texts and pictures are bounded.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkpy.events import Aside, Began, Ended, Progress, Trained
from darkpy.serve.series import Series

_MOST_LINES = 200
_MOST_WARNINGS = 50
MOST_CLASSES = 1000  # in a table of the page
_WARNS = (
    "warning",
    "ended by",
    "NOT SAVED",
    "not finite",
    "failed",
    "left out",
    "not written",
    "no report",
)


@dataclass(frozen=True)
class PagePicture:
    """A picture with its objects and with what the network finds, as JPEGs."""

    name: str
    truth: bytes
    found: bytes


class Board:
    """run: different for every process, so that a page notices that a training began anew.

    version: grows with everything that is heard. memory: what the process takes at the moment, by
    name, bytes.
    """

    def __init__(self, memory: Callable[[], dict[str, int]] = dict) -> None:
        self.run = secrets.token_hex(4)
        self.series = Series("iteration")
        self.version = 0
        self.looks: tuple[PagePicture, ...] = ()
        self.looks_at = 0
        self.chart = b""
        self._memory = memory
        self._news = threading.Condition()
        self._began: Began | None = None
        self._told: Trained | None = None
        self._measured: list[dict[str, Any]] = []
        self._activity: dict[str, Any] | None = None
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._warnings: deque[str] = deque(maxlen=_MOST_WARNINGS)
        self._status: int | None = None
        self._started = time.time()

    def hear(self, event: object) -> None:
        """Take in what a training yields. Nobody is woken by an iteration: who tells clients of it
        looks for himself, once a second."""
        with self._news:
            self._take(event)
            self.version += 1
            if self.ended:
                self._news.notify_all()

    def show(self, looks: Iterable[PagePicture], iteration: int) -> None:
        """Pictures that were looked at after an iteration."""
        found = tuple(looks)
        with self._news:
            self.looks, self.looks_at = found, iteration
            self.version += 1

    def draw(self, chart: bytes) -> None:
        """The newest chart, a JPEG."""
        with self._news:
            self.chart = chart
            self._news.notify_all()

    def end(self, status: int = 0) -> None:
        """The training is over, however it ended."""
        with self._news:
            self._status = status if self._status is None else self._status
            self.version += 1
            self._news.notify_all()

    def wait(self, changed: Callable[[], bool], seconds: float) -> bool:
        """Until the chart is another or all is over, whichever is asked for, and no longer than
        that; whether it came."""
        with self._news:
            return self._news.wait_for(changed, seconds)

    @property
    def ended(self) -> bool:
        """Whether the training is over."""
        return self._status is not None

    def _take(self, event: object) -> None:
        if isinstance(event, Began):
            self._begin(event)
        elif isinstance(event, Trained):
            self._told, self._activity = event, None
            self.series.add(_row(event))
            if event.report is not None:
                self._measure(event)
        elif isinstance(event, Progress):
            self._activity = {"what": event.what, "done": event.done, "total": event.total}
        elif isinstance(event, Ended):
            self._status = event.status
        elif isinstance(event, str | Aside):
            text = event if isinstance(event, str) else event.text
            self._lines.append(text)
            if any(word in text for word in _WARNS):
                self._warnings.append(text)

    def _begin(self, event: Began) -> None:
        self._began = event
        if event.curves is not None and len(event.curves):
            c = event.curves
            self.series.extend(
                {
                    "iteration": c.iterations,
                    "loss": c.losses,
                    "average": c.averages,
                    "rate": c.rates,
                    "map": c.map50,
                    **{f"part {name}": values for name, values in c.parts.items()},
                }
            )

            for iteration in list(c.by_class)[-2:]:
                at = np.flatnonzero(c.iterations == iteration)[:1]
                known = c.by_class[iteration]
                classes = [{"ap": _finite(known.get(name))} for name in event.names[:MOST_CLASSES]]
                mean_ap = _finite(float(c.map50[at].sum()))
                self._measured.append({"iteration": iteration, "map": mean_ap, "classes": classes})
        if event.measured is not None:
            before = [it for it in self._measured if it["iteration"] < event.measured["iteration"]]
            self._measured = [*before[-1:], dict(event.measured)]

    def _measure(self, told: Trained) -> None:
        """The last two measurements by class are kept: a table, and what it was before."""
        classes = class_rows(told.report)
        self._measured = [
            *self._measured[-1:],
            {"iteration": told.iteration, "map": _finite(told.measured), "classes": classes},
        ]

    def classes(self) -> dict[str, Any]:
        """The last two measurements, class by class."""
        with self._news:
            names = () if self._began is None else self._began.names[:MOST_CLASSES]
            return {"classes": list(names), "measured": list(self._measured)}

    def state(self) -> dict[str, Any]:
        """Everything but curves and pictures, ready for JSON."""
        with self._news:
            began, told = self._began, self._told
            found = {
                "run": self.run,
                "version": self.version,
                "now": round(time.time(), 1),
                "started": round(self._started, 1),
                "ended": self._status,
                "activity": self._activity,
                "lines": list(self._lines)[-40:],
                "warnings": list(self._warnings),
                "measured_at": self._measured[-1]["iteration"] if self._measured else 0,
                "looks": [look.name for look in self.looks],
                "looks_at": self.looks_at,
            }
        found["memory"] = self._memory()  # also while nothing is trained
        if began is not None:
            found["name"], found["score"] = began.name, began.score
            found["facts"] = _facts(began)
        if told is not None:
            found["now_at"] = _numbers(told)
        return found


def class_rows(report: Any) -> list[dict[str, Any]]:
    """Of each class of a report, for JSON: average precision, right and wrong boxes, objects."""
    return [
        {
            "ap": _finite(float(it.average_precision)),
            "tp": int(it.tp),
            "fp": int(it.fp),
            "objects": int(it.truths),
        }
        for it in report.classes[:MOST_CLASSES]
    ]


def _finite(value: float | None) -> float | None:
    """A number as JSON knows it: None for what is not finite."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None


def _row(told: Trained) -> dict[str, float]:
    step: Any = told.step
    parts = {f"part {name}": value for name, value in step.parts.items()}
    measured = math.nan if told.measured is None else told.measured
    always = {"iteration": step.iteration, "loss": step.loss, "average": step.average}
    return {**always, "rate": step.rate, "map": measured, **parts}


def _numbers(told: Trained) -> dict[str, Any]:
    step: Any = told.step
    best = told.best if told.best >= 0 else None
    return {
        "iteration": step.iteration,
        "total": told.total,
        "loss": _finite(step.loss),
        "average": _finite(step.average),
        "rate": _finite(step.rate),
        "parts": {name: _finite(value) for name, value in step.parts.items()},
        "size": list(step.size_hw[::-1]),
        "map": _finite(told.mean_ap),
        "best": _finite(best),
        "next_map": told.next_map,
        "pictures_per_second": _finite(told.pictures_per_second),
        "waiting": _finite(told.waiting),
        "seconds_left": _finite(told.seconds_left),
    }


def _facts(began: Began) -> list[list[str]]:
    """The run's facts as pairs of words."""
    plan, facts = began.plan, began.facts
    net = plan.net
    pairs = {
        "cfg": facts.get("cfg"),
        "data": facts.get("data"),
        "network": f"{len(plan.layers)} layers, {plan.bflops:.3f} BFLOPs, {net.width}x{net.height}",
        "batch": f"{net.batch} in {net.subdivisions}",
        "iterations": f"{began.first} to {net.max_batches}",
        "device": facts.get("device"),
        "computed in": facts.get("precision"),
        "seed": facts.get("seed"),
        "darkpy": facts.get("darkpy"),
        "torch": facts.get("torch"),
        "began": facts.get("began"),
        "weights go to": began.backup,
        "flags": facts.get("given"),
    }
    return [[name, str(value)] for name, value in pairs.items() if value not in (None, "")]
