"""What trainings have left in a folder: which they were, how far they came, how they ended.

Read from the files alone, without torch: `<name>_run.json`, the csv, `_best.json`, the lock.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkpy.errors import DataError
from darkpy.session.lock import is_held
from darkpy.session.run_notes import parts_count
from darkpy.training.history_file import read_columns

_LEFT = re.compile(r"(?P<name>.+)_(run\.json|train(?P<earlier>\.\d+)?\.csv)")
_MOST_BYTES = 2**24  # of a JSON file that is read


@dataclass(frozen=True)
class Run:
    """One training. What no file tells is empty, 0 for max_batches, None for the best and seed.

    score: what `best` is: map50, or top1 of a classifier.

    earlier: one whose csv a later training of the name has set aside. parts: how often it was
    begun or resumed. csv: its history.
    """

    folder: Path
    name: str
    earlier: bool
    cfg: str
    data: str
    iteration: int
    max_batches: int
    best: float | None
    score: str
    seed: int | None
    began: str
    parts: int
    ended: str
    csv: Path


def find_runs(folder: Path) -> Iterator[Run]:
    """All trainings below a folder, in the order of their files' names."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = {
            (match["name"], match["earlier"] or "")
            for match in map(_LEFT.fullmatch, files)
            if match
        }
        for name, earlier in sorted(found):
            yield run_of(Path(place), name, earlier)


def run_of(folder: Path, name: str, earlier: str = "") -> Run:
    """The training of a name; earlier: `.1`, `.2`, ... of one that was set aside."""
    csv = folder / f"{name}_train{earlier}.csv"
    parts = [] if earlier else parts_of(folder / f"{name}_run.json")
    last = parts[-1] if parts else {}
    iteration, best = _history(csv)
    facts = json_object(folder / f"{name}_best{earlier}.json")
    score = "top1" if "top1" in facts else "map50"
    told = facts.get(score)
    if isinstance(told, float | int) and 0 <= told <= 1:
        best = max(best or 0.0, float(told))
    return Run(
        folder,
        name,
        bool(earlier),
        cfg=_text(last, "cfg"),
        data=_text(last, "data"),
        iteration=iteration,
        max_batches=_whole(last, "max_batches") or 0,
        best=best,
        score=score,
        seed=_whole(last, "seed"),
        began=_text(parts[0], "began") if parts else "",
        parts=parts_count(parts),
        ended="" if earlier else _ended(folder, name, last),
        csv=csv,
    )


def _ended(folder: Path, name: str, last: dict[str, Any]) -> str:
    if is_held(folder / f"{name}.lock"):
        return "is running"
    if last.get("how"):
        return _text(last, "how")
    return "without a word: killed, or the machine went down" if "max_batches" in last else ""


def parts_of(path: Path) -> list[dict[str, Any]]:
    """What a `_run.json` tells of each part of a training; nothing if it is damaged."""
    parts = json_object(path).get("runs")
    return [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []


def json_object(path: Path) -> dict[str, Any]:
    """An object of a JSON file; empty if it is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _history(path: Path) -> tuple[int, float | None]:
    """The last iteration of a csv and its best mAP."""
    try:
        columns = read_columns(path)
    except DataError:
        return 0, None
    iterations = columns["iteration"]
    measured = [each for each in columns["map50"] if not math.isnan(each)]
    return int(iterations[-1]) if iterations else 0, max(measured, default=None)


def _text(facts: dict[str, Any], name: str) -> str:
    return facts[name] if isinstance(facts.get(name), str) else ""


def _whole(facts: dict[str, Any], name: str) -> int | None:
    found = facts.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
