"""`darkpy compare`: two results of `detector map -json` side by side, and a plain verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from darkpy.files import write_text
from darkpy.flags.verbs import CompareFlags
from darkpy.metrics.comparison import Result, compare, comparison_data, comparison_lines


def run(a: str, b: str, **flags: Any) -> Iterator[str]:
    """Yield the lines of the comparison. flags: those of CompareFlags."""
    asked = CompareFlags(**flags)
    comparison = compare(Result.read(a), Result.read(b))
    yield from comparison_lines(a, b, comparison)
    if asked.json:
        write_text(asked.json, json.dumps(comparison_data(comparison), allow_nan=False) + "\n")
        yield f"{asked.json}: written"
