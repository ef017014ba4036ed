"""The device that a command computes on."""

from __future__ import annotations

import torch

from darkpy.errors import UsageError


def pick_device(number: int, nogpu: bool) -> torch.device:
    """The GPU of that number, or the CPU where there is none or none is wanted."""
    if nogpu or not torch.cuda.is_available():
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if not 0 <= number < count:
        raise UsageError(f"-i {number}: this machine has GPUs 0 to {count - 1}")
    return torch.device("cuda", number)
