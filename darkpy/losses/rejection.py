"""Darknet's defences against bad labels: deltas that stand out late in a training are dropped.

What counts as standing out is measured while the training runs. The rolling values stay on the
device and are never asked for. All of it is forward_yolo_layer(), src/yolo_layer.c.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_DECAY = 0.99  # of the rolling values
_EQUIDISTANT_FACTOR = 1.4  # on the rolling average
_THRESHOLD_STEP = 0.01  # by which the limit for `percentage` moves in a mini-batch
_LATE = 3 / 4  # of max_batches: from then on labels are doubted


class Rejection(nn.Module):
    """The three defences and what they remember.

    percentage (badlabels_rejection_percentage=) and sigmas (num_sigmas_reject_badlabels=) drop
    large deltas in the last quarter of the training, equidistant (equidistant_point=) drops small
    ones from that iteration on; 0 turns each off. max_batches: iterations of the training.
    """

    def __init__(
        self, *, percentage: float, sigmas: float, equidistant: int, max_batches: int
    ) -> None:
        super().__init__()
        self.percentage, self.sigmas, self.equidistant = percentage, sigmas, equidistant
        self.max_batches = max_batches
        self.late = int(max_batches * _LATE)
        for name in ("largest", "average", "deviation", "limit"):
            self.register_buffer(name, torch.zeros(()), persistent=False)

    def forward(self, delta: Tensor, iteration: int, per_box: int) -> Tensor:
        """A head's delta, of any shape, without what is rejected.

        iteration: of this step, from 1. per_box: values of one box, which `percentage` counts.
        """
        done = iteration - 1
        late = done > self.late
        balancing = bool(self.equidistant) and done > self.equidistant
        if not (balancing or (late and (self.percentage or self.sigmas))):
            return delta
        span = max(1, self.max_batches - self.equidistant)
        progress = (done - self.equidistant) / span
        smallest = self.average * (progress * _EQUIDISTANT_FACTOR)
        size = delta.abs()
        asked = size > 0
        self._observe(size, asked)
        if late and self.sigmas:
            delta, limit = self._within_sigmas(delta, size, asked, done)
            smallest = torch.minimum(limit, self.average) * progress
        if late and self.percentage:
            delta = self._without_percentage(delta, per_box)
        if balancing:
            delta = delta.masked_fill(delta.abs() < smallest, 0)
        return delta

    def _observe(self, size: Tensor, asked: Tensor) -> None:
        """Let the rolling largest and average follow this mini-batch."""
        current = size.max()
        average = size.sum() / asked.sum().clamp(min=1)
        before = torch.where(self.largest == 0, current, self.largest)
        self.largest.copy_(before * _DECAY + current * (1 - _DECAY))
        self.average.mul_(_DECAY).add_(average * (1 - _DECAY))

    def _within_sigmas(
        self, delta: Tensor, size: Tensor, asked: Tensor, done: int
    ) -> tuple[Tensor, Tensor]:
        """Deltas below a limit that sinks towards average + sigmas * deviation, and that end."""
        end = self.average + self.deviation * self.sigmas
        spread = (delta - self.average).square() * asked
        current = (spread.sum() / asked.sum().clamp(min=1)).sqrt()
        self.deviation.mul_(_DECAY).add_(current * (1 - _DECAY))
        progress = (done - self.late) / max(1, self.late)
        limit = torch.maximum(end, self.largest - progress * (self.largest - end).abs())
        return delta.masked_fill(size > limit, 0), end

    def _without_percentage(self, delta: Tensor, per_box: int) -> Tensor:
        """Deltas below a limit that keeps the share of boxes that are hit near `percentage`."""
        self.limit.copy_(torch.where(self.limit == 0, self.largest, self.limit))
        asked = (delta != 0).sum()
        rejected = delta.abs() > self.limit
        share = 100 * rejected.sum() * per_box / asked.clamp(min=1)
        lower = torch.where(self.limit > _THRESHOLD_STEP, self.limit - _THRESHOLD_STEP, self.limit)
        raised = self.limit + _THRESHOLD_STEP
        delta = delta.masked_fill(rejected, 0)
        self.limit.copy_(torch.where(share > self.percentage, raised, lower))
        return delta
