"""The changes of a cfg that make its heads answer for other classes, at another size."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from darkpy.cfg.template import NewValue
from darkpy.errors import CfgError
from darkpy.planning.anchor_masks import AnchoredHead, spread
from darkpy.planning.network import NetworkPlan
from darkpy.planning.scaled import ScaledHead, comma_separated
from darkpy.sections.base import Plan

_COORDS = 4
_CELL_DECIMALS = 2  # of anchors that are counted in cells


def heads_of(plan: NetworkPlan) -> list[Plan]:
    """The detection heads whose filters= follow from their classes. CfgError if there is none."""
    found = [head for head in plan.detecting if hasattr(head.options, "wanted_filters")]
    if not found:
        raise CfgError(
            f"{plan.source}: no [yolo], [Gaussian_yolo], [region], [ssd] or [retina] to fit to "
            "other classes"
        )
    return found


def class_changes(plan: NetworkPlan, classes: int) -> Iterator[NewValue]:
    """classes= of every head, and filters= of the convolution before it that holds the scores.

    CfgError if a head has no convolution before it.
    """
    for head in heads_of(plan):
        wanted = dataclasses.replace(head.options, classes=classes).wanted_filters
        yield NewValue(head.section, "classes", classes)
        if getattr(head.options, "layout", "anchor") == "split":
            layer, wanted = _scores_before(plan, head), wanted - _COORDS * head.options.num
        else:
            layer = _convolution_before(plan, head)
        yield NewValue(layer.section, "filters", wanted)


def size_changes(plan: NetworkPlan, sides: tuple[int, int]) -> Iterator[NewValue]:
    """sizes= and step= of every [ssd] for an input of width, height px: its anchors are as large
    in it as they were, and its cells as far apart as the new map divides it."""
    factor = min(
        new / old for new, old in zip(sides, (plan.net.width, plan.net.height), strict=True)
    )
    if factor == 1:
        return
    for head in plan.of_kind("ssd"):
        sizes = ",".join(f"{side * factor:.4g}" for side in head.options.sizes)
        yield NewValue(head.section, "sizes", sizes)
        if head.options.step:
            yield NewValue(head.section, "step", 0)


def anchor_changes(heads: Sequence[AnchoredHead], wh: np.ndarray) -> Iterator[NewValue]:
    """anchors=, mask= and num= of every head for anchors (A, 2) px, smallest area first.

    There are as many as the masks have places: small ones go to small strides.
    """
    for head, mask in zip(heads, spread(wh, heads), strict=True):
        own = wh[list(mask)] / head.stride if head.in_cells else wh
        rounded = np.round(own, _CELL_DECIMALS if head.in_cells else 0)
        section = head.plan.section
        yield NewValue(section, "anchors", ", ".join(f"{w:g},{h:g}" for w, h in rounded))
        yield NewValue(section, "num", len(own))
        if not head.in_cells:
            yield NewValue(section, "mask", ",".join(map(str, mask)))


def scale_changes(plan: NetworkPlan, heads: Sequence[ScaledHead]) -> Iterator[NewValue]:
    """sizes= and ratios= of a cfg's heads that have them as they shall be."""
    for head in heads:
        section, options = plan.layers[head.plan.index].section, head.plan.options
        yield NewValue(section, "sizes", comma_separated(options.sizes))
        yield NewValue(section, "ratios", comma_separated(options.ratios))
        if "size" in section.entries:
            yield NewValue(section, "size", 0)


def _scores_before(plan: NetworkPlan, head: Plan) -> Plan:
    """Of a head that reads scores and boxes from two layers, that of the scores."""
    layer = plan.layers[head.sources[0]]
    while layer.kind == "route":
        layer = plan.layers[layer.sources[0]]
    return layer


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
