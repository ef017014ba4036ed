"""A mini-batch in lanes: each thread takes a few pictures through the whole network, alone.

Threads that share every convolution wait for the slowest of them in every layer, and while another
program has a processor they spin. Lanes meet once, at the end; and what a layer makes of a few
pictures is still in the cache when the next layer reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TypeVar

import torch
from torch import Tensor

from darkpy.machine.workers import lanes
from darkpy.model.network import Network
from darkpy.model.state import remembers
from darkpy.planning.footprint import memory

_Made = TypeVar("_Made")
_BYTES = 2**26  # of values that a lane works on: more do not stay in any cache


class Lanes:
    """The lanes of a network, which are looked up once: passes of small ones take a millisecond."""

    def __init__(self, network: Network) -> None:
        self._remembers = remembers(network)
        self._most = max(1, _BYTES // memory(network.plan).inference)

    def count(self, images: Tensor) -> int:
        """How many a mini-batch has: on a processor a thread each, or one where some would idle.

        None for a network that remembers, for its pictures follow each other, and on a GPU.
        """
        if self._remembers or images.device.type != "cpu":
            return 0
        threads = torch.get_num_threads()
        return threads if len(images) >= threads else 1

    def run(self, images: Tensor, run: Callable[[Tensor, int], _Made]) -> list[_Made]:
        """What `run` makes of each part of the images (B, C, H, W), in order.

        It is given a part and the number of its first picture, in inference mode; what else is a
        thread's own, as an autocast, it sees to itself.
        """

        def alone(part: Tensor, first: int) -> _Made:
            with torch.inference_mode():
                return run(part, first)

        count = self.count(images)
        if not count:
            return [alone(images, 0)]
        # As many parts for each lane, none of more pictures than stay in the cache.
        parts = images.tensor_split(
            min(len(images), count * -(-len(images) // (count * self._most)))
        )
        firsts = accumulate((len(part) for part in parts[:-1]), initial=0)
        return list((map if count == 1 else lanes(count).map)(alone, parts, firsts))
