"""How much memory the process takes."""

from __future__ import annotations

import os
from pathlib import Path

import torch

_STATM = Path("/proc/self/statm")  # in pages: total, resident, ...


def memory_used() -> dict[str, int]:
    """Bytes by name: `process` where the system says it, `gpu` where one is in use."""
    found = {}
    try:
        resident = int(_STATM.read_text().split()[1])
        found["process"] = resident * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        pass  # no Linux
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        found["gpu"] = torch.cuda.memory_reserved()
    return found
