"""What layers roll along beside the weights: means and variances, in one piece of memory."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.model.network import Network
from darkpy.solver.memory import FlatMemory


def in_one_piece(network: Network, device: torch.device) -> tuple[Tensor, list[slice]]:
    """All float32 buffers of a network, moved into one tensor; and the places of variances."""
    floats = {n: b for n, b in network.named_buffers() if b.dtype == torch.float32}
    memory = FlatMemory(floats.values(), device)
    named = zip(floats, memory.slots, strict=True)
    return memory.flat, [place for name, place in named if _is_square(name)]


def finite(values: Tensor) -> Tensor:
    """Whether all values are finite; a bool tensor on the device."""
    if not values.numel():
        return torch.ones((), dtype=torch.bool, device=values.device)
    return torch.linalg.vector_norm(values, torch.inf).isfinite()


def _is_square(name: str) -> bool:
    """Whether a layer's buffer of that name holds a variance or a mean square."""
    return name.endswith(("running_var", "mean_square"))
