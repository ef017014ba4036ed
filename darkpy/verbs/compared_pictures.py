"""The pictures of a comparison's page, read where they were when they were measured."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.files import writable_folder
from darkpy.metrics.comparison import Comparison, Result

if TYPE_CHECKING:
    from darkpy.view.report.document import Figure

_MOST = 20  # pictures on the page


def changed_figures(
    results: tuple[Result, Result], comparison: Comparison, folder: Path
) -> Generator[str, None, list[Figure]]:
    """Draw the pictures that changed most, as A and as B see them, into a folder of a page."""
    from darkpy.view.judged import draw_judged
    from darkpy.view.report.comparison import changed_figure
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
        shown.append(changed_figure(change, (sides[0], sides[1])))
    return shown
