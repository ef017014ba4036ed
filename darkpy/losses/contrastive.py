"""Supervised contrastive learning, arXiv:2004.11362, as Darknet's blas.c computes it.

N samples z (N, S), each with a label; the gradient pulls samples of one label together and pushes
others away. It differs from the paper's: the vectors are divided by their length only once, and
the share of a pair leaves its own first sample out of the sum.
"""

from __future__ import annotations

import torch
from torch import Tensor

_ALONE = 0.9999  # the share of a pair without rivals, and the largest one


def likeness(z: Tensor) -> Tensor:
    """Cosine of all pairs, (N, N); 0 with a vector of length 0."""
    length = z.norm(dim=1)
    divisor = length[:, None] * length
    return torch.where(divisor > 0, z @ z.T / divisor.clamp(min=1e-38), 0)


def shares(sim: Tensor, pairs: Tensor, temperature: float, *, capped: bool) -> Tensor:
    """How much of all likeness to j is that of i, (N, N), 0 where `pairs` (N, N) has no pair.

    capped: at .9999, as for the objects of a detector. P_constrastive_f_det(), P_constrastive().
    """
    # Doubles: a large own part is taken out of the sum again.
    raised = torch.where(pairs, (sim.double() / temperature).exp(), 0)
    others = raised.sum(dim=0) - raised
    share = torch.where(others > 0, raised / others.clamp(min=1e-300), _ALONE)
    if capped:
        share = torch.where(share > 1, _ALONE, share)
    return torch.where(pairs, share, 0).to(sim.dtype)


def repeats(counted: Tensor, real: Tensor, others: Tensor, limit: int) -> Tensor:
    """How often k pushes i away, (N, N) int64: grad_contrastive_loss_negative_f().

    Darknet goes through the unlike samples `counted` (N, N) once for each of the `others` (N,)
    like i, in their order, and stops at the first `real` (N, N) one from number `limit` on.
    """
    rank = counted.long().cumsum(dim=1) - 1
    round_length = counted.sum(dim=1, keepdim=True).clamp(min=1)
    rounds = others[:, None]
    start = max(limit, 1) - 1
    turn = ((start - rank).clamp(min=0) + round_length - 1) // round_length
    endless = torch.iinfo(torch.int64).max // 2
    end = torch.where(real & (turn < rounds), rank + turn * round_length, endless)
    end = end.amin(dim=1, keepdim=True)
    times = torch.minimum((end - rank).div(round_length, rounding_mode="floor") + 1, rounds)
    return torch.where(real, times.clamp(min=0), 0)


def pull(z: Tensor, sim: Tensor, weights: Tensor, others: Tensor, temperature: float) -> Tensor:
    """The delta (N, S) from weights (N, N): above 0 towards the other sample, below 0 away.

    others (N,): how many samples are like each; without any it is not moved.
    """
    length = z.norm(dim=1)
    scale = torch.where((others > 0) & (length > 0), others * temperature * length, torch.inf)
    return (weights @ z - (weights * sim).sum(dim=1, keepdim=True) * z) / scale[:, None]


def accuracy(sim: Tensor, pairs: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """How many samples are most like one of their label, and how many have both kinds to go by."""
    nothing = -10.0
    like = sim.masked_fill(~(pairs & same), nothing).amax(dim=1)
    unlike = sim.masked_fill(~(pairs & ~same), nothing).amax(dim=1)
    both = (like > nothing) & (unlike > nothing)
    return (both & (unlike < like)).sum(), both.sum()
