"""The sentence that every head says when the layer before it has the wrong number of outputs."""

from __future__ import annotations

from darkpy.sections.base import Place


def check_filters(place: Place, wanted: int, because: str) -> None:
    """Report a layer before this one whose filters= (or output=) is not `wanted`.

    because: the keys that ask for it, such as "classes=3 and num=5".
    """
    if place.input.c == wanted:
        return
    before = place.earlier[-1].section if place.earlier else place.section
    key = "output" if "output" in before.entries else "filters"
    place.findings.error(
        before.source,
        before.line_of(key),
        f"[{place.section.kind}] (line {place.section.line}) with {because} needs {key}={wanted} "
        f"in the layer before it, which has {key}={place.input.c}",
    )
