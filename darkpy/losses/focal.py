"""The focal loss, arXiv:1708.02002: what is answered well already hardly counts.

Of the probability p that an output gives to what is right it takes -a (1 - p)^g log p. With g = 0
that is the cross-entropy; a weighs what is there against what is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_GAMMA = 2.0  # of the paper, where only alpha is given
_TINY = 1e-12  # keeps logarithms and powers of probabilities of 0 and 1 finite


@dataclass(frozen=True)
class Focal:
    """alpha: weight of the true class, 1 - alpha of the others; None weighs all alike by 1.
    gamma: how fast what is answered well fades."""

    alpha: float | None
    gamma: float

    @classmethod
    def given(cls, alpha: float | None, gamma: float | None) -> Focal | None:
        """By the keys alpha= and gamma=; None where neither is."""
        if alpha is None and gamma is None:
            return None
        return cls(alpha, _GAMMA if gamma is None else gamma)

    def loss(self, logits: Tensor, wanted: Tensor) -> Tensor:
        """Loss of logistic outputs (...) towards 0 or 1 (...), each by itself."""
        entropy = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
        missed = (wanted - logits.sigmoid()).abs().clamp(min=_TINY)  # 1 - p
        return self.weights(wanted) * missed.pow(self.gamma) * entropy

    def sums(self, logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
        """The same of each picture, (B,): logits and wanted (B, N, K), wanted bool, of the rows
        that `counts` (B, N) holds. It keeps a single tensor for the way back.
        """
        return _Sums.apply(logits, wanted, counts, self)

    def weights(self, wanted: Tensor) -> Tensor | float:
        """What outputs weigh that should be 0 or 1 (...)."""
        if self.alpha is None:
            return 1.0
        return torch.where(wanted > 0, self.alpha, 1 - self.alpha)

    def slope(self, right: Tensor) -> Tensor:
        """The loss's slope as a multiple of the cross-entropy's, which is wanted - p.

        right (...): the probability given to what is right. It holds for logistic outputs, and,
        with the true class's probability, for a softmax.
        """
        p, missed = right.clamp(min=_TINY), (1 - right).clamp(min=_TINY)
        return missed.pow(self.gamma) - self.gamma * p * missed.pow(self.gamma - 1) * p.log()


class _Sums(torch.autograd.Function):
    """Value and slope at once: what a score misses needs to be known for both."""

    @staticmethod
    def forward(ctx, logits, wanted, counts, focal):
        sign = torch.where(wanted, -1.0, 1.0)
        wrong = logits * sign  # the logit of what is not right
        missed = wrong.sigmoid().clamp_(min=_TINY)
        entropy = F.softplus(wrong)
        faded = missed.square() if focal.gamma == 2 else missed.pow(focal.gamma)
        faded *= focal.weights(wanted) * counts[:, :, None]
        # The slope by `wrong` of missed^g * entropy, with missed' = missed (1 - missed)
        slope = (1 - missed).mul_(entropy).mul_(focal.gamma).add_(missed).mul_(faded)
        ctx.save_for_backward(slope.mul_(sign))
        return faded.mul_(entropy).sum(dim=(1, 2))

    @staticmethod
    def backward(ctx, gradient):
        (slope,) = ctx.saved_tensors
        return slope * gradient[:, None, None], None, None, None
