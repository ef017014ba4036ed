"""The parts of a training in `<name>_run.json`: the last one whole, those before it short.

A part that came before another one holds what the next does not hold alike, so that a training
which is resumed every hour does not write its cfg down every time. Of very many parts the middle
ones are one entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ALWAYS = ("began", "first_iteration")
# What is of a part alone: it is never taken over from a later one.
_OWN = {*_ALWAYS, "ended", "last_iteration", "how", "parts"}
_MOST = 60  # parts that are told one by one: the first and the last ones

Part = dict[str, Any]


def with_part(earlier: Sequence[Any], new: Part) -> list[Part]:
    """All parts once a new one begins."""
    parts = [part for part in earlier if isinstance(part, dict)]
    if parts:
        before = parts[-1]
        parts[-1] = {
            name: value
            for name, value in before.items()
            if name in _ALWAYS or name not in new or new[name] != value
        }
    if len(parts) >= _MOST:
        first = whole([*parts, new], 0)
        middle, last = parts[1 : 2 - _MOST], parts[2 - _MOST :]
        parts = [first, _in_one(middle), *last]
    return [*parts, new]


def whole(parts: Sequence[Part], number: int) -> Part:
    """A part with what it has in common with those after it."""
    found = dict(parts[number])
    for part in parts[number + 1 :]:
        found |= {n: v for n, v in part.items() if n not in found and n not in _OWN}
    return found


def parts_count(parts: Sequence[Mapping[str, Any]]) -> int:
    """How many parts there were, those in one entry included."""
    numbers = (part.get("parts", 1) for part in parts)
    return sum(n if isinstance(n, int) and n > 0 else 1 for n in numbers)


def _in_one(parts: Sequence[Part]) -> Part:
    """One entry in place of several parts."""
    found: Part = {"parts": parts_count(parts)}
    for name, part in (("began", parts[0]), ("first_iteration", parts[0]), ("ended", parts[-1])):
        if name in part:
            found[name] = part[name]
    return found
