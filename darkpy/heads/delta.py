"""Heads with Darknet's deltas, which are no derivative of the loss that is printed.

A delta has the shape of the head's output and is the negative gradient of the head's input. It
enters autograd in one place, `delta_root`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from darkpy.heads.base import Head, HeadLoss, Hw, Moment, Owners, Truths, Wanted


@dataclass(frozen=True)
class Delta:
    """What a head asks of its input, without autograd, and what is printed and watched.

    The fields are those of `HeadLoss`, which has the root besides.
    """

    delta: Tensor
    parts: Mapping[str, Tensor]
    watched: Mapping[str, Tensor] = field(default_factory=dict)
    owners: Owners | None = None


def delta_root(raw: Tensor, delta: Tensor) -> Tensor:
    """A scalar zero to call backward() on: it sends the delta into `raw`."""
    return _Delta.apply(raw, delta.float())


class _Delta(torch.autograd.Function):
    """A zero whose gradient with respect to `raw` is -delta.

    It is float32 whatever `raw` is: a factor on the loss would lose digits in half precision.
    """

    @staticmethod
    def forward(ctx, raw, delta):
        ctx.save_for_backward(delta)
        ctx.dtype = raw.dtype
        return delta.new_zeros(())

    @staticmethod
    def backward(ctx, gradient):
        (delta,) = ctx.saved_tensors
        return (-gradient * delta).to(ctx.dtype), None


class _PassedOn(torch.autograd.Function):
    """The head's output for later layers, whose gradient reaches `raw` unchanged."""

    @staticmethod
    def forward(ctx, raw, output):
        ctx.raw_like = raw.shape, raw.dtype
        return output.view_as(output)

    @staticmethod
    def backward(ctx, gradient):
        shape, dtype = ctx.raw_like
        return gradient.reshape(shape).to(dtype), None


class DeltaHead(Head):
    """A head on one input whose training is driven by a delta."""

    def train_on(
        self, inputs: Sequence[Tensor], truths: Truths | Wanted, net_hw: Hw, moment: Moment
    ) -> tuple[Tensor, HeadLoss]:
        """As every head; what later layers ask of the output reaches the input unchanged."""
        (raw,) = inputs
        with torch.no_grad():
            output = self(raw.detach().float())
        return _PassedOn.apply(raw, output), self.loss(inputs, output, truths, net_hw, moment)

    def loss(
        self,
        inputs: Sequence[Tensor],
        output: Tensor,
        truths: Truths | Wanted,
        net_hw: Hw,
        moment: Moment,
    ) -> HeadLoss:
        with torch.no_grad():
            found = self.delta(output, truths, net_hw, moment)
            delta = found.delta if self.delta_scale == 1 else found.delta * self.delta_scale
        return HeadLoss(
            root=delta_root(inputs[0], delta),
            parts=found.parts,
            watched=found.watched,
            delta=found.delta,
            owners=found.owners,
        )

    def delta(self, output: Tensor, truths: Truths | Wanted, net_hw: Hw, moment: Moment) -> Delta:
        """What is asked of the input, from the output of `forward`."""
        raise NotImplementedError

    @property
    def delta_scale(self) -> float:
        """Factor on the delta on its way into the network."""
        return 1.0

    def darknet_output(self, output: Tensor) -> Tensor:
        """`output` with its values in the order of the C program's l.output."""
        return output
