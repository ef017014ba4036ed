"""Batch norms of frozen layers, which keep their rolling statistics while others learn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from torch import nn


class HeldNorms:
    """Which norms of a network are held. Those that never were trained have nothing to keep: they
    go on to normalize by the batch."""

    def __init__(self) -> None:
        self._count = 0
        self._norms: list[nn.Module] = []

    def change(self, layers: Sequence[nn.Module], frozen: Sequence[bool]) -> bool:
        """Hold those of frozen layers, and only them; whether these are others than before.

        In a training their number tells which they are: they differ by how many of the first are.
        """
        count = sum(frozen)
        if count == self._count:
            return False
        self._count = count
        modules = (module for layer in compress(layers, frozen) for module in layer.modules())
        norms = (m for m in modules if isinstance(m, nn.modules.batchnorm._BatchNorm))
        self._norms = [norm for norm in norms if bool(norm.running_var.any())]
        return True

    def rest(self) -> None:
        """Have them use what they hold, in training too."""
        for norm in self._norms:
            norm.eval()

    def facts(self, network: nn.Module) -> list[Any]:
        """What was decided, as JSON knows it: a resumed training decides nothing anew."""
        kept = {id(norm) for norm in self._norms}
        return [self._count, [name for name, m in network.named_modules() if id(m) in kept]]

    def go_on(self, network: nn.Module, facts: Sequence[Any]) -> None:
        """Take over what `facts` gave, which `possible` has looked at."""
        self._count, names = facts
        self._norms = [network.get_submodule(name) for name in names]
        network.train(network.training)


def possible(network: nn.Module, layers: int, facts: object) -> bool:
    """Whether `facts` are a count of at most so many layers and names of batch norms."""
    if not isinstance(facts, list) or len(facts) != 2:
        return False
    count, names = facts
    norms = {name for name, each in network.named_modules() if hasattr(each, "running_var")}
    right = type(count) is int and 0 <= count <= layers
    return right and isinstance(names, list) and all(name in norms for name in map(str, names))
