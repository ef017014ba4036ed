"""Darknet's resize for inference: bilinear between the corners, in floating point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

GREY = 0.5  # letterbox_image(), Darknet's src/image.c


def stretch(pixels: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, C) uint8 -> (C, height, width) float32 in 0..1; the aspect is not kept.

    A pixel's channels lie together, as networks take them. resize_image(), Darknet's src/image.c.
    """
    # Of a batch of one: without it torch takes the channels for planes, at twice the time.
    planes = torch.from_numpy(pixels)[None].permute(0, 3, 1, 2).float()
    return _stretched(planes, height, width)[0].div_(255)


def stretch_planes(planes: Tensor, height: int, width: int) -> Tensor:
    """As `stretch`, for floats (C, H, W) of any range -> (C, height, width)."""
    return _stretched(planes[None], height, width)[0]


def stretch_all(pixels: Tensor, height: int, width: int) -> Tensor:
    """As `stretch`, for pictures (N, H, W, C) uint8 of one size, on the device where they lie."""
    return _stretched(pixels.permute(0, 3, 1, 2).float(), height, width).div_(255)


def _stretched(planes: Tensor, height: int, width: int) -> Tensor:
    """(N, C, H, W) -> (N, C, height, width); as it is if that is its size."""
    if planes.shape[2:] == (height, width):
        return planes
    share = last_row_share(planes.shape[2], height)
    stretched = F.interpolate(planes, (height, width), mode="bilinear", align_corners=True)
    if share != 1:
        row = F.interpolate(planes[:, :, -2], width, mode="linear", align_corners=True)
        stretched[:, :, -1] = share * row
    return stretched


def last_row_share(picture_h: int, height: int) -> float:
    """How much of its brightness the last row keeps in Darknet's resize: 1, or nearly nothing.

    It lies at (height - 1) * step of the picture, step = (picture_h - 1) / (height - 1), both in
    float32. Where rounding ends just above the last row but one is what is asked for, and its
    neighbour is left out for being beyond the end: the row is that one, times what rounding lost.
    """
    if height == 1 or picture_h == 1:
        return 1.0
    step = np.float32(picture_h - 1) / np.float32(height - 1)
    at = np.float32(height - 1) * step
    return float(np.float32(1) - (at - np.floor(at))) if at < picture_h - 1 else 1.0


def letterbox(pixels: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, C) uint8 -> (C, height, width) float32 in 0..1, centred between grey margins."""
    new_h, new_w = letterbox_frame(*pixels.shape[:2], height, width)
    return _centred(stretch(pixels, new_h, new_w), height, width)


def letterbox_planes(planes: Tensor, height: int, width: int) -> Tensor:
    """As `letterbox`, for floats (C, H, W) in 0..1 -> (C, height, width)."""
    new_h, new_w = letterbox_frame(*planes.shape[1:], height, width)
    return _centred(stretch_planes(planes, new_h, new_w), height, width)


def _centred(planes: Tensor, height: int, width: int) -> Tensor:
    """(C, H, W) in the middle of a grey (C, height, width)."""
    c, h, w = planes.shape
    top, left = (height - h) // 2, (width - w) // 2
    boxed = torch.full((c, height, width), GREY)
    boxed[:, top : top + h, left : left + w] = planes
    return boxed


def letterbox_all(pixels: Tensor, height: int, width: int) -> Tensor:
    """As `letterbox`, for pictures (N, H, W, C) uint8 of one size, on the device where they lie."""
    new_h, new_w = letterbox_frame(*pixels.shape[1:3], height, width)
    top, left = (height - new_h) // 2, (width - new_w) // 2
    boxed = pixels.new_full(
        (len(pixels), pixels.shape[3], height, width), GREY, dtype=torch.float32
    )
    boxed[:, :, top : top + new_h, left : left + new_w] = stretch_all(pixels, new_h, new_w)
    return boxed


def central_crop(pixels: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, C) uint8 -> (C, height, width) float32 in 0..1: the middle of the picture.

    Its shorter side becomes `width`. What classifiers are shown: resize_min() and crop_image(),
    Darknet's src/image.c. What lies beyond the picture repeats its border.
    """
    high, wide = pixels.shape[:2]
    shorter = (high * width // wide, width) if wide < high else (width, wide * width // high)
    planes = stretch(pixels, *(max(1, side) for side in shorter))
    rows, columns = (
        (torch.arange(length) + int((side - length) / 2)).clamp(0, side - 1)
        for length, side in zip((height, width), planes.shape[1:], strict=True)
    )
    return planes[:, rows[:, None], columns]


def letterbox_frame(picture_h: int, picture_w: int, height: int, width: int) -> tuple[int, int]:
    """Height and width that a picture takes inside (height, width) with its aspect kept."""
    if np.float32(width) / np.float32(picture_w) < np.float32(height) / np.float32(picture_h):
        return max(1, picture_h * width // picture_w), width
    return height, max(1, picture_w * height // picture_h)


def resized_on(
    device: torch.device,
    pictures: Sequence[np.ndarray],
    height: int,
    width: int,
    *,
    letter_box: bool,
) -> Tensor:
    """Pictures (H, W, C) uint8 as network input (B, C, height, width), resized on a device.

    Pictures of one size are resized together.
    """
    resize = letterbox_all if letter_box else stretch_all
    channels = pictures[0].shape[2]
    images = torch.empty(len(pictures), channels, height, width, device=device)
    images = images.to(memory_format=torch.channels_last)
    by_size: dict[tuple[int, ...], list[int]] = {}
    for number, picture in enumerate(pictures):
        by_size.setdefault(picture.shape, []).append(number)
    for shape, numbers in by_size.items():
        pixels = torch.empty(len(numbers), *shape, dtype=torch.uint8, device=device)
        for own, number in zip(pixels, numbers, strict=True):
            own.copy_(torch.from_numpy(pictures[number]), non_blocking=True)
        images[torch.tensor(numbers, device=device)] = resize(pixels, height, width)
    return images
