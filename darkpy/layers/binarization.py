"""binary= and xnor= of [convolutional]: signs in place of numbers, trained straight through.

Rastegari et al., "XNOR-Net", arXiv:1603.05279.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def binary_weights(weights: Tensor) -> Tensor:
    """(N, ...) -> each weight's sign times its filter's mean size; the gradient passes unchanged.

    Zero counts as negative: binarize_weights_kernel(), src/convolutional_kernels.cu.
    """
    mean = weights.detach().flatten(1).abs().mean(dim=1)
    mean = mean.view(-1, *[1] * (weights.dim() - 1))
    return weights + (torch.where(weights > 0, mean, -mean) - weights).detach()


def signs(x: Tensor) -> Tensor:
    """1 or -1 for each value, 1 for zero; values beyond ±1 get no gradient.

    binarize_kernel(), src/convolutional_kernels.cu.
    """
    limited = F.hardtanh(x)
    ones = torch.ones_like(x)
    return limited + (torch.where(x >= 0, ones, -ones) - limited).detach()
