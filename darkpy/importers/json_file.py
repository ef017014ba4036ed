"""JSON of other programs, read with its faults told by place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from darkpy.errors import DataError


def read_json(path: Path) -> Any:
    """What a JSON file holds. DataError where it cannot be read or is none."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file)
    except OSError as problem:
        raise DataError.at(path, None, f"cannot be read: {problem.strerror}") from None
    except json.JSONDecodeError as problem:
        raise DataError.at(path, problem.lineno, f"is no JSON: {problem.msg}") from None
    except (UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise DataError.at(path, None, f"is no JSON: {problem}") from None


def rows(table: Any, key: str) -> list[dict[str, Any]]:
    """The objects of a list in an object, and nothing where it is none."""
    listed = table.get(key) if isinstance(table, dict) else None
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []


def size_wh(table: Any, width: str, height: str) -> tuple[int, int] | None:
    """Width and height in px, where an object gives them."""
    try:
        w, h = int(table[width]), int(table[height])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return (w, h) if w > 0 and h > 0 else None


def word(table: Any, key: str) -> str:
    """A text of an object; a number as text, and nothing for all else."""
    value = table.get(key) if isinstance(table, dict) else None
    return str(value) if isinstance(value, str | int | float) else ""
