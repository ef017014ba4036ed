"""A mini-batch in lanes: each thread takes a few pictures through the whole network, alone.

Threads that share every convolution wait for the slowest of them in every layer, and while another
program has a processor they spin. Lanes meet once, at the end; and what a layer makes of a few
pictures is still in the cache when the next layer reads it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.heads.offered import BoxesAbove
from darkpy.machine.workers import lanes
from darkpy.model.network import Instead, Network
from darkpy.model.precision import Precision
from darkpy.model.state import remembers
from darkpy.planning.footprint import memory

_BYTES = 2**25  # of values that a lane works on; glibc hands larger tensors out page by page


def lanes_for(network: Network, images: Tensor) -> int:
    """How many lanes a mini-batch on a processor has: a thread each, or one where some would idle.

    One too for a network that remembers: there pictures follow each other.
    """
    threads = torch.get_num_threads()
    alone = images.device.type != "cpu" or len(images) < threads or remembers(network)
    return 1 if alone else threads


def offered_in_lanes(
    network: Network, images: Tensor, thresh: float, instead: Instead, precision: Precision
) -> BoxesAbove:
    """As `network.offered`, of images (B, C, H, W) that are shared out among the lanes."""

    def offered(part: Tensor) -> BoxesAbove:
        with torch.inference_mode(), precision(part.device):  # each thread has its own
            return network.offered(part, thresh, instead)

    count = lanes_for(network, images)
    if count == 1:
        return offered(images)
    parts = images.tensor_split(_parts(network, len(images), count))
    found = list(lanes(count).map(offered, parts))
    return BoxesAbove.following(found, [len(part) for part in parts])


def _parts(network: Network, pictures: int, count: int) -> int:
    """How many parts a mini-batch falls into, as many for each lane."""
    most = max(1, _BYTES // memory(network.plan).inference)
    return min(pictures, count * -(-pictures // (count * most)))
