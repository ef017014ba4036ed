"""`darkpy compare`: two results of `detector map -json`, or two trainings, and a plain verdict."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from darkpy.errors import DataError, UsageError
from darkpy.files import writable_folder, write_text
from darkpy.flags.verbs import CompareFlags
from darkpy.metrics.comparison import (
    Comparison,
    Result,
    compare,
    comparison_data,
    comparison_lines,
)
from darkpy.session.stories import is_training
from darkpy.verbs.compare_runs import compare_runs
from darkpy.verbs.compared_pictures import changed_figures


def run(a: str, b: str, **flags: Any) -> Iterator[object]:
    """Yield the lines of the comparison. flags: those of CompareFlags."""
    asked = CompareFlags(**flags)
    trainings = [is_training(path) for path in (a, b)]
    if all(trainings):
        yield from compare_runs(a, b, asked)
        return
    if any(trainings):
        one, other = (a, b) if trainings[0] else (b, a)
        raise DataError(
            f"{one}: is a training, and {other} is what `detector map -json` wrote: compare two of "
            "a kind"
        )
    if asked.measure:
        raise UsageError("-measure is for two trainings: results of `detector map` are measured")
    yield from _compare_results(a, b, asked)


def _compare_results(a: str, b: str, asked: CompareFlags) -> Iterator[str]:
    results = Result.read(a), Result.read(b)
    comparison = compare(*results)
    if asked.report:
        writable_folder(asked.report, "-report")
    yield from comparison_lines(a, b, comparison)
    if asked.json:
        write_text(asked.json, json.dumps(comparison_data(comparison), allow_nan=False) + "\n")
        yield f"{asked.json}: written"
    if asked.report:
        yield from _page(results, comparison, Path(asked.report))


def _page(
    results: tuple[Result, Result], comparison: Comparison, folder: Path
) -> Generator[str, None, None]:
    """Write the page and its pictures."""
    from darkpy.view.report.comparison import comparison_page

    shown = yield from changed_figures(results, comparison, folder)
    page = folder / "index.html"
    write_text(page, comparison_page(*(it.source for it in results), comparison, shown))
    yield f"{page}: written, with {len(shown)} pictures beside it"
