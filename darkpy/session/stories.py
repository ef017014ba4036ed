"""A training as its files tell it: settings, curves, best mAP, weights. Read without torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.errors import DataError
from darkpy.session.runs import Run, find_runs, json_object, parts_of, run_of
from darkpy.training.history import Curves, read_history

_FILES = re.compile(
    r"(?P<name>.+)_(?:run\.json|(?:best|train|final)(?P<earlier>\.\d+)?\.(?:json|csv|weights)"
    r"|(?:last|ema|\d+)\.weights)"
)
_RESULT, _LISTED = "evidence", 5


@dataclass(frozen=True)
class Story:
    """facts: of the last part in `<name>_run.json`. curves: None without a csv. best_at: iteration
    of the best mAP. weights: of the best mAP, else the last ones; None if there are none."""

    source: str
    run: Run
    facts: Mapping[str, Any] = field(repr=False)
    curves: Curves | None = field(repr=False)
    best_at: int | None
    weights: Path | None

    @property
    def cfg_text(self) -> str:
        """The cfg that was trained with; empty where no file tells it."""
        text = self.facts.get("cfg_text")
        return text if isinstance(text, str) else ""

    def at_hand(self, path: str) -> Path | None:
        """Where a file lies that the training named: from here, else from above its weights."""
        places = [Path(path), self.run.folder / path, self.run.folder.parent / path]
        return next((place for place in places if path and place.is_file()), None)


def is_training(path: str) -> bool:
    """Whether a path means a training rather than what `detector map -json` wrote."""
    place = Path(path)
    if not place.is_file():
        return place.is_dir() or bool(_by_first_part(place))
    if not _FILES.fullmatch(place.name):
        return False
    told = json_object(place) if place.suffix == ".json" else {"runs": True}
    return _RESULT not in told and ("runs" in told or "map50" in told)


def read_story(path: str) -> Story:
    """The training that a folder of weights, one of its files or their first part names.

    DataError where that is none, or one of several.
    """
    run = _named(Path(path))
    earlier = re.sub(r"^.*_train|\.csv$", "", run.csv.name)
    parts = [] if run.earlier else parts_of(run.folder / f"{run.name}_run.json")
    best = json_object(run.folder / f"{run.name}_best{earlier}.json")
    curves = read_history(run.csv) if run.csv.is_file() else None
    return Story(
        path, run, parts[-1] if parts else {}, curves, _best_at(run, best, curves), _weights(run)
    )


def _named(path: Path) -> Run:
    """The one training that is meant."""
    if path.is_dir():
        found = [run for run in find_runs(path) if not run.earlier]
        own = [run for run in found if run.folder == path]
        return _only(path, own or found)
    known = _FILES.fullmatch(path.name)
    if known and path.exists():
        return run_of(path.parent, known["name"], known["earlier"] or "")
    if run := _by_first_part(path):
        return run
    raise DataError(
        f"{path}: is no training: name the folder of its weights, its _run.json, _best.json or "
        "_train.csv, or what these names begin with"
    )


def _by_first_part(path: Path) -> Run | None:
    there = any(path.with_name(path.name + end).is_file() for end in ("_run.json", "_train.csv"))
    return run_of(path.parent, path.name) if there else None


def _only(path: Path, found: list[Run]) -> Run:
    if len(found) == 1:
        return found[0]
    if not found:
        raise DataError(f"{path}: no training has left its _run.json or _train.csv here")
    names = ", ".join(str(run.folder / run.name) for run in found[:_LISTED])
    rest = ", ..." if len(found) > _LISTED else ""
    raise DataError(f"{path}: holds {len(found)} trainings; name one of them: {names}{rest}")


def _best_at(run: Run, best: Mapping[str, Any], curves: Curves | None) -> int | None:
    """The iteration of the best mAP: the json's if it is that mAP, else the csv's first."""
    if run.best is None:
        return None
    at = best.get("iteration")
    if best.get("map50") == run.best and isinstance(at, int):
        return at
    known = np.flatnonzero(curves.map50 == run.best) if curves is not None else ()
    return int(curves.iterations[known[0]]) if curves is not None and len(known) else None


def _weights(run: Run) -> Path | None:
    if run.earlier:
        number = run.csv.suffixes[0]
        tags = [f"best{number}", f"final{number}"]
    else:
        tags = ["best", "final", "last"]
    paths = [run.folder / f"{run.name}_{tag}.weights" for tag in tags]
    return next((path for path in paths if path.is_file()), None)
