"""The state of a training beside its weights, so that one that was stopped goes on bit for bit.

`<name>_last.state` belongs to the `<name>_last.weights` written with it, whose digest it holds.
The file is a line that names it, the length of a JSON text, that text, the tensors' bytes in the
order the text lists them, and a digest of all that comes before: opening one never runs code, and
one that was cut short or altered in any byte is known as such.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from darkpy.errors import StateError
from darkpy.files import replacing

SUFFIX = ".state"
_MAGIC = b"darkpy state 2\n"  # another number is another layout
_LENGTH = struct.Struct("<Q")
_DIGEST_BYTES = 16
_CHUNK = 2**22
_TYPES = {"float32": torch.float32, "int64": torch.int64, "uint8": torch.uint8}


@dataclass(frozen=True)
class State:
    """What the weights file of an iteration does not hold.

    weights: digest of the weights file it belongs to. facts: seed, running means, best mAP, the
    text of the cfg and the like, as JSON knows them. tensors: momentum, rolling values and the
    like, by name.
    """

    iteration: int
    weights: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the tensors, which is about what the file takes."""
        return bytes_of(self.tensors.values())


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """What they hold, in bytes."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def state_path(weights: str | Path) -> Path:
    """`backup/net_last.weights` -> `backup/net_last.state`."""
    return Path(weights).with_suffix(SUFFIX)


def file_digest(path: Path) -> str:
    """What tells a file from any other, as hexadecimal digits."""
    digest = _hash()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def save_state(path: Path, state: State) -> None:
    """Write a state, whole or not at all."""
    arrays = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    listed = [
        [name, str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]
        for name, tensor in arrays.items()
    ]
    told = {"iteration": state.iteration, "weights": state.weights, "facts": state.facts}
    text = json.dumps({**told, "tensors": listed}, allow_nan=False).encode()
    with replacing(path) as file:
        writer = _Digesting(file)
        writer.write(_MAGIC + _LENGTH.pack(len(text)) + text)
        for tensor in arrays.values():
            writer.write(tensor.numpy().reshape(-1).view(np.uint8).data)
        file.write(writer.digest.digest())


def load_state(path: Path) -> State:
    """Read a state. StateError with the reason if it is not whole or not one."""
    try:
        with open(path, "rb") as file:
            raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as problem:  # ValueError: an empty file cannot be mapped
        reason = getattr(problem, "strerror", None) or "it is empty"
        raise StateError(f"{path}: cannot be read: {reason}") from None
    with raw:
        return _parsed(path, raw)


def numbers_within(facts: Mapping[str, Any], bounds: Mapping[str, tuple[float, float]]) -> bool:
    """Whether each of these facts is a number between its bounds, both of them included."""
    return all(
        isinstance(facts.get(name), int | float)
        and not isinstance(facts[name], bool)
        and low <= facts[name] <= high
        for name, (low, high) in bounds.items()
    )


def check_tensors(state: State, mine: Mapping[str, Tensor], optional: Collection[str]) -> None:
    """StateError unless the state's tensors could take the place of `mine`.

    optional: names that only one of the two may have.
    """
    for name in state.tensors.keys() ^ mine.keys():
        if name not in optional:
            raise StateError(f"its {name} has no counterpart")
    for name, tensor in state.tensors.items():
        if name in mine:
            check_alike(name, tensor, mine[name])
        elif tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise StateError(f"its {name} is not finite")


def check_alike(name: str, tensor: Tensor, mine: Tensor) -> None:
    """StateError unless one may be copied into the other and is finite."""
    if (tensor.dtype, tensor.shape) != (mine.dtype, mine.shape):
        raise StateError(
            f"its {name} has {tensor.numel()} values, where there are {mine.numel()} here"
        )
    if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
        raise StateError(f"its {name} is not finite")


class _Digesting:
    """Writes to a file and digests what it writes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, _hash()

    def write(self, data: bytes | memoryview) -> None:
        self.file.write(data)
        self.digest.update(data)


def _hash() -> Any:
    return hashlib.blake2b(digest_size=_DIGEST_BYTES)


def _parsed(path: Path, raw: mmap.mmap) -> State:
    start = len(_MAGIC) + _LENGTH.size
    if raw[: len(_MAGIC)] != _MAGIC:
        raise StateError(f"{path}: is no state of this version of darkpy")
    if len(raw) < start + _DIGEST_BYTES or not _whole(raw):
        raise StateError(f"{path}: was cut short or altered, its digest is another")
    (length,) = _LENGTH.unpack_from(raw, len(_MAGIC))
    end = len(raw) - _DIGEST_BYTES
    try:
        told = json.loads(raw[start : min(end, start + length)])
        tensors, used = _tensors(raw, start + length, end, told["tensors"])
        state = State(told["iteration"], told["weights"], told["facts"], tensors)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise StateError(f"{path}: does not hold what a state holds") from None
    right = isinstance(state.weights, str) and isinstance(state.facts, dict) and used == end
    if not right or not numbers_within({"iteration": state.iteration}, {"iteration": (1, 2**53)}):
        raise StateError(f"{path}: does not hold what a state holds")
    return state


def _whole(raw: mmap.mmap) -> bool:
    """Whether the digest at the end is that of what comes before it."""
    digest, end = _hash(), len(raw) - _DIGEST_BYTES
    for begin in range(0, end, _CHUNK):
        digest.update(raw[begin : min(begin + _CHUNK, end)])
    return digest.digest() == raw[end:]


def _tensors(
    raw: mmap.mmap, begin: int, end: int, listed: list[list[Any]]
) -> tuple[dict[str, Tensor], int]:
    """Copies of the listed tensors, and where the last of them ends. ValueError if one does not
    lie between `begin` and `end`."""
    tensors: dict[str, Tensor] = {}
    for name, kind, shape in listed:
        dtype = _TYPES[kind]
        if not all(isinstance(side, int) and 0 <= side <= end for side in shape):
            raise ValueError(shape)
        count = 1
        for side in shape:
            count *= side
        stop = begin + count * dtype.itemsize
        if stop > end:
            raise ValueError(name)
        data = bytearray(raw[begin:stop])
        tensors[name] = (
            torch.frombuffer(data, dtype=dtype).reshape(shape)
            if data
            else torch.empty(shape, dtype=dtype)
        )
        begin = stop
    return tensors, begin
