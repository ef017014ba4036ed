"""Hard negatives: of the very many anchors without a truth those that are most wrong."""

from __future__ import annotations

import torch
from torch import Tensor


def hardest(cost: Tensor, among: Tensor, count: Tensor) -> Tensor:
    """The `count` (B,) of each picture with the highest cost (B, N) among those that `among` holds.

    (B, N) bool; all where there are fewer. Of equal costs the earlier ones are taken.
    """
    ranked = cost.masked_fill(~among, -torch.inf).argsort(dim=1, descending=True, stable=True)
    place = torch.arange(cost.shape[1], device=cost.device).expand_as(ranked)
    rank = torch.empty_like(ranked).scatter_(1, ranked, place)
    return among & (rank < count[:, None])
