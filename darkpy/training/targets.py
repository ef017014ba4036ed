"""What a mini-batch is trained towards: its boxes, or what is wanted of whole pictures."""

from __future__ import annotations

import torch

from darkpy.data.batch import Batch
from darkpy.heads.base import Truths, Wanted


def targets_of(batch: Batch) -> Truths | Wanted:
    """As heads take it, on the device that the mini-batch is on."""
    if batch.wanted is not None:
        return Wanted(batch.wanted)
    return Truths.from_rows(batch.truths, batch.counts, batch.ignored)


def nothing_like(targets: Truths | Wanted) -> Truths | Wanted:
    """Targets for the same pictures in which there is nothing."""
    if isinstance(targets, Wanted):
        return Wanted(torch.zeros_like(targets.values))
    count = len(targets.boxes)
    counts = torch.zeros(count, dtype=torch.int64, device=targets.boxes.device)
    return Truths.from_rows(targets.boxes.new_zeros(count, 1, 5), counts)
