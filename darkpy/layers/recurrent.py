"""What layers with a memory share: sequences in training, one step a call in inference."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from darkpy.layers.base import Layer
from darkpy.sections.base import Plan

Memory = tuple[Tensor, ...]


class Recurrent(Layer):
    """A layer that remembers what came before.

    In training a mini-batch holds `time_steps` pictures of each sequence, all first ones before
    all second ones; memory begins empty, or with what the last mini-batch left where that one's
    sequences go on: no gradient goes back so far. In inference a call is one step of as many
    sequences as it has pictures; memory lasts until reset_state() or until the shape changes.

    part_kind: the layer that the parts of the plan are made of; each becomes `self.parts[name]`.
    carries: whether a sequence can go through several mini-batches.
    """

    part_kind: ClassVar[type[Layer]]
    carries: ClassVar[bool] = True

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.parts = nn.ModuleDict(
            {name: self.part_kind(part) for name, part in plan.parts.items()}
        )
        self._memory: Memory | None = None
        self._of_training = self._goes_on = False
        self._unit: float | Tensor = 1.0

    def empty(self, x: Tensor) -> Memory:
        """The memory before the first step; x is that step's input."""
        raise NotImplementedError

    def step(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Output and memory after one step."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        steps = self.plan.net.time_steps if self.training else 1
        assert x.shape[0] % steps == 0, "a mini-batch holds whole sequences"
        inputs = x.chunk(steps)
        memory = self._remembered(self.empty(inputs[0]))
        outputs = []
        for now in inputs:
            output, memory = self.step(now, memory)
            outputs.append(output)
        self._memory = tuple(part.detach() for part in memory)
        self._of_training = self.training
        return torch.cat(outputs)

    def _remembered(self, empty: Memory) -> Memory:
        """What the last call left, if it fits this one."""
        if self._memory is None or self._of_training != self.training:
            return empty
        if self.training and not (self._goes_on and self.carries):
            return empty
        same = (
            (old.shape, old.device, old.dtype) == (new.shape, new.device, new.dtype)
            for old, new in zip(self._memory, empty, strict=True)
        )
        return self._memory if all(same) else empty

    def begin(self, iteration: int, boxes: Tensor | None = None) -> None:
        for part in self.parts.values():
            part.begin(iteration, boxes)

    def follow(self, goes_on: bool, unit: float | Tensor = 1.0) -> None:
        self._goes_on, self._unit = goes_on, unit

    def reset_state(self) -> None:
        self._memory = None

    def weights_in_file_order(self) -> list[Tensor]:
        return [t for part in self.parts.values() for t in part.weights_in_file_order()]

    def decayed(self) -> list[nn.Parameter]:
        return [parameter for part in self.parts.values() for parameter in part.decayed()]
