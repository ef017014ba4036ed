"""The sentence that every head says when the layer before it has the wrong number of outputs."""

from __future__ import annotations

from darkpy.errors import clipped
from darkpy.sections.base import Place

_WANTING = ("classes", "num", "mask", "coords")  # keys of a head that ask for filters


def check_filters(place: Place, wanted: int, because: str) -> None:
    """Report a layer before this one whose filters= (or output=) is not `wanted`.

    because: the keys that ask for it, such as "classes=3 and num=5".
    """
    if place.input.c == wanted or _unread(place):
        return
    before = place.earlier[-1].section if place.earlier else place.section
    key = "output" if "output" in before.entries else "filters"
    has = clipped(before.entries[key].text) if key in before.entries else place.input.c
    place.findings.error(
        before.source,
        before.line_of(key),
        f"[{place.section.kind}] (line {place.section.line}) with {because} needs {key}={wanted} "
        f"in the layer before it, which has {key}={has}",
        before.fix(key, wanted) if _knows(place, key) else None,
    )


def _unread(place: Place) -> bool:
    """Whether a key that says how many are wanted could not be read."""
    entries = place.section.entries
    lines = {entries[name].line for name in _WANTING if name in entries}
    return any(found.line in lines for found in place.findings.errors)


def _knows(place: Place, key: str) -> bool:
    """Whether the layer before is of a kind that has the key."""
    return bool(place.earlier) and hasattr(place.earlier[-1].options, key)
