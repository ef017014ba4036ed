"""What is said about layers that the optimizer leaves alone: stopbackward= and its kin.

A layer that does not move has no gradient, no decay and no momentum. The C program goes on to
decay the weights of layers that stopbackward= cuts off, and lets gradients pile up while
burnin_update= or dont_update= hold the weights, to take them all in one step afterwards.
"""

from __future__ import annotations

from darkpy.planning.network import NetworkPlan


def frozen_words(plan: NetworkPlan) -> str:
    """What is to be said about layers with values that do not move; empty if all do."""
    has_values = [layer.weights > 0 for layer in plan.layers]
    last = max(plan.net.max_batches, 1)
    always = sum(v and not m for v, m in zip(has_values, plan.moving(last), strict=True))
    at_first = sum(v and not m for v, m in zip(has_values, plan.moving(1), strict=True)) - always
    parts = []
    if always:
        parts.append(f"frozen layers: {always}")
    if at_first > 0:
        parts.append(f"frozen at first: {at_first}")
    return "; ".join(parts)
