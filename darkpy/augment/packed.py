"""Training pictures as flat arrays of source pixels and of what was drawn, ready for a device.

B training pictures are joined from Q canvases (one each, two for a mixup), a canvas from one or
four parts; P is the number of parts. K of them are blurred, which needs all of their picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from darkpy.augment.blur import BACKGROUND
from darkpy.augment.parts import Layout, Placed
from darkpy.augment.sampling import Sampled, Taps, sample
from darkpy.machine.opencv import cv2

_QUARTERS = 4


@dataclass(frozen=True)
class Slot:
    """One training picture: its parts, and the pixels that each of them looks at."""

    layout: Layout
    placed: tuple[Placed, ...]
    sampled: tuple[Sampled, ...]

    @classmethod
    def of(cls, layout: Layout, placed: tuple[Placed, ...], pictures: Sequence[np.ndarray]) -> Slot:
        """Cut out of the pictures (H, W, C) what is needed of them."""
        pairs = zip(placed, pictures, strict=True)
        sampled = (
            sample(one, layout, pixels, whole=one.part.blur.kernel > 0) for one, pixels in pairs
        )
        return cls(layout, placed, tuple(sampled))


@dataclass(frozen=True)
class Packed:
    """All that the device form of a mini-batch needs.

    size_hw: of the input. pixels: (N, C) uint8, the sampled pictures one after the
    other. rows, columns: (P, 3, H) and (P, 3, W) int32: where in `pixels` the near and the far
    neighbour's row begins (column: how far into it), and the weight of the far one.
    colours: (P, 3, 256) uint8 tables of hue, saturation, value. coloured: (P,) bool.
    distorts: whether any part is distorted; then levels: (P, 256) uint8, mixing: (P, 3, 3) float32
    and ceilings: (P,) float32 say how each is.
    noise: (P, 2) int64 where in the noise field a part begins, -1 for no noise, and how many of its
    pixels would lie before it in the canvas. pitch: (P,) int64 its width. canvases: (Q, 4) int64
    parts by quarter. cuts: (Q, 2) int64 y, x. blends: (B, 2) int64 canvases, the same one twice
    where nothing is mixed. blurred: (K,) int64 parts. blur_of: (P,) int64, number among the K or
    -1. shifts: (P, 2) int64 y, x, how far a blurred picture is moved. kernels: (K, S) float32.
    sharp: (K, R, 4) int64 left top right bottom, empty boxes where there are fewer.
    compiled: whether torch's compiler joins the work on the pixels into few kernels.
    """

    size_hw: tuple[int, int]
    deviation: int
    distorts: bool
    compiled: bool
    pixels: Tensor
    rows: Tensor
    columns: Tensor
    colours: Tensor
    coloured: Tensor
    levels: Tensor
    mixing: Tensor
    ceilings: Tensor
    noise: Tensor
    pitch: Tensor
    canvases: Tensor
    cuts: Tensor
    blends: Tensor
    blurred: Tensor
    blur_of: Tensor
    shifts: Tensor
    kernels: Tensor
    sharp: Tensor

    def to(self, device: torch.device) -> Packed:
        """A copy on a device; from pinned memory the copying is not waited for."""
        return Packed(**_each(self, lambda tensor: tensor.to(device, non_blocking=True)))

    def pinned(self) -> Packed:
        """A copy in page-locked memory."""
        return Packed(**_each(self, Tensor.pin_memory))

    @property
    def mixed(self) -> bool:
        """Whether any training picture is joined from two canvases."""
        return len(self.canvases) > len(self.blends)


def _each(packed: Packed, change) -> dict[str, object]:
    values = ((field.name, getattr(packed, field.name)) for field in fields(packed))
    return {name: change(v) if isinstance(v, Tensor) else v for name, v in values}


def pack(slots: Sequence[Slot], *, compiled: bool = False) -> Packed:
    """Training pictures of one size, as they come from the loader; compiled: see Packed."""
    layout = slots[0].layout
    size_hw = layout.height, layout.width
    placed = [one for slot in slots for one in slot.placed]
    sampled = [one for slot in slots for one in slot.sampled]
    canvases, cuts, blends = _joints(slots)
    distorts = not all(one.part.distort.neutral for one in placed)
    blurred = [number for number, one in enumerate(placed) if one.part.blur.kernel]
    arrays = {
        "pixels": np.concatenate([_flat(one.pixels) for one in sampled]),
        **_tables(layout, placed, sampled),
        "colours": np.stack([one.part.colour.tables() for one in placed]),
        "coloured": np.array([not one.part.colour.neutral for one in placed]),
        **_distortions(placed if distorts else (), sampled[0].pixels.shape[2]),
        **_noise(layout, placed),
        "canvases": canvases,
        "cuts": cuts,
        "blends": blends,
        "blurred": np.array(blurred, np.int64),
        "blur_of": _numbered(blurred, len(placed)),
        "shifts": np.array([_shift(one) for one in placed], np.int64),
        "kernels": _kernels([placed[number].part.blur.size for number in blurred]),
        "sharp": _sharp(layout, [placed[number] for number in blurred]),
    }
    deviation = max(one.part.noise.deviation for one in placed)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return Packed(size_hw, deviation, distorts, compiled, **tensors)


def _flat(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(-1, pixels.shape[2])


def _joints(slots: Sequence[Slot]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts by quarter (Q, 4), cuts (Q, 2) and canvases to blend (B, 2)."""
    canvases: list[Sequence[int]] = []
    cuts: list[tuple[int, int]] = []
    blends = []
    first_part = 0
    for slot in slots:
        numbers = range(first_part, first_part + len(slot.placed))
        first_part = numbers.stop
        mosaic, before = slot.layout.mosaic, len(canvases)
        whole = numbers
        if mosaic:
            canvases.append(numbers[:_QUARTERS])
            cuts.append((mosaic.cut_y, mosaic.cut_x))
            whole = numbers[_QUARTERS:]
        canvases += [[number] * _QUARTERS for number in whole]
        cuts += [(0, 0)] * len(whole)
        blends.append((before, len(canvases) - 1))
    return tuple(np.array(rows, np.int64) for rows in (canvases, cuts, blends))


