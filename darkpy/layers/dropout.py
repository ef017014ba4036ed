"""[dropout]: in training, set a random share of the values, or of the blocks, to zero."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan, Shape

_GROWTH = 0.85  # forward_dropout_layer_gpu(): share of max_batches in which blocks grow


@LAYERS("dropout")
class Dropout(Layer):
    """(B, C, H, W) -> (B, C, H, W); what is kept grows to make up for what is lost."""

    overwrites_input = True  # parse_network_cfg_custom(): the output is the input's own memory

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._grown = 1.0

    def begin(self, iteration: int, boxes: Tensor | None = None) -> None:
        last = self.plan.net.max_batches * _GROWTH
        self._grown = min(1.0, (iteration - 1) / last) if last else 1.0

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        if not o.dropblock:
            return F.dropout(x, o.probability, self.training)
        if not self.training:
            return x
        side = o.block(Shape(*x.shape[1:]), self._grown)
        kept = draw_blocks(x, side, o.probability * self._grown / side**2)
        share = kept.flatten(1).mean(dim=1).clamp(min=1 / kept[0].numel())
        return x * kept / share.view(-1, 1, 1, 1)


def draw_blocks(x: Tensor, side: int, probability: float) -> Tensor:
    """Ones like `x` (B, C, H, W) with at most a square of zeros in each channel.

    probability: of each pixel to start a square; of several the one with the lowest draw does.
    By dropblock_fast_kernel() in Darknet's src/dropout_layer_kernels.cu.
    """
    b, c, h, w = x.shape
    lowest, place = torch.rand(b, c, h * w, device=x.device).min(dim=2)
    top = _start(place // w, h - side)
    left = _start(place % w, w - side)
    rows = torch.arange(h, device=x.device) - top[..., None]  # (B, C, H)
    columns = torch.arange(w, device=x.device) - left[..., None]  # (B, C, W)
    in_rows, in_columns = (rows >= 0) & (rows < side), (columns >= 0) & (columns < side)
    square = in_rows[..., None] & in_columns[..., None, :]
    return (~(square & (lowest < probability)[..., None, None])).to(x.dtype)


def _start(drawn: Tensor, last: int) -> Tensor:
    """Where a square begins: those that would reach over the border begin at the other side."""
    return torch.where(drawn > last, drawn - last, drawn).clamp(max=last)
