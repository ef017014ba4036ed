"""How many pictures a network is shown in one pass."""

from __future__ import annotations

import torch

from darkpy.inference.detector import Detector
from darkpy.model.state import remembers
from darkpy.planning.footprint import memory

_AT_ONCE = 8  # pictures in one pass of the network on a processor: more are no faster
_MOST_THREADS = 32  # that get a picture each
_FRAMES = 8  # of a film, in one pass: four a lane read each kernel once, and few wait to be shown
_MOST_AT_ONCE = 64  # on a GPU
_OF_FREE = 0.25  # of a GPU's free memory: convolutions want some as scratch


def pictures_at_once(detector: Detector) -> int:
    """How many pictures one pass of the network takes: on a GPU as many as fit its memory.

    A network that remembers sees one after the other, in the order of the list.
    """
    if remembers(detector.network):
        return 1
    if detector.device.type == "cpu":
        return max(_AT_ONCE, min(torch.get_num_threads(), _MOST_THREADS))
    free, _ = torch.cuda.mem_get_info(detector.device)
    fitting = int(_OF_FREE * free / memory(detector.network.plan).inference)
    return max(1, min(_MOST_AT_ONCE, fitting))


def frames_at_once(detector: Detector) -> int:
    """How many frames of a film that nobody watches one pass takes: at least one a thread."""
    return min(pictures_at_once(detector), max(_FRAMES, torch.get_num_threads()))
