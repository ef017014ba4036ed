"""The blur of antialiasing=: it takes the stride in place of a convolution or a maxpool.

Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv:1904.11486.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.sections.antialiasing import window

_BINOMIAL = {2: (0.5, 0.5), 3: (0.25, 0.5, 0.25)}  # make_convolutional_layer(), src/


class LowPass(nn.Module):
    """(B, C, H, W) -> (B, C, H', W'), each channel on its own; nothing of it is trained."""

    def __init__(self, antialiasing: int, steps: tuple[int, int]) -> None:
        super().__init__()
        size, self.margin = window(antialiasing)
        self.steps = steps
        line = torch.tensor(_BINOMIAL[size])
        self.register_buffer("kernel", torch.outer(line, line)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(x, kernel, stride=self.steps, padding=self.margin, groups=channels)
