"""random=1: another input size every ten iterations; train_detector(), src/detector.c."""

from __future__ import annotations

import math
from dataclasses import dataclass

from darkpy.cfg.net import NetOptions
from darkpy.chance import SIZE_SLOT, stream

DEFAULT_FACTOR = 1.4
ITERATIONS_PER_SIZE = 10
# The last iterations have the largest size, so that rolling statistics settle on it.
SETTLING = 100


@dataclass(frozen=True)
class RandomSizes:
    """Input sizes by iteration. factor: the largest zoom; 0 means always the cfg's own size."""

    net: NetOptions
    factor: float
    seed: int

    @classmethod
    def of(cls, net: NetOptions, random: float, seed: int) -> RandomSizes:
        """From random= of a head: 0 off, 1 the usual factor, else the factor itself."""
        return cls(net, DEFAULT_FACTOR if random == 1 else random, seed)

    def at(self, iteration: int) -> tuple[int, int]:
        """Height and width of an iteration's pictures, px."""
        if not self.factor:
            return self.net.height, self.net.width
        first = iteration <= ITERATIONS_PER_SIZE
        if first or iteration > self.net.max_batches - SETTLING:
            return self.largest
        block = (iteration - 1) // ITERATIONS_PER_SIZE
        rng = stream(self.seed, block, SIZE_SLOT)
        zoom = rng.uniform(1, self.factor)
        return self._zoomed(zoom if rng.random() < 0.5 else 1 / zoom)

    @property
    def largest(self) -> tuple[int, int]:
        """The largest height and width that can come, px."""
        return self._zoomed(self.factor) if self.factor else (self.net.height, self.net.width)

    def _zoomed(self, zoom: float) -> tuple[int, int]:
        height, width = (self._rounded(zoom * s) for s in (self.net.height, self.net.width))
        if zoom < 1 and (width > self.net.width or height > self.net.height):
            return self.net.height, self.net.width
        return height, width

    def _rounded(self, side: float) -> int:
        """One step above the side's nearest multiple, as in the C program."""
        step = self.net.resize_step
        # roundl(): halves go away from zero
        return max(step, math.floor(side / step + 1 + 0.5) * step)
