"""A mini-batch in lanes: each thread takes a few pictures through the whole network, alone.

Threads that share every convolution wait for the slowest of them in every layer, and while another
program has a processor they spin. Lanes meet once, at the end; and what a layer makes of a few
pictures is still in the cache when the next layer reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from darkpy.heads.offered import BoxesAbove
from darkpy.machine.workers import lanes
from darkpy.model.network import Instead, Network
from darkpy.model.precision import Precision
from darkpy.model.state import remembers
from darkpy.planning.footprint import memory

_Made = TypeVar("_Made")
_BYTES = 2**26  # of values that a lane works on: more do not stay in any cache


def lanes_for(network: Network, images: Tensor) -> int:
    """How many lanes a mini-batch has: on a processor a thread each, or one where some would idle.

    None for a network that remembers, for its pictures follow each other, and on a GPU.
    """
    if images.device.type != "cpu" or remembers(network):
        return 0
    threads = torch.get_num_threads()
    return threads if len(images) >= threads else 1


def offered_in_lanes(
    network: Network, images: Tensor, thresh: float, instead: Instead, precision: Precision
) -> BoxesAbove:
    """As `network.offered`, of images (B, C, H, W) that are shared out among the lanes."""
    found = in_lanes(
        network, images, lambda part: (len(part), network.offered(part, thresh, instead)), precision
    )
    if len(found) == 1:
        return found[0][1]
    sizes, parts = zip(*found, strict=True)
    return BoxesAbove.following(parts, sizes)


def in_lanes(
    network: Network, images: Tensor, run: Callable[[Tensor], _Made], precision: Precision
) -> list[_Made]:
    """What `run` makes of each part of the images (B, C, H, W), in order."""

    def alone(part: Tensor) -> _Made:
        with torch.inference_mode(), precision(part.device):  # each thread has its own
            return run(part)

    count = lanes_for(network, images)
    if not count:
        return [alone(images)]
    parts = images.tensor_split(_parts(network, len(images), count))
    return list(map(alone, parts) if count == 1 else lanes(count).map(alone, parts))


def _parts(network: Network, pictures: int, count: int) -> int:
    """How many parts a mini-batch falls into, as many for each lane."""
    most = max(1, _BYTES // memory(network.plan).inference)
    return min(pictures, count * -(-pictures // (count * most)))
