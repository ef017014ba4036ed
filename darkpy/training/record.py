"""The record of an iteration."""

from __future__ import annotations

from dataclasses import dataclass, field

# How well boxes fit that answer for objects, in the order of the csv.
QUALITY = ("iou", "recall50", "recall75", "objects", "rewritten")


@dataclass(frozen=True)
class Step:
    """One finished iteration.

    loss: Darknet's, the heads' mean cost a picture. average: its running mean. parts: the loss by
    the names that the heads give its parts. watched: sums and counts over all heads by name.
    heads: both of each head by the index of its layer, summed over the pictures. size_hw: of the
    input, px. wait, compute: seconds waiting for pictures and seconds of the update.
    mini_batches: what `heads` holds, of each mini-batch by itself; empty where nobody asked for it.
    updated: False if loss or gradients were not finite and the weights were left alone. trouble:
    whether that is more than a loss scale that was too large. returned_to: the iteration whose
    weights were put back after too many troubles.
    """

    iteration: int
    loss: float
    average: float
    rate: float
    pictures: int
    size_hw: tuple[int, int]
    wait: float
    compute: float
    parts: dict[str, float] = field(default_factory=dict)
    watched: dict[str, float] = field(default_factory=dict)
    heads: dict[int, dict[str, float]] = field(default_factory=dict)
    mini_batches: tuple[dict[int, dict[str, float]], ...] = ()
    updated: bool = True
    trouble: bool = False
    returned_to: int | None = None

    @property
    def quality(self) -> dict[str, float]:
        """How well the boxes fit that answer for objects, as means over these.

        iou, recall50 and recall75 of them, objects (a number), and rewritten: the share of objects
        that lost their box to another one. Empty where the heads watch no boxes.
        """
        if "iou" not in self.watched:
            return {}
        count = self.watched["count"]
        means = {n: self.watched.get(n, 0.0) / count if count else 0.0 for n in QUALITY}
        return {**means, "objects": count}
