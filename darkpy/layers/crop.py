"""[crop]: a part of the picture, another one each time in training."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("crop")
class Crop(Layer):
    """(B, C, H, W) -> (B, C, crop_height, crop_width), 0..1 stretched to -1..1.

    The part lies in the middle; in training anywhere, the same for the whole mini-batch, by
    forward_crop_layer() in Darknet. At another input size the part grows with it.
    """

    def forward(self, x: Tensor) -> Tensor:
        o, (_, planned, _) = self.options, self.plan.inputs[0]
        grown = x.shape[2] / planned
        height, width = int(o.crop_height * grown), int(o.crop_width * grown)
        spare_y, spare_x = x.shape[2] - height, x.shape[3] - width
        top, left, mirrored = spare_y // 2, spare_x // 2, False
        if self.training:
            top, left = (int(torch.randint(spare + 1, ())) for spare in (spare_y, spare_x))
            mirrored = o.flip and bool(torch.rand(()) < 0.5)
        if mirrored:
            x = x.flip(3)
        part = x[:, :, top : top + height, left : left + width]
        return part if o.noadjust else 2 * part - 1
