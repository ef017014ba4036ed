"""What the first layer is given of a picture: mean= and std= of [net]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from darkpy.cfg.net import NetOptions


class Standardized(nn.Module):
    """(B, C, H, W) -> the same, each channel less its mean and divided by its deviation."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        for name, values in (("mean", mean or (0.0,)), ("std", std or (1.0,))):
            column = torch.tensor(values, dtype=torch.float32)[:, None, None]
            self.register_buffer(name, column, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return ((images - self.mean) / self.std).to(images.dtype)


def what_is_given(net: NetOptions) -> nn.Module:
    """Pictures as they are, unless the cfg says otherwise."""
    return Standardized(net.mean, net.std) if net.mean or net.std else nn.Identity()
