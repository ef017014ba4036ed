"""The device that a command computes on."""

from __future__ import annotations

import torch

from darkpy.errors import UsageError
from darkpy.machine.processors import available_processors


def pick_device(number: int, nogpu: bool) -> torch.device:
    """The GPU of that number, or the CPU where there is none or none is wanted."""
    if nogpu or not torch.cuda.is_available():
        # torch takes the whole machine for its own, even where a container leaves less of it.
        torch.set_num_threads(min(torch.get_num_threads(), available_processors()))
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if not 0 <= number < count:
        raise UsageError(f"-i {number}: this machine has GPUs 0 to {count - 1}")
    return torch.device("cuda", number)
