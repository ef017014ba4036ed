"""assisted_excitation= of [convolutional]: in training, values under objects are raised.

Derakhshani et al., "Assisted Excitation of Activations", arXiv:1906.05388.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from darkpy.cfg.net import NetOptions

_HALF_OF_TRAINING = 1  # assisted_excitation=1; any larger value is the last iteration


def strength(last: int, done: int, net: NetOptions) -> float:
    """How much is added, 1 at first; assisted_excitation_forward_gpu(), Darknet's src/.

    last: the value of assisted_excitation=. done: iterations before this one.
    """
    if last == _HALF_OF_TRAINING:
        off, end = done > net.max_batches / 2, net.max_batches
    else:
        off, end = done < net.burn_in or done > last, net.burn_in + last
    return 0.0 if off else (1 + math.cos(math.pi * done / max(1, end))) / 2


def covered(boxes: Tensor, height: int, width: int) -> Tensor:
    """(B, 1, H, W) bool: the pixels that a box of (B, M, 4) cxcywh touches; of width 0 is none.

    Left and upper edges are rounded outwards, the right one takes a pixel more.
    """
    cx, cy, w, h = boxes[..., None].unbind(dim=2)  # each (B, M, 1)
    x = torch.arange(width, device=boxes.device)
    y = torch.arange(height, device=boxes.device)
    within_x = (x >= ((cx - w / 2) * width).floor()) & (x <= ((cx + w / 2) * width).ceil())
    within_y = (y >= ((cy - h / 2) * height).floor()) & (y < ((cy + h / 2) * height).ceil())
    inside = within_y[..., :, None] & within_x[..., None, :] & (w > 0)[..., None]
    return inside.any(dim=1, keepdim=True)


def excite(x: Tensor, boxes: Tensor, strength: float) -> Tensor:
    """Add `strength` times the mean of the channels (B, C, H, W) where there is an object."""
    mask = covered(boxes.to(x.device), *x.shape[2:])
    return x + (strength * mask * x.mean(dim=1, keepdim=True)).detach()
