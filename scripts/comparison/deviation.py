"""How far off a comparison is, and how much is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

FORWARD_TOLERANCE = 1e-4  # largest absolute difference of an output
RELATIVE_TOLERANCE = 1e-4  # of deltas, gradients, costs and losses, to their norm
WEIGHTS_TOLERANCE = 1e-3  # of the weights after training, to their norm
RATE_TOLERANCE = 1e-6  # of learning rates, relative


@dataclass(frozen=True)
class Deviation:
    """One comparison: what, how far off at most, and where.

    judged: False for a number that is shown beside the one that counts. note: why.
    """

    what: str
    value: float
    where: str
    tolerance: float
    judged: bool = True
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.value <= self.tolerance


def relative(ours: Tensor | None, theirs: np.ndarray) -> float:
    """Norm of the difference over the norm of the reference; infinite if it cannot be told."""
    reference = torch.from_numpy(np.asarray(theirs, np.float64)).flatten()
    if ours is None or ours.numel() != reference.numel():
        return math.inf
    difference = ours.detach().cpu().double().flatten() - reference
    return finite(float(difference.norm() / reference.norm().clamp(min=1e-12)))


def largest(ours: Tensor, theirs: np.ndarray) -> float:
    """Largest absolute difference; infinite if it cannot be told."""
    reference = torch.from_numpy(np.asarray(theirs, np.float64)).flatten()
    if ours.numel() != reference.numel():
        return math.inf
    return finite(float((ours.detach().cpu().double().flatten() - reference).abs().max()))


def finite(value: float) -> float:
    """`value`, or infinity where it is no number: such a comparison has failed."""
    return math.inf if math.isnan(value) else value


class Worst:
    """The largest deviation of each comparison, and where it was."""

    def __init__(self) -> None:
        self._worst: dict[tuple[str, float], tuple[float, str]] = {}

    def note(self, what: str, value: float, where: str, tolerance: float) -> None:
        key = what, tolerance
        self._worst[key] = max(self._worst.get(key, (-1.0, "")), (finite(value), where))

    def deviations(self) -> list[Deviation]:
        return [
            Deviation(what, value, where, tolerance)
            for (what, tolerance), (value, where) in self._worst.items()
        ]
