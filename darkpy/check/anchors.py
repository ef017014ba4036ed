"""Anchors against the input size, the unit they are in, and the heads that answer for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from darkpy.check.subject import Subject
from darkpy.errors import number_of
from darkpy.planning.heads import in_cells
from darkpy.sections.base import Plan

# Anchor lists of published cfgs, and the input size they were measured at.
_TINY = (10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319)
PUBLISHED = {
    _TINY: ("YOLOv3-tiny", 416),
    (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326): ("YOLOv3", 416),
    (12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401): (
        "YOLOv4",
        512,
    ),
}
_RELEASED_MASK, _FIRST_MASK = (1, 2, 3), (0, 1, 2)
_SMALLER, _LARGER = 0.7, 1.6  # an input so far off changes what the anchors mean
_CELLS = 64  # lists of [region] end below this many cells; those of [yolo] above so many pixels


def _pairs(head: Plan) -> list[tuple[float, float]]:
    values = head.options.anchors
    return list(zip(values[::2], values[1::2], strict=False))


def _own(head: Plan) -> list[tuple[float, float]]:
    """The anchors that the head answers for, as far as anchors= lists them."""
    pairs = _pairs(head)
    mask = getattr(head.options, "own_mask", range(len(pairs)))
    return [pairs[number] for number in mask if 0 <= number < len(pairs)]


def check_list(subject: Subject) -> None:
    """anchors= are pairs of sizes above 0."""
    for head in subject.anchored:
        values = head.options.anchors
        if len(values) % 2:
            count = number_of(len(values), "numbers")
            message = f"anchors= has {count}; they are pairs of width and height"
            subject.warning(head, "anchors", message)
        if 0 in values:
            subject.warning(head, "anchors", "an anchor of size 0 can never fit an object")
        used, listed = head.options.num, len(values) // 2
        if listed > used and all(n < used for n in getattr(head.options, "mask", ())):
            message = f"anchors= lists {listed} anchors but num={used}: the last are not used"
            tell = subject.warning if in_cells(head) else subject.note
            tell(head, "num", message)


def check_unit(subject: Subject) -> None:
    """[yolo] counts pixels, [region] cells of its own grid."""
    for head in subject.anchored:
        values = head.options.anchors
        if not values:
            continue
        cells = max(head.out.h, head.out.w)
        if in_cells(head) and max(values) > 2 * cells and max(values) > _CELLS:
            message = (
                f"anchors up to {max(values):g} look like pixels; [region] counts cells, here "
                f"{head.out.w}x{head.out.h}: divide by {subject.net.width // max(1, head.out.w)}"
            )
            subject.warning(head, "anchors", message)
        elif not in_cells(head) and max(values) < _CELLS / 4 and subject.net.width > 4 * _CELLS:
            message = f"anchors up to {max(values):g} look like cells; [{head.kind}] counts pixels"
            subject.warning(head, "anchors", message)


def check_against_input(subject: Subject) -> None:
    """Anchors that are larger than any picture the network sees, or meant for another size."""
    net = subject.net
    if not (net.width and net.height):
        return
    for head in subject.anchored:
        if in_cells(head):
            continue
        own = _own(head)
        large = [f"{w:g}x{h:g}" for w, h in own if w > net.width or h > net.height]
        where = f"larger than the input of {net.width}x{net.height}"
        if large and len(large) == len(own):
            message = f"all anchors of this head ({', '.join(large)}) are {where}; it finds nothing"
            subject.warning(head, "anchors", f"{message}: calculate anchors for this size")
        elif large:
            subject.note(head, "anchors", f"the anchor {', '.join(large)} is {where}")
    _check_published(subject)


def _check_published(subject: Subject) -> None:
    side = max(subject.net.width, subject.net.height)
    for head in subject.anchored[:1]:
        name, size = PUBLISHED.get(tuple(head.options.anchors), ("", side))
        if not _SMALLER * size <= side <= _LARGER * size:
            subject.note(
                head,
                "anchors",
                f"these are the anchors of {name} for {size} px; at {side} px objects are "
                f"{side / size:.2g} times as large, so that other anchors may fit better",
            )


def check_masks(subject: Subject) -> None:
    """Each anchor of a shared list belongs to one head."""
    heads = [head for head in subject.anchored if getattr(head.options, "mask", ())]
    if len(heads) < 2 or len({head.options.anchors for head in heads}) > 1:
        return
    claimed: dict[int, Plan] = {}
    for head in heads:
        for number in head.options.mask:
            if number in claimed:
                other = claimed[number].section.line
                message = f"anchor {number} is in mask= of line {other}'s head too"
                subject.note(head, "mask", message)
            claimed[number] = head
    for number, (w, h) in enumerate(_pairs(heads[0])[: heads[0].options.num]):
        if number not in claimed:
            message = f"no mask= of any head names anchor {number}, {w:g}x{h:g}"
            subject.note(heads[-1], "mask", message)


def check_order(subject: Subject) -> None:
    """Coarse heads answer for large anchors."""
    heads = [head for head in subject.anchored if not in_cells(head) and _own(head)]
    for finer, coarser in _neighbours(heads):
        if _mean_area(finer) > _mean_area(coarser):
            subject.warning(
                finer,
                "mask",
                f"this head has the finer grid ({finer.out.w}x{finer.out.h}) but larger anchors "
                f"than the [{coarser.kind}] of line {coarser.section.line} "
                f"({coarser.out.w}x{coarser.out.h}); are the masks exchanged?",
            )


def _neighbours(heads: list[Plan]) -> Iterator[tuple[Plan, Plan]]:
    """Each head with the one whose grid is next coarser."""
    ordered = sorted(heads, key=lambda head: -head.out.w * head.out.h)
    for finer, coarser in itertools.pairwise(ordered):
        if finer.out[1:] != coarser.out[1:]:
            yield finer, coarser


def _mean_area(head: Plan) -> float:
    areas = [w * h for w, h in _own(head)]
    return sum(areas) / len(areas)


def check_tiny_mask(subject: Subject) -> None:
    """The stock yolov3-tiny.cfg says mask=0,1,2; its weights were trained with 1,2,3."""
    head = tiny_head(subject)
    if head is not None:
        subject.note(
            head,
            "mask",
            "mask=0,1,2 is right for your own training; the released yolov3-tiny.weights and "
            "yolov4-tiny.weights were trained with mask=1,2,3 here",
        )


def tiny_head(subject: Subject) -> Plan | None:
    """The second head of a tiny network with published anchors and mask=0,1,2."""
    heads = subject.plan.of_kind("yolo")
    if len(heads) != 2 or tuple(heads[1].options.anchors) != _TINY:
        return None
    return heads[1] if heads[1].options.mask == _FIRST_MASK else None


RELEASED_MASK = ",".join(str(number) for number in _RELEASED_MASK)
