"""The numbers of the heads' losses on their way from the device to a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from darkpy.heads.base import HeadLoss


class _Entry(NamedTuple):
    """Where a number comes from: layer of the head, whether it is a part of its loss, its name."""

    head: int
    is_part: bool
    name: str


@dataclass(frozen=True)
class Pending:
    """A step whose numbers are still on the device."""

    iteration: int
    numbers: Tensor
    rate: float
    size_hw: tuple[int, int]
    wait: float
    compute: float


class Ledger:
    """All numbers of the heads' losses as one tensor, which comes over in one transfer.

    batch: pictures of an iteration. Names are the heads' own; heads that use the same one are
    added up.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self._entries: list[_Entry] = []
        self._heads = 1

    @torch.no_grad()
    def collect(self, losses: Mapping[int, HeadLoss]) -> Tensor:
        """(1 + N,) of a mini-batch: the loss, then parts and watched values of all heads."""
        values = {
            _Entry(index, is_part, name): value
            for index, loss in losses.items()
            for is_part, numbers in ((True, loss.parts), (False, loss.watched))
            for name, value in numbers.items()
        }
        self._entries = list(values)
        self._heads = sum(not loss.silent for loss in losses.values())
        total = torch.stack([loss.total for loss in losses.values()]).sum()
        return torch.stack([value.to(torch.float32) for value in (total, *values.values())])

    def summed(self, rows: list[Tensor], placed: Callable[[Tensor], Tensor] | None) -> Tensor:
        """The mini-batches' numbers added up; behind them, once `placed` among those of all
        devices, the rows themselves where they are wanted."""
        numbers = torch.as_tensor(sum(rows))
        return numbers if placed is None else torch.cat((numbers, *placed(torch.stack(rows))))

    def per_picture(self, loss: float) -> float:
        """A sum over heads and pictures as Darknet prints it: the heads' mean a picture."""
        return loss / (self._heads * self.batch)

    def by_name(self, values: list[float]) -> dict[str, Any]:
        """The summed numbers after the loss as `parts`, `watched` and `heads` of a Step; behind
        them the numbers of each mini-batch, with its loss, if they are there."""
        count = len(self._entries)
        values, apart = values[:count], values[count:]
        heads = self._by_head(values)
        parts: dict[str, float] = {}
        watched: dict[str, float] = {}
        for (_, is_part, name), value in zip(self._entries, values, strict=True):
            sums = parts if is_part else watched
            sums[name] = sums.get(name, 0.0) + value
        parts = {name: self.per_picture(value) for name, value in parts.items()}
        rows = (apart[at + 1 : at + 1 + count] for at in range(0, len(apart), count + 1))
        own = tuple(self._by_head(row) for row in rows)
        return {"parts": parts, "watched": watched, "heads": heads, "mini_batches": own}

    def _by_head(self, values: list[float]) -> dict[int, dict[str, float]]:
        """The numbers after the loss of one mini-batch."""
        heads: dict[int, dict[str, float]] = {}
        for entry, value in zip(self._entries, values, strict=True):
            heads.setdefault(entry.head, {})[entry.name] = value
        return heads
