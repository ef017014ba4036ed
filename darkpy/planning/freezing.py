"""freeze= of [net]: which layers learn where all but the last are frozen."""

from __future__ import annotations

from collections.abc import Sequence

from darkpy.sections.base import Plan


def last_ones(layers: Sequence[Plan], wanted: Sequence[int]) -> frozenset[int]:
    """The heads, the layers with values right before them, and what lies between.

    wanted: the heads, or the last layer where there is none. What comes before a layer with values
    of its own, or with those of another one, is not looked at.
    """
    found: set[int] = set()
    waiting = list(wanted)
    while waiting:
        index = waiting.pop()
        if index < 0 or index in found:
            continue
        found.add(index)
        plan = layers[index]
        shared = getattr(plan.options, "share_index", None)
        if shared is not None:
            waiting.append(plan.options.shared_index(index))
        elif not plan.arrays:
            waiting.extend(plan.sources)
    return frozenset(found)
