"""Darknet's resize for inference: bilinear between the corners, in floating point."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

GREY = 0.5  # letterbox_image(), Darknet's src/image.c


def stretch(pixels: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, C) uint8 -> (C, height, width) float32 in 0..1; the aspect is not kept.

    resize_image(), Darknet's src/image.c.
    """
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    if planes.shape[2:] != (height, width):
        planes = F.interpolate(planes, (height, width), mode="bilinear", align_corners=True)
    return planes[0].div(255).contiguous()


def letterbox(pixels: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, C) uint8 -> (C, height, width) float32 in 0..1, centred between grey margins."""
    new_h, new_w = letterbox_frame(*pixels.shape[:2], height, width)
    top, left = (height - new_h) // 2, (width - new_w) // 2
    boxed = torch.full((pixels.shape[2], height, width), GREY)
    boxed[:, top : top + new_h, left : left + new_w] = stretch(pixels, new_h, new_w)
    return boxed


def letterbox_frame(picture_h: int, picture_w: int, height: int, width: int) -> tuple[int, int]:
    """Height and width that a picture takes inside (height, width) with its aspect kept."""
    if np.float32(width) / np.float32(picture_w) < np.float32(height) / np.float32(picture_h):
        return max(1, picture_h * width // picture_w), width
    return height, max(1, picture_w * height // picture_h)
