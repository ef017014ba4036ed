"""`darkpy runs`: a table of the trainings that a folder holds the files of."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from darkpy.errors import DataError
from darkpy.flags.verbs import RunsFlags
from darkpy.session.runs import Run, find_runs

_SCORES = {"map50": "", "top1": " top-1"}
_TITLES = ("training", "cfg", "data", "iterations", "best mAP", "seed", "began", "end")


def run(folder: str = "", **flags: Any) -> Iterator[str]:
    """Yield the table, or all of it as JSON. DataError if there is no such folder."""
    asked = RunsFlags(**flags)
    top = Path(folder or ".")
    if not top.is_dir():
        raise DataError(f"{top} is no folder; name the one that backup= names, or one above it")
    found = list(find_runs(top))
    if asked.json:
        yield json.dumps([_facts(each) for each in found], indent=1)
    elif found:
        yield from in_columns([_TITLES, *(_row(each, top) for each in found)])
    else:
        yield f"{top}: no training has left its <name>_run.json or <name>_train.csv here"


def _facts(one: Run) -> dict[str, Any]:
    facts = dataclasses.asdict(one) | {"folder": str(one.folder)}
    del facts["csv"]
    return facts


def _row(one: Run, top: Path) -> tuple[str, ...]:
    """The cells of a training; one that is not known is a dash."""
    folder = one.folder.relative_to(top) if one.folder.is_relative_to(top) else one.folder
    name = f"{folder / one.name}{' (earlier)' * one.earlier}"
    of = f" of {one.max_batches}" * bool(one.max_batches)
    best = "" if one.best is None else f"{one.best:.2%}{_SCORES[one.score]}"
    seed = "" if one.seed is None else str(one.seed)
    began = one.began.removesuffix("+00:00").replace("T", " ")
    began += f" in {one.parts} parts" * (one.parts > 1)
    cells = (name, one.cfg, one.data, f"{one.iteration}{of}", best, seed, began, one.ended)
    return tuple(cell or "-" for cell in cells)


def in_columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as lines whose columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
