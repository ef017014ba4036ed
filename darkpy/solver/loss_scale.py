"""Loss scaling: float16 has too few small numbers for gradients, so they are made larger."""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST = 2.0**16  # the first factor where the cfg names none, as torch.amp.GradScaler has it
_LONG = 2000  # steps without an overflow after which the factor doubles


class LossScale:
    """A factor on the loss that halves when a gradient overflows and doubles when none has long.

    All of it stays on the device. first: the factor to begin with (loss_scale=, which the C
    program keeps; 1 means that the cfg names none).
    """

    def __init__(self, first: float, device: torch.device) -> None:
        value = first if first > 1 else LARGEST
        self.factor = torch.tensor(value, dtype=torch.float32, device=device)
        self._good = torch.zeros((), dtype=torch.int64, device=device)

    @torch.no_grad()
    def follow(self, ok: Tensor) -> None:
        """Take in whether the gradients of a step were finite (bool tensor)."""
        good = torch.where(ok, self._good + 1, 0)
        grows = good >= _LONG
        grown = torch.where(grows, self.factor * 2, self.factor)
        self.factor.copy_(torch.where(ok, grown, self.factor / 2).clamp(1, LARGEST))
        self._good.copy_(torch.where(grows, 0, good))

    def memory(self) -> dict[str, Tensor]:
        """What it keeps from one iteration to the next, by name."""
        return {"factor": self.factor, "good": self._good}


def lost_to(scale: LossScale | None, ok: Tensor) -> Tensor:
    """Whether there was a loss scale that an overflow may be blamed on; it is adapted."""
    if scale is None:
        return torch.zeros_like(ok)
    lost = scale.factor > 1
    scale.follow(ok)
    return lost
