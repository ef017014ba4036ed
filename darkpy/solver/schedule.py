"""The learning rate as a pure function of the iteration; get_current_rate() in Darknet's network.c.

An iteration is one optimizer step, that is `batch` pictures; the first one is number 1. Where the
C program keeps a float32 that a power or a difference then magnifies, so does this module.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from darkpy.cfg.net import NetOptions
from darkpy.errors import CfgError


def rate(iteration: int, net: NetOptions, chance: float | None = None) -> float:
    """Learning rate of an iteration (the first is 1) by the keys of [net].

    chance: a number drawn from 0..1, which policy=random needs and no other policy reads.
    Raises CfgError if the keys give no finite rate.
    """
    try:
        if iteration < net.burn_in:
            factor = burn_in(iteration, warmup=net.burn_in, power=_single(net.power))
            return _single(net.learning_rate) * factor
        result = _POLICIES[net.policy](iteration, net, chance)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise CfgError(
            f"[net] policy={net.policy} has no finite rate at iteration {iteration}; "
            "gamma=, scale= or power= is too large"
        )
    return result


def burn_in(iteration: int, *, warmup: int, power: float) -> float:
    """Factor that grows from 0 to 1 over the iterations below `warmup`."""
    return _single(iteration / warmup) ** power if iteration < warmup else 1.0


def step(iteration: int, *, every: int, scale: float) -> float:
    """One factor of `scale` for each `every` iterations."""
    return scale ** (iteration // every)


def steps(iteration: int, *, at: Sequence[int], scales: Sequence[float]) -> float:
    """Product of the scales up to the first step that is not reached yet."""
    pairs = zip(at, scales, strict=False)  # Darknet reads no scale beyond the last step
    reached = itertools.takewhile(lambda pair: pair[0] <= iteration, pairs)
    return math.prod(scale for _, scale in reached)


def exp(iteration: int, *, gamma: float) -> float:
    """Exponential decay, gamma^iteration."""
    return gamma**iteration


def poly(iteration: int, *, last: int, power: float) -> float:
    """From 1 at iteration 0 to 0 at `last` and after, along a power of what is left."""
    left = max(0.0, 1.0 - _single(iteration / last))
    return left**power


def random(chance: float, *, power: float) -> float:
    """A power of a number drawn from 0..1."""
    return chance**power


def sigmoid(iteration: int, *, gamma: float, middle: int) -> float:
    """From 1 to 0 around iteration `middle`, the steeper the larger gamma."""
    # Written with tanh, which does not overflow far from the middle as exp would.
    return 0.5 * (1.0 - math.tanh(0.5 * gamma * (iteration - middle)))


def sgdr(iteration: int, *, cycle: int, growth: int) -> float:
    """Cosine from 1 to 0 over a cycle, then again over one `growth` times as long; 1608.03983.

    A cycle ends at its minimum: the next one starts when start + cycle < iteration.
    """
    start = 0
    if growth == 1:
        start = max(0, iteration - 1) // cycle * cycle
    while start + cycle < iteration:
        start += cycle
        cycle *= growth
    return 0.5 * (1.0 + math.cos(math.pi * (iteration - start) / cycle))


def _single(number: float) -> float:
    """Rounded to float32, as the C program stores it."""
    return float(np.float32(number))


def _length(net: NetOptions, iterations: int) -> int:
    if iterations < 1:
        raise CfgError(f"[net] policy={net.policy} needs max_batches=, the iterations it spans")
    return iterations


def _constant_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    return _single(net.learning_rate)


def _step_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    factor = step(iteration, every=net.step, scale=_single(net.scale))
    return _single(net.learning_rate) * factor


def _steps_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    scales = [_single(scale) for scale in net.scales]
    return _single(net.learning_rate) * steps(iteration, at=net.steps, scales=scales)


def _exp_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    return _single(net.learning_rate) * exp(iteration, gamma=_single(net.gamma))


def _poly_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    last = _length(net, net.max_batches)
    return _single(net.learning_rate) * poly(iteration, last=last, power=_single(net.power))


def _random_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    assert chance is not None, "policy=random needs a number drawn for this iteration"
    return _single(net.learning_rate) * random(chance, power=_single(net.power))


def _sigmoid_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    factor = sigmoid(iteration, gamma=_single(net.gamma), middle=net.step)
    return _single(net.learning_rate) * factor


def _sgdr_rate(iteration: int, net: NetOptions, chance: float | None) -> float:
    cycle = _length(net, net.sgdr_cycle or net.max_batches)
    highest, lowest = _single(net.learning_rate), _single(net.learning_rate_min)
    return lowest + (highest - lowest) * sgdr(iteration, cycle=cycle, growth=net.sgdr_mult)


_POLICIES: dict[str, Callable[[int, NetOptions, float | None], float]] = {
    "constant": _constant_rate,
    "step": _step_rate,
    "steps": _steps_rate,
    "exp": _exp_rate,
    "poly": _poly_rate,
    "random": _random_rate,
    "sig": _sigmoid_rate,
    "sigmoid": _sigmoid_rate,
    "sgdr": _sgdr_rate,
}
