"""What a mini-batch is trained towards: boxes, or what is wanted of whole pictures; and when."""

from __future__ import annotations

import torch

from darkpy.cfg.net import NetOptions
from darkpy.data.batch import Batch
from darkpy.heads.base import Moment, Truths, Wanted
from darkpy.training.distributed import Alone


def targets_of(batch: Batch) -> Truths | Wanted:
    """As heads take it, on the device that the mini-batch is on."""
    if batch.wanted is not None:
        return Wanted(batch.wanted)
    return Truths.from_rows(batch.truths, batch.counts, batch.ignored)


def moment_of(net: NetOptions, peers: Alone, iteration: int, at: int, pictures: int) -> Moment:
    """When mini-batch number `at` of an iteration comes, of which this device has `pictures`."""
    seen = (iteration - 1) * net.pictures + (at + 1) * pictures * peers.sharers
    goes_on = at % net.chained(iteration) > 0
    return Moment(seen, iteration, goes_on, sharers=peers.sharers, together=peers.together)


def nothing_like(targets: Truths | Wanted) -> Truths | Wanted:
    """Targets for the same pictures in which there is nothing."""
    if isinstance(targets, Wanted):
        return Wanted(torch.zeros_like(targets.values))
    count = len(targets.boxes)
    counts = torch.zeros(count, dtype=torch.int64, device=targets.boxes.device)
    return Truths.from_rows(targets.boxes.new_zeros(count, 1, 5), counts)
