"""What was measured last, as the state keeps it: a training that goes on shows it at once."""

from __future__ import annotations

from typing import Any

from darkpy.serve.board import MOST_CLASSES, class_rows
from darkpy.training.checkpoint import numbers_within

_MOST = 2**53  # objects
_OF_A_CLASS = {"ap": (0, 1), "tp": (0, _MOST), "fp": (0, _MOST), "objects": (0, _MOST)}


def kept_of(report: Any, iteration: int, score: float) -> dict[str, Any] | None:
    """A report as JSON knows it: iteration, score as `map`, and its `class_rows`. None if a number
    cannot be."""
    kept = {"iteration": iteration, "map": float(score), "classes": class_rows(report)}
    return kept if is_possible(kept, iteration) else None


def is_possible(kept: Any, at: int) -> bool:
    """Whether this can be what was measured up to iteration `at`; None is: nothing was."""
    if kept is None:
        return True
    if not isinstance(kept, dict) or kept.keys() != {"iteration", "map", "classes"}:
        return False
    rows = kept["classes"]
    return (
        numbers_within(kept, {"iteration": (1, at), "map": (0, 1)})
        and isinstance(rows, list)
        and len(rows) <= MOST_CLASSES
        and all(isinstance(row, dict) and row.keys() == _OF_A_CLASS.keys() for row in rows)
        and all(numbers_within(row, _OF_A_CLASS) for row in rows)
    )
