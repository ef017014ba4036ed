"""`darkpy compare`: two results of `detector map -json` side by side, and a plain verdict."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator

from darkpy.files import write_text
from darkpy.metrics.comparison import Result, compare, comparison_data, comparison_lines


def run(a: str, b: str, *, json: str = "") -> Iterator[str]:
    """Yield the lines of the comparison. json: a file for its numbers."""
    comparison = compare(Result.read(a), Result.read(b))
    yield from comparison_lines(a, b, comparison)
    if json:
        write_text(json, json_text.dumps(comparison_data(comparison), allow_nan=False) + "\n")
        yield f"{json}: written"
