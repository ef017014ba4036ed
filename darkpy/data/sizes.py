"""random=1: another input size every ten iterations; train_detector(), src/detector.c."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_sizes import zoom_factor, zoomed_hw
from darkpy.chance import SIZE_SLOT, stream

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
        return cls(net, zoom_factor(random), seed)

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
        return zoomed_hw(self.net, zoom if rng.random() < 0.5 else 1 / zoom)

    @property
    def largest(self) -> tuple[int, int]:
        """The largest height and width that can come, px."""
        if not self.factor:
            return self.net.height, self.net.width
        return zoomed_hw(self.net, self.factor)
