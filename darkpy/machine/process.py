"""What a command changes of its own process; a program that uses darkpy as a library keeps its."""

from __future__ import annotations

import torch

from darkpy.machine.allocator import keep_freed_memory
from darkpy.machine.opencv import cv2
from darkpy.machine.processors import available_processors


def prepare_process(*, among: int = 1) -> None:
    """Called by commands, which own their process, and by nothing that can be imported.

    torch takes the whole machine for its own, even where a container leaves less of it. OpenCV
    gets one thread: pictures are what is shared out among threads. among: processes of this
    machine that compute at the same time.
    """
    own = max(1, available_processors() // among)
    torch.set_num_threads(min(torch.get_num_threads(), own))
    cv2.setNumThreads(0)
    keep_freed_memory()
