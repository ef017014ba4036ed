"""A mini-batch on its way from one process to another through memory that both see.

What an array is made of lies in a region; what it is called, its type, its shape and its place are
said in a few words, which JSON can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpy.augment.packed import Packed
from darkpy.data.batch import Batch
from darkpy.machine.sharing import SharedBytes

_ALIGNED = 64  # bytes: where an array may begin
_PIXELS = "images"


def sent(batch: Batch, region: SharedBytes) -> dict[str, Any]:
    """Put a mini-batch into a region; what to tell the process that takes it out again.

    What was drawn for its pictures does not come along.
    """
    packed = batch.images if isinstance(batch.images, Packed) else None
    arrays = {name: tensor.numpy() for name, tensor in _rows(batch)}
    if packed is None:
        arrays[_PIXELS] = batch.images.permute(0, 2, 3, 1).numpy()
        said: dict[str, Any] = {"packed": None}
    else:
        arrays |= {f"{_PIXELS}.{name}": tensor.numpy() for name, tensor in _tensors(packed)}
        said = {"packed": {name: value for name, value in _values(packed)}}
    places, size = {}, 0
    for name, array in arrays.items():
        places[name] = [array.dtype.str, array.shape, size]
        size += -(-array.nbytes // _ALIGNED) * _ALIGNED
    room = region.room(size)
    for name, array in arrays.items():
        _as_array(room, *places[name])[...] = array
    return said | {"arrays": places, "size": size}


def received(said: dict[str, Any], region: SharedBytes, *, pin: bool) -> Batch:
    """The mini-batch that `sent` put there, in memory of its own; pin: its pixels page-locked."""
    room = region.room(said["size"])
    own = {
        name: _kept(torch.from_numpy(_as_array(room, *place)), pin and name.startswith(_PIXELS))
        for name, place in said["arrays"].items()
    }
    pixels = {name.partition(".")[2]: own.pop(name) for name in [*own] if name.startswith(_PIXELS)}
    if said["packed"] is None:
        return Batch(images=pixels[""].permute(0, 3, 1, 2), **own)
    values = {**said["packed"], "size_hw": tuple(said["packed"]["size_hw"])}
    return Batch(images=Packed(**values, **pixels), **own)


def _as_array(room: np.ndarray, dtype: str, shape: list[int], begin: int) -> np.ndarray:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return room[begin : begin + size].view(dtype).reshape(shape)


def _kept(tensor: Tensor, pin: bool) -> Tensor:
    return tensor.pin_memory() if pin else tensor.clone()


def _rows(batch: Batch) -> Iterator[tuple[str, Tensor]]:
    """All tensors but the pictures."""
    return ((name, value) for name, value in _tensors(batch) if name != _PIXELS)


def _tensors(owner: Batch | Packed) -> Iterator[tuple[str, Tensor]]:
    return ((name, value) for name, value in _fields(owner) if isinstance(value, Tensor))


def _values(packed: Packed) -> Iterator[tuple[str, Any]]:
    """What is not a tensor."""
    return ((name, value) for name, value in _fields(packed) if not isinstance(value, Tensor))


def _fields(owner: Batch | Packed) -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(owner, field.name)) for field in fields(owner))
