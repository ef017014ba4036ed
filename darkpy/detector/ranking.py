"""`-rank FILE`: pictures in the order in which a person should label them, most doubtful first."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from darkpy.errors import number_of
from darkpy.files import write_text
from darkpy.inference.detector import Detections
from darkpy.inference.doubt import picture_doubt

_HEAD = ("picture", "doubt", "boxes")
_TABLE = ".csv"


class Ranking:
    """Pictures with the doubt about them, written at the end.

    A .csv gets a table; any other name gets a path a line, which every labelling program opens.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._rows: list[tuple[str, float, int]] = []

    def add(self, picture: str, found: Detections) -> None:
        """Note a picture and what was found on it at a low threshold."""
        boxes = int((found.probs > 0).any(dim=1).sum())
        self._rows.append((picture, picture_doubt(found), boxes))

    def write(self) -> str:
        """Write the file; gives the line to print. Of equal doubt the earlier picture comes first.

        OutputError if it cannot be written.
        """
        rows = sorted(self._rows, key=lambda row: -row[1])
        text = io.StringIO()
        if self.path.suffix.lower() == _TABLE:
            table = csv.writer(text, lineterminator="\n")
            table.writerow(_HEAD)
            table.writerows((path, f"{doubt:.4f}", boxes) for path, doubt, boxes in rows)
        else:
            text.writelines(f"{path}\n" for path, _, _ in rows)
        write_text(self.path, text.getvalue())
        return f"{self.path}: {number_of(len(rows), 'pictures')}, the most doubtful first"
