"""Heads of several scales ([ssd], [retina]): their anchors against their maps and the input."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from darkpy.check.subject import Subject
from darkpy.errors import number_of
from darkpy.planning.scaled import ScaledHead, comma_separated, scaled_heads

_SHARES_BELOW = 2.0  # sizes of other programs are shares of the picture, at most 1.05
_CELLS_APART = 2.0  # an anchor this many times smaller than its cell leaves gaps between


def check_layers_before(subject: Subject) -> None:
    """A head reads raw numbers."""
    for head in scaled_heads(subject.plan):
        because = f"the [{head.plan.kind}] of line {head.plan.section.line} reads raw numbers"
        for before in head.before:
            activation = getattr(before.options, "activation", "linear")
            if activation != "linear":
                given = f"activation={activation}"
                given += "" if "activation" in before.section.entries else " (the default)"
                message = f"{given} before a head; {because}"
                subject.warning(before, "activation", message, "linear")
            if getattr(before.options, "batch_normalize", 0):
                message = f"batch_normalize=1 before a head; {because} and is trained without it"
                subject.warning(before, "batch_normalize", message)


def check_steps(subject: Subject) -> None:
    """step= lays the cells of a map over the whole input, no less and not far beyond it."""
    net = subject.net
    for head in scaled_heads(subject.plan):
        step, cells = getattr(head.plan.options, "step", 0), head.plan.out.w
        if not step or not net.width:
            continue
        least, most = (cells - 1) * step, (cells + 1) * step
        if not least < net.width <= most:
            right = round(net.width / cells)
            message = (
                f"step={step:g} spreads {number_of(cells, 'cells')} over {step * cells:g} px, the "
                f"input has {net.width}; {net.width}/{cells} is {net.width / cells:.4g}"
            )
            subject.warning(head.plan, "step", message, right)


def check_sizes(subject: Subject) -> None:
    """sizes= count pixels of this input, grow with the stride, and leave no gaps."""
    heads = scaled_heads(subject.plan)
    for head in heads:
        _check_own(subject, head)
    for finer, coarser in itertools.pairwise(heads):
        here, there = finer.sizes, coarser.sizes
        place = f"the [{coarser.plan.kind}] of line {coarser.plan.section.line}"
        if here[0] > there[0]:
            message = (
                f"this head has the finer map ({finer.plan.out.w}x{finer.plan.out.h}) but larger "
                f"anchors ({here[0]:g} px) than {place} ({there[0]:g} px); are they exchanged?"
            )
            subject.warning(finer.plan, "sizes", message)
        elif finer.chained and len(here) > 1 and here[1] != there[0]:
            message = (
                f"the second size, {here[1]:g}, is usually the first of the next map: {place} has "
                f"{there[0]:g}"
            )
            subject.note(finer.plan, "sizes", message)


def _check_own(subject: Subject, head: ScaledHead) -> None:
    net, sizes = subject.net, head.sizes
    largest = max(net.width, net.height)
    if not largest:
        return
    if max(sizes) < _SHARES_BELOW < largest:
        px = comma_separated([round(size * net.width, 1) for size in sizes])
        message = (
            f"sizes={comma_separated(sizes)} look like shares of the picture; they count pixels"
        )
        subject.warning(head.plan, "sizes", f"{message}, here {px}", px)
    elif sizes[0] > largest:
        message = f"anchors of {sizes[0]:g} px are larger than the input of {largest} px"
        subject.warning(head.plan, "sizes", message)
    elif max(sizes) * _CELLS_APART < head.stride:
        message = (
            f"anchors of {max(sizes):g} px at every {head.stride:g} px leave gaps in which no "
            "anchor lies over an object; a finer map, or larger sizes="
        )
        subject.warning(head.plan, "sizes", message)


def check_ratios(subject: Subject) -> None:
    """The same shape twice; [ssd]'s first one, which is a square."""
    for head in scaled_heads(subject.plan):
        ratios = head.plan.options.ratios
        if head.chained and ratios[0] != 1:
            message = f"the first of ratios= is a square whatever it says, here {ratios[0]:g}"
            subject.warning(head.plan, "ratios", message)
            ratios = (1, *ratios[1:])
        twice = sorted({ratio for ratio in ratios if ratios.count(ratio) > 1})
        if twice:
            message = f"ratios= has {comma_separated(twice)} more than once: the same anchors again"
            subject.warning(head.plan, "ratios", message)


def check_variance(subject: Subject) -> None:
    """Other programs write weights, which are one over the variance."""
    for head in scaled_heads(subject.plan)[:1]:
        variance = head.plan.options.variance
        if min(variance) > 1:
            right = comma_separated([round(1 / each, 4) for each in variance])
            message = (
                f"variance={comma_separated(variance)} looks like weights, which other programs "
                f"divide by: outputs are multiplied by variance=, {right} would be the same"
            )
            subject.warning(head.plan, "variance", message, right)


def check_groups(subject: Subject) -> None:
    """Heads of two groups are two detectors, of which the last one's suppression counts."""
    found: dict[tuple[str, int], int] = {}
    for head in scaled_heads(subject.plan):
        plan = head.plan
        number = plan.options.group
        found[plan.kind, number] = max(found.get((plan.kind, number), 0), plan.index)
    if len(found) > 1:
        words = " and ".join(f"[{kind}] group={number}" for kind, number in _ordered(found))
        last = max(found, key=lambda key: found[key])
        head = subject.plan.layers[found[last]]
        message = f"{words} are detectors of their own, each with its matching and its loss"
        subject.note(head, "group", message)


def _ordered(found: dict[tuple[str, int], int]) -> Iterator[tuple[str, int]]:
    yield from sorted(found, key=lambda key: found[key])
