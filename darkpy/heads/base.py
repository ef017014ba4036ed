"""What every head is: a layer that also decodes boxes and computes its own deltas."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.layers.base import Layer


@dataclass(frozen=True)
class Truths:
    """The objects of a mini-batch.

    boxes (B, M, 4) cxcywh in the unit square of the network's input, classes (B, M) int64,
    valid (B, M) bool: rows that are no padding.
    """

    boxes: Tensor
    classes: Tensor
    valid: Tensor

    @classmethod
    def from_rows(cls, rows: Tensor, counts: Tensor) -> Truths:
        """From rows (B, M, 5) cx cy w h class of which each picture's first `counts` (B,) count."""
        number = torch.arange(rows.shape[1], device=rows.device)
        valid = number < counts[:, None]
        return cls(rows[..., :4], rows[..., 4].long(), valid)


@dataclass(frozen=True)
class Candidates:
    """Boxes that a head offers for each picture.

    boxes (B, N, 4) cxcywh in the unit square of the network's input, objectness (B, N),
    probs (B, N, K) of the classes given an object.
    """

    boxes: Tensor
    objectness: Tensor
    probs: Tensor


@dataclass(frozen=True)
class HeadLoss:
    """Parts of one head's loss, summed over the mini-batch, and what is only watched.

    box, objectness, classes: parts of the printed loss. watched: sums and counts of averages.
    delta: (B, C, H, W), the negative gradient of the head's input, which drives the training:
    in Darknet it is not the derivative of the printed loss.
    """

    box: Tensor
    objectness: Tensor
    classes: Tensor
    watched: dict[str, Tensor]
    delta: Tensor

    @property
    def total(self) -> Tensor:
        return self.box + self.objectness + self.classes


class _Delta(torch.autograd.Function):
    """A zero whose gradient with respect to `raw` is -delta."""

    @staticmethod
    def forward(ctx, raw, delta):
        ctx.save_for_backward(delta)
        return raw.new_zeros(())

    @staticmethod
    def backward(ctx, gradient):
        (delta,) = ctx.saved_tensors
        return -gradient * delta, None


class Head(Layer):
    """A layer that detects. `forward` gives the activated output, as Darknet's `l.output`."""

    def decode(self, output: Tensor, net_hw: tuple[int, int]) -> Candidates:
        """Output of `forward` -> boxes. net_hw: height and width of the network's input, px."""
        raise NotImplementedError

    def loss(self, output: Tensor, truths: Truths, net_hw: tuple[int, int]) -> HeadLoss:
        """Loss parts and delta from the output of `forward`, without autograd."""
        raise NotImplementedError

    @property
    def delta_scale(self) -> float:
        """Factor on the delta on its way into the network."""
        return 1.0

    def attach(self, raw: Tensor, loss: HeadLoss) -> Tensor:
        """A scalar zero to call backward() on: it sends the delta into `raw`."""
        delta = loss.delta if self.delta_scale == 1 else loss.delta * self.delta_scale
        return _Delta.apply(raw, delta.to(raw.dtype))