def _tables(
    layout: Layout, placed: Sequence[Placed], sampled: Sequence[Sampled]
) -> dict[str, np.ndarray]:
    """Taps of all parts at the places of the canvas that they fill."""
    rows = np.zeros((len(placed), 3, layout.height), np.int32)
    columns = np.zeros((len(placed), 3, layout.width), np.int32)
    begin = 0
    for row, column, one, taken in zip(rows, columns, placed, sampled, strict=True):
        whole = one.part.blur.kernel > 0
        target = (slice(None), slice(None)) if whole else one.target(layout)
        high, wide = taken.pixels.shape[:2]
        _fill(row[:, target[0]], taken.rows, wide, begin)
        _fill(column[:, target[1]], taken.columns, 1, 0)
        begin += high * wide
    return {"rows": rows, "columns": columns}


def _fill(table: np.ndarray, taps: Taps, step: int, begin: int) -> None:
    table[0] = taps.near * step + begin
    table[1] = taps.far * step + begin
    table[2] = taps.weight


def _noise(layout: Layout, placed: Iterable[Placed]) -> dict[str, np.ndarray]:
    starts, pitches = [], []
    for one in placed:
        rows, columns = one.target(layout)
        pitch = columns.stop - columns.start
        before = rows.start * pitch + columns.start
        noise = one.part.noise
        starts.append((noise.start, before) if noise.deviation else (-1, 0))
        pitches.append(pitch)
    return {"noise": np.array(starts, np.int64), "pitch": np.array(pitches, np.int64)}


def _distortions(placed: Sequence[Placed], channels: int) -> dict[str, np.ndarray]:
    distorts = [one.part.distort for one in placed]
    levels = [one.grey_levels() if channels == 1 else one.levels() for one in distorts]
    return {
        "levels": np.array(levels, np.uint8).reshape(-1, 256),
        "mixing": np.array([one.matrix() for one in distorts], np.float32).reshape(-1, 3, 3),
        "ceilings": np.array([one.ceiling for one in distorts], np.float32),
    }


def _numbered(chosen: Sequence[int], count: int) -> np.ndarray:
    numbers = np.full(count, -1, np.int64)
    numbers[chosen] = np.arange(len(chosen))
    return numbers


def _shift(placed: Placed) -> tuple[int, int]:
    return (placed.tile.shift_y, placed.tile.shift_x) if placed.tile else (0, 0)


def _kernels(sizes: Sequence[int]) -> np.ndarray:
    """Gaussians of these sizes, each in the middle of its row, (K, S) float32."""
    kernels = np.zeros((len(sizes), max(sizes, default=1)), np.float32)
    for row, size in zip(kernels, sizes, strict=True):
        begin = (len(row) - size) // 2
        row[begin : begin + size] = cv2.getGaussianKernel(size, 0, cv2.CV_32F)[:, 0]
    return kernels


def _sharp(layout: Layout, blurred: Sequence[Placed]) -> np.ndarray:
    boxes = [
        one.part.blur.sharp(one.truths, layout.height, layout.width)
        if one.part.blur.kernel == BACKGROUND
        else np.zeros((0, 4), np.int64)
        for one in blurred
    ]
    padded = np.zeros((len(boxes), max(map(len, boxes), default=0), 4), np.int64)
    for rows, own in zip(padded, boxes, strict=True):
        rows[: len(own)] = own
    return padded
