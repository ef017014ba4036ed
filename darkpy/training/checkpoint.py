"""The state of a training beside its weights, so that one that was stopped goes on bit for bit.

`<name>_last.state` belongs to the `<name>_last.weights` written with it. It holds tensors and
numbers only: opening one never runs code.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from darkpy.files import replacing

SUFFIX = ".state"
_FORMAT = 1  # of the file; another number is another layout


@dataclass(frozen=True)
class State:
    """What the weights file of an iteration does not hold.

    checksum: of the weights it belongs to. numbers: seed, averages, best mAP and the like.
    tensors: momentum, rolling values and the like, by name.
    """

    iteration: int
    checksum: int
    numbers: dict[str, float] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)


def checksum(values: Tensor) -> int:
    """CRC-32 of float32 values."""
    return zlib.crc32(values.detach().cpu().numpy().data)


def state_path(weights: str | Path) -> Path:
    """`backup/net_last.weights` -> `backup/net_last.state`."""
    return Path(weights).with_suffix(SUFFIX)


def save_state(path: Path, state: State) -> None:
    """Write a state, whole or not at all."""
    content = {
        "format": _FORMAT,
        "iteration": state.iteration,
        "checksum": state.checksum,
        "numbers": state.numbers,
        "tensors": {name: tensor.cpu() for name, tensor in state.tensors.items()},
    }
    with replacing(path) as file:
        torch.save(content, file)


def load_state(path: Path) -> State | None:
    """Read a state; None if there is none that can be read."""
    if not path.is_file():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != _FORMAT:
            return None
        return State(*(content[name] for name in ("iteration", "checksum", "numbers", "tensors")))
    except (OSError, RuntimeError, EOFError, UnpicklingError, KeyError, TypeError):
        return None
