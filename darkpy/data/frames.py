"""track=1: a list of videos' frames as sequences; get_sequential_paths(), Darknet's src/data.c."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from darkpy.cfg.net import NetOptions
from darkpy.chance import SPEED_SLOTS, stream


@dataclass(frozen=True)
class Frames:
    """Which frame of which sequence each place of a batch shows.

    sequences: side by side in a mini-batch, which has all their first frames before all second
    ones. steps: frames of each in it. chained: mini-batches that a sequence goes through, by
    iteration. speed: the most frames from one to the next.
    """

    sequences: int
    steps: int
    chained: Callable[[int], int]
    speed: int
    seed: int

    @classmethod
    def of(cls, net: NetOptions, seed: int) -> Frames | None:
        """None where pictures are drawn one by one."""
        if not net.track:
            return None
        return cls(net.sequences, net.time_steps, net.chained, net.augment_speed, seed)

    def place(self, iteration: int, slot: int) -> tuple[int, int]:
        """The place of the sequence's first frame, whose draws count for all of its frames, and
        how many frames of the list lie between.

        Darknet draws one augmentation for all sequences that it loads together; here each has its
        own.
        """
        length = self.sequences * self.steps * self.chained(iteration)
        chain, inside = divmod(slot, length)
        step, sequence = divmod(inside, self.sequences)
        speed = stream(self.seed, iteration, SPEED_SLOTS - chain).integers(self.speed)
        return chain * length + sequence, step * (1 + int(speed))
