"""glibc's memory allocator, told to keep what a pass of a network frees and soon wants again."""

from __future__ import annotations

import ctypes

# Numbers of mallopt(): glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # more is refused
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have freed memory kept for the next pass; False where the C library knows no such thing.

    By default each pass's tensors go back to the system and come again page by page, all
    zeroed by the kernel: a twentieth of the time of a training on a CPU, more of yolov4's passes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no dynamic C library, or another one
        return False
    kept = mallopt(_TRIM_THRESHOLD, _NEVER)
    return bool(kept and mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD))
