"""The cfg of a new project: a template with its heads, schedule, batch and anchors made to fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.cfg.net_effects import idle_keys
from darkpy.cfg.reader import CfgText, parse_cfg
from darkpy.cfg.shipped import shipped_cfgs
from darkpy.cfg.template import NewValue, changed_lines, start_weights, without_preface
from darkpy.cfg.text import read_lines
from darkpy.data.labelled import Labelled
from darkpy.errors import CfgError, UsageError, number_of
from darkpy.metrics.anchors import Fit, fit, kmeans, scales_worth_changing, worth_changing
from darkpy.planning.anchor_masks import anchored_heads, present_anchors
from darkpy.planning.footprint import Need, fitting_subdivisions
from darkpy.planning.network import NetworkPlan, plan_network
from darkpy.planning.retarget import (
    anchor_changes,
    class_changes,
    heads_of,
    scale_changes,
    size_changes,
)
from darkpy.planning.scale_reach import reached
from darkpy.planning.scale_search import fitting_scales
from darkpy.planning.scaled import ScaledHead, match_thresh, scaled_heads
from darkpy.registry import did_you_mean

# The rule of thumb of Darknet's README.
_LEAST_BATCHES, _BATCHES_PER_CLASS = 6000, 2000
_STEPS = (0.8, 0.9)  # of max_batches=
_SIDE = 32  # px, what width= and height= are multiples of
_GIGA = 1e9
_LEAST_SHOWN = 0.1  # GB: nobody trains in none
_CLUSTER_RESTARTS = 20
_BOXES_PER_ANCHOR = 20  # with fewer boxes the best anchors follow the accidents of the sample


@dataclass(frozen=True)
class Template:
    """A cfg to begin from.

    side: width and height of the input that -size asked for; empty where it was not given.
    """

    name: str
    lines: list[str]
    side: tuple[int, ...]

    @classmethod
    def read(cls, cfg: str, size: str) -> Template:
        """One of darkpy's cfgs by its name, or a file. UsageError, CfgError if there is none."""
        known = shipped_cfgs()
        path = known.get(cfg) or known.get(cfg.removesuffix(".cfg")) or Path(cfg)
        if not path.exists():
            where = "" if known else "; this installation has none: take them from cfg/ of darkpy"
            raise UsageError(
                f"darkpy init: there is no cfg '{cfg}'{did_you_mean(cfg, known)}\n"
                f"darkpy's are {', '.join(known) or 'missing'}{where}"
            )
        return cls(path.stem, read_lines(path, CfgError, "the cfg file"), _sides(size))

    def text(self, lines: list[str] | None = None) -> CfgText:
        return parse_cfg(self.lines if lines is None else lines, f"{self.name}.cfg")


@dataclass(frozen=True)
class Fitted:
    """The cfg's lines, what was decided, and the weights file to start from, if one is known."""

    lines: list[str]
    decisions: list[str]
    start: str


def fit_cfg(
    template: Template, train: Labelled, classes: int, gigabytes: float, seed: int
) -> Fitted:
    """Make the template fit the training pictures. CfgError if it cannot be."""
    before = _planned(template, template.lines)
    net = template.text().sections[0]
    side = template.side or (before.net.width, before.net.height)
    batches = max(_LEAST_BATCHES, _BATCHES_PER_CLASS * classes, len(train.paths))
    changes = [
        NewValue(net, "width", side[0]),
        NewValue(net, "height", side[1]),
        NewValue(net, "max_batches", batches),
        NewValue(net, "policy", "steps"),
        NewValue(net, "steps", ",".join(str(int(share * batches)) for share in _STEPS)),
        NewValue(net, "scales", ".1,.1"),
        *class_changes(before, classes),
        *size_changes(before, side),
    ]
    sized = _planned(template, changed_lines(template.lines, changes))
    chosen, said = _scales(before, sized, train) or _anchors(before, train, side, seed)
    changes = [*_without(changes, chosen), *chosen]
    resized = _planned(template, changed_lines(template.lines, changes))
    batch, subdivisions = _batch(resized, gigabytes)
    changes += [NewValue(net, "batch", batch), NewValue(net, "subdivisions", subdivisions)]
    body = without_preface(_that_count(template, changed_lines(template.lines, changes), before))
    plan = _planned(template, body)
    needed = max(_LEAST_SHOWN, _need(plan).bytes(plan.net.mini_batch) / _GIGA)
    decisions = [
        f"{template.name} at {side[0]}x{side[1]} for {number_of(classes, 'classes')}: "
        f"{plan.bflops:.3f} BFLOPs, weights file of {plan.weights_bytes} bytes",
        f"max_batches={batches}: the largest of {_LEAST_BATCHES}, {_BATCHES_PER_CLASS}*classes and "
        f"the {len(train.paths)} training pictures; steps= at 80 and 90 %",
        f"batch={batch} subdivisions={subdivisions}: about {needed:.1f} GB in "
        f"training, for -memory {gigabytes:g}",
        said,
    ]
    return Fitted(
        [*_preface(template, plan, classes), *body], decisions, start_weights(template.lines)
    )


