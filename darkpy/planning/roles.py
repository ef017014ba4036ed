"""What each number that a head reads speaks of, and which layer it comes from.

A role is (what, anchor, number): what is "class", or "box" for all else of an anchor (coordinates,
objectness, background); of [detection] and [softmax], which have no anchors, the second is a cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan
from darkpy.sections.detection import COORDS, Detection
from darkpy.sections.softmax import Softmax

Role = tuple[str, int, int]
CLASS, OTHER = "class", "box"


@dataclass(frozen=True)
class Speaker:
    """A layer right before a head. head: which of the network's; roles: of each of its outputs."""

    layer: int
    head: int
    roles: tuple[Role, ...]


def speakers(plan: NetworkPlan) -> list[Speaker]:
    """The layers that speak to the heads, each once, in the order of the heads."""
    found: dict[int, Speaker] = {}
    for number, head in enumerate(plan.heads):
        roles = tuple(roles_of(head))
        # The first source is a head's own; the last of several scales reads the others' too.
        for layer, own in _traced(plan, head.sources[0], roles):
            found.setdefault(layer, Speaker(layer, number, own))
    return list(found.values())


def classes_of(head: Plan) -> int:
    """How many classes a head tells apart; 0 for one that does not."""
    if isinstance(head.options, Softmax):
        return len(list(roles_of(head)))
    return getattr(head.options, "classes", 0)


def roles_of(head: Plan) -> Iterator[Role]:
    """Of all channels, or of all values where a [detection] or [softmax] reads these."""
    o = head.options
    if isinstance(o, Softmax):
        shape = head.inputs[0]
        yield from ((CLASS, 0, k) for k in range(shape.c if o.spatial else shape.size))
    elif isinstance(o, Detection):
        cells = o.side**2
        yield from ((CLASS, cell, k) for cell in range(cells) for k in range(o.classes))
        yield from ((OTHER, 0, k) for k in range(cells * o.num * (1 + COORDS)))
    elif hasattr(o, "wanted_filters"):
        anchors = len(o.own_mask) if hasattr(o, "own_mask") else o.num
        others = o.wanted_filters // anchors - o.classes
        split = getattr(o, "layout", "anchor") == "split"
        yield from (_split if split else _together)(anchors, others, o.classes)


def _together(anchors: int, others: int, classes: int) -> Iterator[Role]:
    """Anchor by anchor, the box first."""
    for anchor in range(anchors):
        yield from ((OTHER, anchor, k) for k in range(others))
        yield from ((CLASS, anchor, k) for k in range(classes))


def _split(anchors: int, others: int, classes: int) -> Iterator[Role]:
    """The scores of all anchors, a background before the classes, then the boxes of all."""
    for anchor in range(anchors):
        yield from ((OTHER, anchor, k) for k in range(COORDS, others))
        yield from ((CLASS, anchor, k) for k in range(classes))
    for anchor in range(anchors):
        yield from ((OTHER, anchor, k) for k in range(COORDS))


def _traced(
    plan: NetworkPlan, index: int, roles: tuple[Role, ...]
) -> Iterator[tuple[int, tuple[Role, ...]]]:
    """The layers with values that the numbers come from, through what only passes them on."""
    if index < 0 or not roles:
        return
    layer = plan.layers[index]
    shared = getattr(layer.options, "share_index", None)
    if layer.arrays or shared is not None:
        if len(roles) in (layer.out.c, layer.out.size):
            yield (index if shared is None else layer.options.shared_index(index)), roles
    elif layer.kind == "route":
        sizes = [shape.c for shape in layer.inputs]
        if sum(sizes) == len(roles):
            for source, size in zip(layer.sources, sizes, strict=True):
                yield from _traced(plan, source, roles[:size])
                roles = roles[size:]
    else:
        for source, shape in zip(layer.sources, layer.inputs, strict=True):
            if len(roles) in (shape.c, shape.size):
                yield from _traced(plan, source, roles)
