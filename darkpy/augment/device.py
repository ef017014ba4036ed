"""The pixels of a mini-batch in one pass on a device, from the draws that paint.py takes too.

No step loops over pictures: every pixel of a training picture knows the part that it belongs to
and looks its numbers up. Nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.augment.noise import FIELD, field
from darkpy.augment.packed import Packed
from darkpy.augment.sampling import WEIGHT_BITS

_AT_ONCE = 2**21  # pixels that are worked on together at least
_OF_A_GPU = 2**-13  # and for each byte of its memory: fewer rounds are fewer kernels
_HUES = 180  # of OpenCV's 8-bit HSV, a level for two degrees
_SHIFT = 12  # OpenCV divides by multiplying with 4096ths
# cv2.resize keeps so many of the 8 + 11 bits after the first axis, and drops the rest at the end.
_KEPT, _DROPPED = 4, 16
_TRUNCATION = 2**-10  # OpenCV truncates; a sum may end just below a whole number


@cache
def _compiled() -> Callable[..., Tensor]:
    """What torch's compiler makes of `_canvases`: some hundred kernels become a few."""
    return torch.compile(_canvases, dynamic=True)


def training_pictures(packed: Packed) -> Tensor:
    """-> (B, H, W, C) uint8 on the device of `packed`."""
    work = _compiled() if packed.compiled else _canvases
    step = max(1, _at_once(packed.pixels.device) // (packed.size_hw[0] * packed.size_hw[1]))
    parts = (packed.blurred, packed.kernels, packed.sharp)
    rounds = zip(*(part.split(step) for part in parts), strict=True)
    blurred = torch.cat([_blurred(packed, *some) for some in rounds])
    rounds = zip(packed.canvases.split(step), packed.cuts.split(step), strict=True)
    made = torch.cat([work(packed, *some, blurred) for some in rounds])
    if not packed.mixed:
        return made
    first, second = (made[packed.blends[:, number]].to(torch.float32) for number in (0, 1))
    return first.add_(second).div_(2).round_().to(torch.uint8)


def _at_once(device: torch.device) -> int:
    """Pixels that are worked on together; each takes some 300 bytes meanwhile."""
    if device.type == "cpu":
        return _AT_ONCE
    memory = torch.cuda.get_device_properties(device).total_memory
    return max(_AT_ONCE, int(memory * _OF_A_GPU))


def _canvases(packed: Packed, parts: Tensor, cuts: Tensor, blurred: Tensor) -> Tensor:
    """(q, 4) parts and (q, 2) cuts -> (q, H, W, C) uint8: sampled, coloured, noisy."""
    y, x = _grid(packed.size_hw, parts.device)
    low = (y >= cuts[:, 0, None, None]).long()
    right = (x >= cuts[:, 1, None, None]).long()
    quarter = (2 * low + right).flatten(1)
    part = parts.gather(1, quarter).view(len(parts), *packed.size_hw)
    pixels = _coloured(packed, part, _sampled(packed, part, y, x))
    if len(blurred):
        pixels = _with_blurred(packed, part, pixels, blurred, y, x)
    return _noisy(packed, part, pixels, y, x) if packed.deviation else pixels


def _grid(size_hw: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Numbers of the rows (1, H, 1) and of the columns (1, 1, W)."""
    high, wide = size_hw
    y = torch.arange(high, device=device).view(1, high, 1)
    return y, torch.arange(wide, device=device).view(1, 1, wide)


def _sampled(packed: Packed, part: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(q, H, W) parts -> (q, H, W, C) uint8; the integers of cv2.resize."""
    high, wide = packed.size_hw
    top, bottom, down = (packed.rows[:, n].flatten()[part * high + y] for n in range(3))
    left, right, across = (packed.columns[:, n].flatten()[part * wide + x] for n in range(3))
    across, down = across[..., None], down[..., None]
    whole = 1 << WEIGHT_BITS

    def row(begin: Tensor) -> Tensor:
        near, far = (packed.pixels[begin + place].int() for place in (left, right))
        return near.mul_(whole - across).add_(far.mul_(across)).bitwise_right_shift_(_KEPT)

    above = row(top).mul_(whole - down).bitwise_right_shift_(_DROPPED)
    below = row(bottom).mul_(down).bitwise_right_shift_(_DROPPED)
    rounded = above.add_(below).add_(2).bitwise_right_shift_(2)
    return rounded.to(torch.uint8)


def _coloured(packed: Packed, part: Tensor, pixels: Tensor) -> Tensor:
    """(q, H, W) parts, (q, H, W, C) uint8 -> the same with all colours changed."""
    pixels = _recoloured(packed, part, pixels)
    return _distorted(packed, part, pixels) if packed.distorts else pixels


def _distorted(packed: Packed, part: Tensor, pixels: Tensor) -> Tensor:
    """(q, H, W) parts, (q, H, W, C) uint8 -> the same through each part's levels and matrix."""
    levels = packed.levels.flatten()[part[..., None] * 256 + pixels.long()]
    if pixels.shape[-1] == 1:
        return levels
    mixed = torch.einsum("qhwij,qhwj->qhwi", packed.mixing[part], levels.float())
    mixed = torch.minimum(mixed.round_().clamp_(min=0), packed.ceilings[part][..., None])
    return mixed.to(torch.uint8)


def _recoloured(packed: Packed, part: Tensor, pixels: Tensor) -> Tensor:
    """(q, H, W) parts, (q, H, W, C) uint8 -> the same with hue, saturation, exposure changed."""
    tables = packed.colours.flatten()
    changed = packed.coloured[part][..., None]
    begin = part * (3 * 256)
    if pixels.shape[-1] == 1:
        value = tables[begin[..., None] + 2 * 256 + pixels.long()]
        return torch.where(changed, value, pixels)
    hsv = torch.stack(
        [
            tables[begin + channel * 256 + level]
            for channel, level in enumerate(_hsv_from_rgb(pixels))
        ]
    )
    return torch.where(changed, _rgb_from_hsv(hsv), pixels)


def _hsv_from_rgb(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(..., 3) uint8 -> hue, saturation, value (...) int64: cvtColor(RGB2HSV) of 8 bits."""
    levels = torch.arange(256, device=rgb.device, dtype=torch.float64).clamp(min=1)
    per_value = ((255 << _SHIFT) / levels).round().int()
    per_chroma = ((_HUES << _SHIFT) / (6 * levels)).round().int()
    red, green, blue = rgb.int().unbind(-1)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    half = 1 << (_SHIFT - 1)
    saturation = (chroma * per_value[value] + half) >> _SHIFT
    sixth = torch.where(
        value == red,
        green - blue,
        torch.where(value == green, blue - red + 2 * chroma, red - green + 4 * chroma),
    )
    hue = (sixth * per_chroma[chroma] + half) >> _SHIFT
    return torch.where(hue < 0, hue + _HUES, hue).long(), saturation.long(), value.long()


def _rgb_from_hsv(hsv: Tensor) -> Tensor:
    """(3, ...) uint8 -> (..., 3) uint8: cvtColor(HSV2RGB) of 8 bits."""
    hue, saturation, value = hsv.float()
    hue, saturation = hue * (6 / _HUES), saturation / 255
    channels = []
    # Each channel falls from the value to its lowest over one sixth of the circle.
    for turn in (5, 3, 1):
        away = torch.remainder(hue + turn, 6)
        share = torch.minimum(away, 4 - away).clamp_(0, 1)
        channels.append(value * (1 - saturation * share))
    return torch.stack(channels, -1).add_(_TRUNCATION).clamp_(max=255).to(torch.uint8)


def _blurred(packed: Packed, parts: Tensor, kernels: Tensor, sharp: Tensor) -> Tensor:
    """Parts (k,) -> their whole pictures (k, H, W, C) uint8: sampled, coloured, blurred."""
    count, size = kernels.shape
    y, x = _grid(packed.size_hw, parts.device)
    part = parts.view(count, 1, 1).expand(count, *packed.size_hw)
    pixels = _coloured(packed, part, _sampled(packed, part, y, x))
    channels = pixels.shape[-1]
    if not count:
        return pixels
    # One group of the convolution for each channel of each picture.
    planes = pixels.permute(0, 3, 1, 2).float().reshape(1, count * channels, *packed.size_hw)
    weights = kernels.repeat_interleave(channels, 0)[:, None, None]
    pad = size // 2
    planes = F.pad(planes, (pad, pad, pad, pad), mode="reflect")
    planes = F.conv2d(planes, weights, groups=count * channels)
    planes = F.conv2d(planes, weights.transpose(2, 3), groups=count * channels)
    blurred = planes.view(count, channels, *packed.size_hw).permute(0, 2, 3, 1)
    blurred = blurred.round().clamp_(0, 255).to(torch.uint8)
    return torch.where(_inside(sharp, y, x)[..., None], pixels, blurred)


def _inside(sharp: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Boxes (k, R, 4) -> (k, H, W) bool: whether a pixel lies in one of its picture's."""
    left, top, right, bottom = sharp[..., None].unbind(2)
    rows = ((y.view(1, 1, -1) >= top) & (y.view(1, 1, -1) < bottom)).float()
    columns = ((x >= left) & (x < right)).float()
    return torch.einsum("kry,krx->kyx", rows, columns) > 0.5


def _with_blurred(
    packed: Packed, part: Tensor, pixels: Tensor, blurred: Tensor, y: Tensor, x: Tensor
) -> Tensor:
    """Put the blurred pictures where their parts are."""
    high, wide = packed.size_hw
    number = packed.blur_of[part]
    down, across = packed.shifts[part].unbind(-1)
    row = (y - down).clamp(0, high - 1)
    column = (x - across).clamp(0, wide - 1)
    at = (number.clamp(min=0) * high + row) * wide + column
    seen = blurred.flatten(0, 2)[at]
    return torch.where((number >= 0)[..., None], seen, pixels)


def _noisy(packed: Packed, part: Tensor, pixels: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Add each part's stretch of the noise field."""
    channels = pixels.shape[-1]
    start, before = packed.noise[part].unbind(-1)
    number = y * packed.pitch[part] + x - before
    channel = torch.arange(channels, device=pixels.device)
    at = ((start + number * channels)[..., None] + channel) % FIELD
    levels = _field(packed.deviation, pixels.device)[at].short()
    levels = torch.where((start >= 0)[..., None], levels, 0)
    return levels.add_(pixels).clamp_(max=255).to(torch.uint8)


_FIELDS: dict[tuple[int, torch.device], Tensor] = {}


def _field(deviation: int, device: torch.device) -> Tensor:
    """The noise field on a device, brought there once."""
    key = deviation, device
    if key not in _FIELDS:
        _FIELDS[key] = torch.tensor(field(deviation), device=device)
    return _FIELDS[key]
