"""Classes that a user does not want to hear of: -skipclasses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from darkpy.errors import UsageError
from darkpy.registry import did_you_mean

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

_RANGE = re.compile(r"(\d+)(?:-(\d+))?$")


def class_numbers(text: str, names: Sequence[str]) -> tuple[int, ...]:
    """The classes that `2,5-8,dog` means, in order. UsageError for what is no class.

    >>> class_numbers("3,0-1,dog", ("cat", "cow", "dog", "owl"))
    (0, 1, 2, 3)
    """
    found: set[int] = set()
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word in names:
            found.add(names.index(word))
            continue
        numbers = _RANGE.match(word)
        if not numbers:
            raise UsageError(f"-skipclasses: there is no class {word!r}{did_you_mean(word, names)}")
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        if not first <= last < len(names):
            most = len(names) - 1
            raise UsageError(f"-skipclasses: {word} is no class; they go from 0 to {most}")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def without_classes(detections: Detections, numbers: Sequence[int]) -> Detections:
    """The same boxes as if they had never been of these classes."""
    if not numbers:
        return detections
    probs = detections.probs.clone()
    probs[:, list(numbers)] = 0
    return replace(detections, probs=probs)
