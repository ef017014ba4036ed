"""`detector calc_anchors` for [ssd] and [retina]: sizes= and ratios= from the boxes of train=."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from darkpy.errors import number_of
from darkpy.files import write_text
from darkpy.metrics.anchors import (
    REACH_WORTH_CHANGING,
    WORTH_CHANGING,
    Fit,
    scales_worth_changing,
)
from darkpy.planning.network import NetworkPlan
from darkpy.planning.scale_reach import reached
from darkpy.planning.scale_search import fitting_scales
from darkpy.planning.scaled import ScaledHead, comma_separated, match_thresh
from darkpy.view.charts.cloud import cloud_figure
from darkpy.view.charts.training import save_figure


def scales_fitted(
    plan: NetworkPlan, heads: Sequence[ScaledHead], boxes: np.ndarray
) -> Iterator[str]:
    """How well the anchors reach the boxes (N, 4) cxcywh of the unit square, and what would."""
    net = plan.net
    boxes_px = boxes.astype(np.float64) * ((net.width, net.height) * 2)
    count = sum(head.anchors for head in heads)
    yield f"\n present anchors, {plan.source}: {count} on {number_of(len(heads), 'maps')}"
    if not len(boxes_px):
        yield " no boxes"
        return
    present = reached(boxes_px, heads)
    yield _reach_line(present, heads)
    if net.letter_box:
        yield " letter_box=1: sizes are still those of stretched pictures, as in Darknet"
    yield "\n calculating sizes= and ratios= ..."
    changed = fitting_scales(heads, boxes_px, net.width)
    possible = reached(boxes_px, changed)
    yield _reach_line(possible, heads)
    lines = list(scale_lines(changed))
    yield from _recommendation(_fit(present, heads), _fit(possible, heads))
    yield from lines
    write_text("anchors.txt", "\n".join(lines) + "\n")
    yield "\nSaving the lines to the file: anchors.txt "
    yield from _picture(boxes_px[:, 2:], changed, heads, f"{net.width}x{net.height}")


def _fit(best: np.ndarray, heads: Sequence[ScaledHead]) -> Fit:
    return Fit(float(best.mean()), float((best >= match_thresh(heads)).mean()))


def _reach_line(best: np.ndarray, heads: Sequence[ScaledHead]) -> str:
    found = _fit(best, heads)
    return (
        f" avg IoU with the best anchor in its place = {100 * found.avg_iou:2.2f} %, boxes that an "
        f"anchor reaches (match_thresh={match_thresh(heads):g}): {found.recall:.2%}, IoU of the "
        f"worst twentieth below {np.quantile(best, 0.05):.2f}"
    )


def _recommendation(present: Fit, possible: Fit) -> Iterator[str]:
    change = scales_worth_changing(present, possible)
    gains = possible.avg_iou - present.avg_iou, possible.recall - present.recall
    yield (
        f"\n recommendation: {'change' if change else 'keep'} sizes= and ratios=: the new ones "
        f"gain {100 * gains[0]:.2f} points of avg IoU and {100 * gains[1]:.2f} of boxes reached, a "
        f"change is advised from {100 * WORTH_CHANGING:.0f} of the one or "
        f"{100 * REACH_WORTH_CHANGING:.0f} of the other on"
    )
    yield (
        f" to use {'them' if change else 'them all the same'}, write into the cfg (filters= stays):"
    )


def scale_lines(heads: Sequence[ScaledHead]) -> Iterator[str]:
    """What to write into the cfg for heads with these keys, with its line numbers."""
    for head in sorted(heads, key=lambda one: one.plan.section.line):
        section, options = head.plan.section, head.plan.options
        yield f"# line {section.line}, [{section.kind}]"
        replaced = "     (in place of size= and octaves=)" if "size" in section.entries else ""
        yield f"sizes={comma_separated(options.sizes)}{replaced}"
        yield f"ratios={comma_separated(options.ratios)}"


def _picture(
    wh: np.ndarray, found: Sequence[ScaledHead], present: Sequence[ScaledHead], size: str
) -> Iterator[str]:
    shapes = [np.concatenate([head.shapes for head in heads]) for heads in (found, present)]
    save_figure(cloud_figure(wh, *shapes, title=f"{len(wh)} boxes at {size}"), "cloud.png")
    yield "boxes and anchors: cloud.png"
