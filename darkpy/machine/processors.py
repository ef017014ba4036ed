"""How many processors there are for this process: of the machine, or what a container leaves."""

from __future__ import annotations

import math
import os
from pathlib import Path

_FACTS = Path("/proc/cpuinfo")
_BFLOAT16 = ("avx512_bf16", "amx_bf16")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time, of each period


def available_processors() -> int:
    """At least 1; what torch and OpenCV would take for granted is the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, _container_limit() or count))


def bfloat16_instructions() -> list[str]:
    """Those that this processor has; where there are none, bfloat16 is emulated, and slow."""
    try:
        lines = _FACTS.read_text().splitlines()
    except OSError:  # another system
        return []
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return [flag for flag in _BFLOAT16 if flag in flags]


def _container_limit() -> int | None:
    try:
        quota, period = _QUOTA.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no container, or "max": no limit
        return None
