"""The record of an iteration, and the numbers of the heads that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from darkpy.heads.base import HeadLoss

PARTS = ("box", "objectness", "classes")


@dataclass(frozen=True)
class Step:
    """One finished iteration.

    loss: Darknet's, the heads' mean cost a picture. average: its running mean. parts: loss by
    name. watched: sums and counts over all heads by name. heads: both of each head by the index
    of its layer, summed over the pictures. size_hw: of the input, px. wait,
    compute: seconds waiting for pictures and seconds of the update.
    updated: False if loss or gradients were not finite and the weights were left alone. trouble:
    whether that is more than a loss scale that was too large. returned_to: the iteration whose
    weights were put back after too many troubles.
    """

    iteration: int
    loss: float
    average: float
    rate: float
    pictures: int
    size_hw: tuple[int, int]
    wait: float
    compute: float
    parts: dict[str, float] = field(default_factory=dict)
    watched: dict[str, float] = field(default_factory=dict)
    heads: dict[int, dict[str, float]] = field(default_factory=dict)
    updated: bool = True
    trouble: bool = False
    returned_to: int | None = None

    @property
    def quality(self) -> dict[str, float]:
        """How well the boxes fit that answer for objects, as means over these.

        iou, recall50 and recall75 of them, objects (a number), and rewritten: the share of objects
        that lost their box to another one. Empty where the heads have no boxes.
        """
        if "iou" not in self.watched:
            return {}
        count = self.watched["count"]
        names = ("iou", "recall50", "recall75", "rewritten")
        means = {n: self.watched.get(n, 0.0) / count if count else 0.0 for n in names}
        return {**means, "objects": count}


class Ledger:
    """All numbers of the heads' losses as one tensor, which comes over in one transfer.

    batch: pictures of an iteration.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self._names: list[tuple[int, str]] = []
        self._heads = 1

    def collect(self, losses: Mapping[int, HeadLoss]) -> Tensor:
        """(1 + N,) of a mini-batch: the loss, then parts and watched values of all heads."""
        values = {
            (index, name): value
            for index, loss in losses.items()
            for name, value in (*((p, getattr(loss, p)) for p in PARTS), *loss.watched.items())
        }
        self._names, self._heads = list(values), len(losses)
        total = torch.stack([loss.total for loss in losses.values()]).sum()
        return torch.stack([value.to(torch.float32) for value in (total, *values.values())])

    def per_picture(self, loss: float) -> float:
        """A sum over heads and pictures as Darknet prints it: the heads' mean a picture."""
        return loss / (self._heads * self.batch)

    def sorted(self, values: list[float]) -> dict[str, Any]:
        """The summed numbers after the loss as `parts`, `watched` and `heads` of a Step."""
        heads: dict[int, dict[str, float]] = {}
        sums: dict[str, float] = {}
        for (index, name), value in zip(self._names, values, strict=True):
            heads.setdefault(index, {})[name] = value
            sums[name] = sums.get(name, 0.0) + value
        parts = {name: self.per_picture(sums.pop(name)) for name in PARTS}
        return {"parts": parts, "watched": sums, "heads": heads}
