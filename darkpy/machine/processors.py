"""How many processors there are for this process: of the machine, or what a container leaves."""

from __future__ import annotations

import math
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time, of each period


def available_processors() -> int:
    """At least 1; what torch and OpenCV would take for granted is the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, _container_limit() or count))


def _container_limit() -> int | None:
    try:
        quota, period = _QUOTA.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no container, or "max": no limit
        return None
