"""Heads of several scales ([ssd], [retina]): where their anchors are; without numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan
from darkpy.sections.scales import ScaleOptions


@dataclass(frozen=True)
class ScaledHead:
    """One map. shapes: width, height of a cell's anchors, px. step_wh: px between cells.

    before: the layers whose channels it reads, the one with the scores first.
    """

    plan: Plan
    before: tuple[Plan, ...]
    shapes: tuple[tuple[float, float], ...]
    step_wh: tuple[float, float]

    @property
    def stride(self) -> float:
        return self.step_wh[0]

    @property
    def anchors(self) -> int:
        """Of all cells together."""
        return len(self.shapes) * self.plan.out.h * self.plan.out.w

    @property
    def sizes(self) -> tuple[float, ...]:
        """sizes=, or what size= and octaves= stand for."""
        return getattr(self.plan.options, "all_sizes", self.plan.options.sizes)

    @property
    def chained(self) -> bool:
        """Whether the second of its sizes is the next map's, as in [ssd]."""
        return hasattr(self.plan.options, "between")


def scaled_heads(network: NetworkPlan) -> list[ScaledHead]:
    """The heads of a cfg that share their matching, fine maps first."""
    plans = [plan for plan in network.detecting if isinstance(plan.options, ScaleOptions)]
    heads = [_head(network, plan) for plan in plans if plan.options.shapes and plan.index > 0]
    return sorted(heads, key=lambda head: head.stride)


def _head(network: NetworkPlan, plan: Plan) -> ScaledHead:
    net, options = network.input, plan.options
    if not hasattr(options, "step"):  # [retina]: whole px
        step_wh = float(max(1, net.w // plan.out.w)), float(max(1, net.h // plan.out.h))
    else:
        step_wh = options.step or net.w / plan.out.w, options.step or net.h / plan.out.h
    shapes = options.shapes
    if getattr(options, "clip_anchors", "") == "sizes":
        shapes = tuple((min(w, net.w), min(h, net.h)) for w, h in shapes)
    before = network.layers[plan.index - 1]
    if options.layout == "split" and before.kind == "route":
        read = tuple(network.layers[source] for source in before.sources)
    else:
        read = (before,)
    return ScaledHead(plan, read, shapes, step_wh)


def match_thresh(heads: Sequence[ScaledHead]) -> float:
    """The IoU from which on an anchor answers for a box."""
    return heads[-1].plan.options.match_thresh


def comma_separated(numbers: Sequence[float]) -> str:
    """Numbers as a cfg has them."""
    return ",".join(f"{number:g}" for number in numbers)
