"""`darkpy compare`: two results of `detector map -json` side by side, and a plain verdict."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.files import writable_folder, write_text
from darkpy.flags.verbs import CompareFlags
from darkpy.metrics.comparison import (
    Comparison,
    Result,
    compare,
    comparison_data,
    comparison_lines,
)

_MOST = 20  # pictures on the page


def run(a: str, b: str, **flags: Any) -> Iterator[str]:
    """Yield the lines of the comparison. flags: those of CompareFlags."""
    asked = CompareFlags(**flags)
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
    """Write the page and its pictures, which are read where they were when they were measured."""
    from darkpy.view.judged import draw_judged
    from darkpy.view.report.comparison import changed_figure, comparison_page
    from darkpy.view.report.document import Side
    from darkpy.view.report.pictures import FOLDER, embedded

    shown = []
    undrawn = [result.source for result in results if result.visible is None]
    if undrawn:
        yield f"{undrawn[0]}: of an older darkpy, without boxes to draw: measure again for pictures"
    writable_folder(folder / FOLDER, "-report")
    for number, change in enumerate(comparison.changes[: 0 if undrawn else _MOST], start=1):
        try:
            pixels = read_picture(change.picture)
        except PictureError as problem:
            yield f"{problem} (not on the page)"
            continue
        sides = []
        for letter, result in zip("AB", results, strict=True):
            found, missed = result.visible.in_picture(result.pictures.index(change.picture))
            drawn = draw_judged(pixels, found, missed, result.names)
            file = f"{FOLDER}/{number:02d}_{Path(change.picture).stem}_{letter}.jpg"
            jpeg = embedded(folder, file, drawn)
            sides.append(Side(file, jpeg, f"{letter} on {change.picture}"))
        shown.append(changed_figure(change, tuple(sides)))
    page = folder / "index.html"
    write_text(page, comparison_page(*(it.source for it in results), comparison, shown))
    yield f"{page}: written, with {len(shown)} pictures beside it"