def _that_count(template: Template, lines: list[str], before: NetworkPlan) -> list[str]:
    """The lines without keys of [net] that had an effect before the changes and have none now."""
    made_idle = _idle(_planned(template, lines)) - _idle(before)
    net = template.text(lines).sections[0]
    lost = {net.line_of(key) for key in made_idle}
    return [line for number, line in enumerate(lines, start=1) if number not in lost]


def _idle(plan: NetworkPlan) -> set[str]:
    return {key for key, _ in idle_keys(plan.net)}


def _without(changes: Iterable[NewValue], later: Sequence[NewValue]) -> Iterator[NewValue]:
    """Those that no later one overrules."""
    overruled = {(change.section.line, change.key) for change in later}
    yield from (one for one in changes if (one.section.line, one.key) not in overruled)


def _sides(size: str) -> tuple[int, ...]:
    if not size:
        return ()
    found = re.fullmatch(r"(\d+)(?:[xX*](\d+))?", size)
    sides = tuple(int(side) for side in (found[1], found[2] or found[1])) if found else ()
    if not sides or any(side % _SIDE or not side for side in sides):
        near = "x".join(str(max(_SIDE, round(side / _SIDE) * _SIDE)) for side in sides)
        example = near or "416x416"
        raise UsageError(
            f"darkpy init: -size {size} must be WxH, multiples of {_SIDE}, as {example}"
        )
    return sides


def _planned(template: Template, lines: list[str]) -> NetworkPlan:
    plan = plan_network(template.text(lines))
    plan.findings.raise_errors(CfgError)
    heads_of(plan)
    return plan


def _anchors(
    plan: NetworkPlan, train: Labelled, side: tuple[int, ...], seed: int
) -> tuple[list[NewValue], str]:
    """The changes that bring better anchors, or none to keep the template's; and why.

    Only anchors that some head's mask= names count: Darknet's tiny cfgs leave one out. New ones
    are as many as the masks have places, so that each is used and filters= stays.
    """
    heads = anchored_heads(plan)
    wh = train.rows[:, 3:] * side
    before = present_anchors(heads)
    count = sum(len(head.wh) for head in heads)
    present = fit(wh, before)
    ours = f"anchors= fit the boxes with an average IoU of {present.avg_iou:.1%}"
    least = _BOXES_PER_ANCHOR * count
    if len(wh) < least or len(np.unique(wh, axis=0)) < count:
        return [], f"{ours}; kept: {len(wh)} boxes are too few to find others, {least} are needed"
    best = kmeans(wh, count, np.random.default_rng(seed), restarts=_CLUSTER_RESTARTS)
    possible = fit(wh, best)
    compared = f"{ours}, the best possible with {possible.avg_iou:.1%}"
    if not worth_changing(present, possible):
        return [], f"{compared}: kept"
    said = f"{compared}: replaced by those"
    if count > len(before):
        said += f"; mask= so that all {count} are used, the template's name {len(before)}"
    return list(anchor_changes(heads, best)), said


def _scales(
    before: NetworkPlan, plan: NetworkPlan, train: Labelled
) -> tuple[list[NewValue], str] | None:
    """The same of [ssd] and [retina]: sizes= and ratios=; None where there are none.

    plan: `before` at the size that is asked for.
    """
    heads, net = scaled_heads(plan), plan.net
    if not heads:
        return None
    boxes = train.rows[:, 1:] * ((net.width, net.height) * 2)
    present = _fit(boxes, heads)
    ours = f"sizes= and ratios= reach {present.recall:.1%} of the boxes"
    if len(boxes) < _BOXES_PER_ANCHOR * len(heads):
        return [], f"{ours}; kept: {len(boxes)} boxes are too few to find others"
    best = fitting_scales(heads, boxes, net.width)
    possible = _fit(boxes, best)
    compared = f"{ours}, the best possible {possible.recall:.1%}"
    if not scales_worth_changing(present, possible):
        return [], f"{compared}: kept"
    return list(scale_changes(before, best)), f"{compared}: replaced by those"


def _fit(boxes: np.ndarray, heads: Sequence[ScaledHead]) -> Fit:
    best = reached(boxes, heads)
    return Fit(float(best.mean()), float((best >= match_thresh(heads)).mean()))


def _batch(plan: NetworkPlan, gigabytes: float) -> tuple[int, int]:
    """batch= as it is (64 if it is for testing only), and the fewest subdivisions= that fit."""
    batch = plan.net.batch if plan.net.batch > 1 else 64
    return batch, fitting_subdivisions(_need(plan), gigabytes * _GIGA, batch) or batch


def _need(plan: NetworkPlan) -> Need:
    return Need.of(plan, heads_of(plan)[-1].options.random)


def _preface(template: Template, plan: NetworkPlan, classes: int) -> Iterator[str]:
    yield f"# {template.name} for {number_of(classes, 'classes')}, made by `darkpy init`."
    yield (
        f"# Input {plan.net.width}x{plan.net.height} px; {plan.bflops:.3f} BFLOPs a picture; "
        f"weights file of {plan.weights_bytes} bytes."
    )
    yield ""
