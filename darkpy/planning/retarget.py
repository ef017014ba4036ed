"""The changes of a cfg that make its heads answer for other classes, at another size."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from darkpy.cfg.template import Change
from darkpy.errors import CfgError
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan


def heads_of(plan: NetworkPlan) -> list[Plan]:
    """The detection heads whose filters= follow from their classes. CfgError if there is none."""
    heads = [layer for layer in plan.layers if hasattr(layer.options, "wanted_filters")]
    if not heads:
        raise CfgError(
            f"{plan.source}: no [yolo], [Gaussian_yolo] or [region] to fit to other classes"
        )
    return heads


def class_changes(plan: NetworkPlan, classes: int) -> Iterator[Change]:
    """classes= of every head, and filters= of the convolution before it.

    CfgError if a head has no convolution before it.
    """
    for head in heads_of(plan):
        wanted = dataclasses.replace(head.options, classes=classes).wanted_filters
        yield Change(head.section, "classes", classes)
        yield Change(_convolution_before(plan, head).section, "filters", wanted)


def used_anchors(heads: Sequence[Plan]) -> list[int]:
    """Numbers of the anchors that some head answers for."""
    own = (getattr(head.options, "own_mask", range(head.options.num)) for head in heads)
    return sorted({number for mask in own for number in mask})


def anchor_changes(plan: NetworkPlan, anchors: Sequence[float]) -> Iterator[Change]:
    """The same anchors= in every head; width, height of each, smallest first."""
    text = ", ".join(f"{w:g},{h:g}" for w, h in zip(anchors[::2], anchors[1::2], strict=True))
    for head in heads_of(plan):
        yield Change(head.section, "anchors", text)


def _convolution_before(plan: NetworkPlan, head: Plan) -> Plan:
    """The layer that decides how many channels the head gets."""
    for layer in reversed(plan.layers[: head.index]):
        if "filters" in layer.section.entries and layer.kind.startswith("conv"):
            return layer
    raise CfgError.at(
        head.section.source,
        head.section.line,
        f"[{head.kind}] has no [convolutional] before it whose filters= could be changed",
    )
