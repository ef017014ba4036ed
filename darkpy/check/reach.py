"""Layers that nothing reads, and layers that read what they should not."""

from __future__ import annotations

from darkpy.check.subject import Subject

_INDIRECT = ("share_index", "embedding_layer", "yolo_layer")  # keys that read without sources
_IDLE = ("empty", "silence")


def check_dead_ends(subject: Subject) -> None:
    """A layer whose output goes nowhere costs time and learns nothing."""
    if not subject.whole:
        return
    layers = subject.plan.layers
    read = {source for plan in layers for source in plan.sources}
    for plan in layers:
        for key in _INDIRECT:
            target = getattr(plan.options, key, None)
            if target:
                read.add(plan.index + target if target < 0 else target)
    for plan in layers[:-1]:
        idle = plan.options.head is not None or plan.kind in _IDLE
        if plan.index not in read and not idle:
            subject.warning(
                plan,
                "",
                f"is layer {plan.index}, which no later layer reads; "
                "is a number of layers= or from= wrong?",
            )


def check_after_heads(subject: Subject) -> None:
    """A layer that goes on from a head's output; heads are followed by a [route]."""
    layers = subject.plan.layers
    boxes = {head.index for head in subject.plan.detecting}
    for plan in layers:
        for source in plan.sources:
            if source in boxes and plan.options.head is None:
                subject.warning(
                    plan,
                    "layers" if plan.kind == "route" else "",
                    f"reads the boxes of the [{layers[source].kind}] of line "
                    f"{layers[source].section.line}; is a [route] missing or wrong?",
                )
