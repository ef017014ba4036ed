"""Pictures on their way into a network, and boxes on the way back to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darkpy.data.resize import letterbox_frame, resized_on
from darkpy.sections.base import Shape


@dataclass(frozen=True)
class Prepared:
    """A picture on its way into the network: resized (C, h, w), or (H, W, C) for a GPU to resize.

    size_hw: px of the picture.
    """

    pixels: Tensor | np.ndarray
    size_hw: tuple[int, int]
    letter_box: bool


def network_input(pictures: Sequence[Prepared], size: Shape, device: torch.device) -> Tensor:
    """The pictures as a network's input on the device, (B, C, H, W)."""
    if device.type != "cpu":
        own, letter_box = [one.pixels for one in pictures], pictures[0].letter_box
        return resized_on(device, own, size.h, size.w, letter_box=letter_box)
    images = torch.empty(len(pictures), *size).to(memory_format=torch.channels_last)
    for image, one in zip(images, pictures, strict=True):
        image.copy_(one.pixels)
    return images


def out_of_letterbox(
    boxes: Tensor, number: Tensor, pictures: Sequence[Prepared], size: Shape
) -> Tensor:
    """Unit square of the network's input -> that of each box's picture, numbers (N,).

    correct_yolo_boxes(), src/yolo_layer.c.
    """
    h, w = size.h, size.w
    offsets, shares = [], []
    for picture in pictures:
        new_h, new_w = letterbox_frame(*picture.size_hw, h, w)
        offsets.append(((w - new_w) / 2 / w, (h - new_h) / 2 / h))
        shares.append((new_w / w, new_h / h))
    offset, share = (torch.tensor(each, device=boxes.device)[number] for each in (offsets, shares))
    return torch.cat(((boxes[:, :2] - offset) / share, boxes[:, 2:] / share), dim=1)
