"""The changes of a cfg that make its heads answer for other classes, at another size."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from darkpy.cfg.template import NewValue
from darkpy.errors import CfgError
from darkpy.planning.anchor_masks import AnchoredHead, spread
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan

_CELL_DECIMALS = 2  # of anchors that are counted in cells


def heads_of(plan: NetworkPlan) -> list[Plan]:
    """The detection heads whose filters= follow from their classes. CfgError if there is none."""
    if not plan.anchored:
        raise CfgError(
            f"{plan.source}: no [yolo], [Gaussian_yolo] or [region] to fit to other classes"
        )
    return plan.anchored


def class_changes(plan: NetworkPlan, classes: int) -> Iterator[NewValue]:
    """classes= of every head, and filters= of the convolution before it.

    CfgError if a head has no convolution before it.
    """
    for head in heads_of(plan):
        wanted = dataclasses.replace(head.options, classes=classes).wanted_filters
        yield NewValue(head.section, "classes", classes)
        yield NewValue(_convolution_before(plan, head).section, "filters", wanted)


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
