"""glibc's memory allocator, told to keep what a pass of a network frees and soon wants again."""

from __future__ import annotations

import ctypes

from darkpy.machine.processors import available_processors

# Numbers of mallopt(): glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_MMAPS, _MOST_ARENAS = -1, -3, -4, -8
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # more is refused
_NEVER = 2**31 - 1
_LOOKS_FROM = 2**18  # bytes: four times what glibc needs
_PROCESSORS_AN_ARENA = 4  # threads seldom ask at the same time: what is large is a picture
_kept: list[bool] = []  # whether freed memory is, in this process


def keep_freed_memory() -> bool:
    """Have freed memory kept for the next pass; False where the C library knows no such thing.

    By default each pass's tensors go back to the system and come again page by page, all
    zeroed by the kernel: a twentieth of the time of a training on a CPU, more of yolov4's passes.

    What a thread frees stays in its arena. By default there are up to eight of these a processor,
    and a thread that comes gets any that is free: those of a measurement here, of the next one
    there, until each holds all that one of them ever needed, after hours of training.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no dynamic C library, or another one
        return False
    mallopt(_MOST_ARENAS, 1 + max(1, available_processors() // _PROCESSORS_AN_ARENA))
    kept = mallopt(_TRIM_THRESHOLD, _NEVER)
    _kept.append(bool(kept and mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)))
    return _kept[-1]


def keep_large_freed_memory() -> bool:
    """Have tensors of 32 MiB and more kept as well, where freed memory is kept; else False.

    The activations of a training's mini-batch are as large, and are the same in each iteration:
    fetched anew they cost a third of yolov3-tiny's step. Pieces of other sizes lie worse in what
    is kept, so a process that trains with them holds more of it.
    """
    return any(_kept) and bool(ctypes.CDLL(None).mallopt(_MOST_MMAPS, 0))


def let_go_of_freed_memory() -> None:
    """Give back what was freed so far, where it is kept: by all threads, but at the end of an
    arena only what was freed in the calling thread's own.
    """
    if not any(_kept):
        return
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    library.mallopt(_TRIM_THRESHOLD, _LOOKS_FROM)
    library.free(library.malloc(_LOOKS_FROM))  # what is as large has glibc look at the arena's end
    library.malloc_trim(0)
    library.mallopt(_TRIM_THRESHOLD, _NEVER)
