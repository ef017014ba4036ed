"""Which layers the optimizer moves: stopbackward=, onlyforward=, dont_update= and their kin.

A layer that does not move has no gradient, no decay and no momentum. The C program goes on to
decay the weights of layers that stopbackward= cuts off, and lets gradients pile up while
burnin_update= or dont_update= hold the weights, to take them all in one step afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from darkpy.sections.network import NetworkPlan


def awake(plan: NetworkPlan) -> Callable[[int], Sequence[bool]]:
    """For an iteration, counted from 1, whether each layer moves in it."""
    options = [layer.options for layer in plan.layers]
    # set_train_only_bn(), src/parser.c: it holds for all layers before one that has it, too.
    marked = [index for index, o in enumerate(options) if o.train_only_bn]
    fixed = {
        index
        for index, o in enumerate(options)
        if o.onlyforward or index <= max(marked, default=-1)
    }

    def layers(iteration: int) -> list[bool]:
        stopped = plan.stopped(iteration)
        return [
            index >= stopped and index not in fixed and o.updates(iteration, plan.net.burn_in)
            for index, o in enumerate(options)
        ]

    return layers


def frozen_words(plan: NetworkPlan) -> str:
    """What is to be said about layers with values that do not move; empty if all do."""
    moves = awake(plan)
    has_values = [layer.weights > 0 for layer in plan.layers]
    last = max(plan.net.max_batches, 1)
    always = sum(v and not m for v, m in zip(has_values, moves(last), strict=True))
    at_first = sum(v and not m for v, m in zip(has_values, moves(1), strict=True)) - always
    parts = []
    if always:
        parts.append(f"frozen layers: {always}")
    if at_first > 0:
        parts.append(f"frozen at first: {at_first}")
    return "; ".join(parts)
