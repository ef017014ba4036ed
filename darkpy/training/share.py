"""Which part of an iteration each of several devices computes.

An iteration is its mini-batches one after the other, on whatever number of devices. They are dealt
out whole as far as they go, in runs of neighbours; what devices are left over then, share each of
them: 2 devices take 4 of 8 mini-batches each, or half of a single one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from darkpy.cfg.net import NetOptions
from darkpy.layers.batchnorm import BATCH_NORM_MOMENTUM


@dataclass(frozen=True)
class Share:
    """What device number `rank` of `size` computes of an iteration of `subdivisions` mini-batches.

    mini_batch: pictures of one of them, on all devices that share it.
    """

    rank: int
    size: int
    subdivisions: int
    mini_batch: int

    @classmethod
    def of(cls, rank: int, size: int, net: NetOptions) -> Share:
        """The share in a training of `net`, whose batch= has to be a multiple of `size`."""
        return cls(rank, size, net.subdivisions, net.mini_batch)

    @property
    def groups(self) -> int:
        """Groups of devices, each with mini-batches of its own."""
        return math.gcd(self.subdivisions, self.size)

    @property
    def sharers(self) -> int:
        """Devices of a group, which share each of its mini-batches."""
        return self.size // self.groups

    @property
    def first(self) -> int:
        """Number of the first own mini-batch in the iteration."""
        return self.rank // self.sharers * self.count

    @property
    def count(self) -> int:
        """How many mini-batches it takes part in."""
        return self.subdivisions // self.groups

    @property
    def group(self) -> tuple[int, ...]:
        """The devices that share mini-batches with this one, itself included."""
        begin = self.rank // self.sharers * self.sharers
        return tuple(range(begin, begin + self.sharers))

    @property
    def slots(self) -> list[range]:
        """The own pictures' places in the iteration, mini-batch by mini-batch."""
        own = self.mini_batch // self.sharers
        at = self.rank % self.sharers * own
        begins = [number * self.mini_batch + at for number in range(self.subdivisions)]
        return [range(b, b + own) for b in begins[self.first : self.first + self.count]]

    def weight(self, pieces: int = 1) -> float:
        """Of this device's change of rolling statistics in the change that an iteration makes.

        pieces: that each mini-batch was cut into. On one device each later mini-batch takes a
        hundredth off what the earlier ones have added;
        and sharers of a mini-batch have added to it once.
        """
        later = (self.subdivisions - self.first - self.count) * pieces
        return (1 - BATCH_NORM_MOMENTUM) ** later / self.sharers
