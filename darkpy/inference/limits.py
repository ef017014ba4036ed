"""How many candidates are compared, and how many remain: pre_nms= and post_nms= of a head."""

from __future__ import annotations

import torch
from torch import Tensor


def limited(probs: Tensor, groups: Tensor, count: int) -> Tensor:
    """Probabilities (N, K) with the `count` greatest of each group left and the others 0.

    groups (N, 1) or (N, K) int64: of which group each of them is. Of equal ones the first stay.
    """
    rows, classes = (probs > 0).nonzero(as_tuple=True)
    values, group = probs[rows, classes], groups.expand_as(probs)[rows, classes]
    order = values.argsort(descending=True, stable=True)
    order = order[group[order].argsort(stable=True)]
    group = group[order]
    # The place in its group is that in the whole less that of the group's first.
    place = torch.arange(len(group), device=group.device)
    place = place - torch.searchsorted(group, group)
    stays = order[place < count]
    result = torch.zeros_like(probs)
    result[rows[stays], classes[stays]] = values[stays]
    return result
