"""What every head is: a layer with a loss of its own and, most of them, boxes to offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import torch
from torch import Tensor

from darkpy.heads.offered import BoxesAbove, Candidates, Suppression
from darkpy.layers.base import Layer
from darkpy.losses.rejection import Rejection
from darkpy.sections.base import Plan

Hw = tuple[int, int]  # height, width

_NO_TRACK = -1


@dataclass(frozen=True)
class Truths:
    """The objects of a mini-batch.

    boxes (B, M, 4) cxcywh in the unit square of the network's input, classes (B, M) int64,
    valid (B, M) bool: rows that are no padding. tracks (B, M) int64: the same number for the
    same thing in several pictures, -1 where it has none. ignored (B, I, 4): boxes of what is not
    judged, those that fill up without extent; None without any in the whole mini-batch.
    """

    boxes: Tensor
    classes: Tensor
    valid: Tensor
    tracks: Tensor
    ignored: Tensor | None = None

    @classmethod
    def from_rows(cls, rows: Tensor, counts: Tensor, ignored: Tensor | None = None) -> Truths:
        """From rows (B, M, 5) cx cy w h class, or 6 with the track, of which each picture's
        first `counts` (B,) count, and rows (B, I, 5) of what is not judged.

        Objectness knows no class, so the classes of the latter are of no account here.
        """
        number = torch.arange(rows.shape[1], device=rows.device)
        valid = number < counts[:, None]
        classes = rows[..., 4].long()
        tracks = rows[..., 5].long() if rows.shape[2] > 5 else torch.full_like(classes, _NO_TRACK)
        boxes = None if ignored is None or not ignored.shape[1] else ignored[..., :4]
        return cls(rows[..., :4], classes, valid, tracks, boxes)

    def first(self, count: int) -> Truths:
        """Each picture's first `count` rows: max= of a head."""
        if self.valid.shape[1] <= count:
            return self
        return replace(
            self,
            boxes=self.boxes[:, :count],
            classes=self.classes[:, :count],
            valid=self.valid[:, :count],
            tracks=self.tracks[:, :count],
        )

    def of(self, classes: int, class_map: Tensor | None = None) -> Truths:
        """Only the objects of the first `classes` classes, renumbered by `class_map` (K,)."""
        known = (self.classes >= 0) & (self.classes < classes)
        if class_map is None:
            return replace(self, valid=self.valid & known)
        known &= self.classes < len(class_map)
        renumbered = class_map[torch.where(known, self.classes, 0)]
        return replace(self, classes=renumbered, valid=self.valid & known)


@dataclass(frozen=True)
class Wanted:
    """What the network's output should be: values (B, K); one-hot rows for a classifier."""

    values: Tensor


_TRUTHS = {"boxes": Truths, "values": Wanted}


@dataclass(frozen=True)
class Owners:
    """Which cells of a head answer for which objects, E pairs of which `taken` (E,) count.

    cell (E,): number ((b*A + a)*H + y)*W + x, classes and tracks (E,) of the object. No cell
    counts twice: the last of its objects owns it.
    """

    taken: Tensor
    cell: Tensor
    classes: Tensor
    tracks: Tensor


@dataclass(frozen=True)
class HeadLoss:
    """One head's loss for one mini-batch, summed over its pictures.

    root: a scalar to call backward() on. parts: what is printed, by names that the family of the
    head chooses, in the order of the csv. watched: sums and counts of what is only looked at.
    delta, owners: of heads with Darknet's deltas, see `darkpy.heads.delta`. silent: another head of
    its group has the loss of both.
    """

    root: Tensor
    parts: Mapping[str, Tensor]
    watched: Mapping[str, Tensor] = field(default_factory=dict)
    delta: Tensor | None = None
    owners: Owners | None = None
    silent: bool = False

    @property
    def total(self) -> Tensor:
        """The parts added up in their order."""
        return reduce(torch.add, self.parts.values()) if self.parts else torch.zeros_like(self.root)


@dataclass(frozen=True)
class Moment:
    """How far the training is; some losses change on the way.

    seen: pictures trained on, this mini-batch included. iteration: of this step, from 1.
    goes_on: whether the sequences of the last mini-batch go on in this one. unit: what a delta
    of 1 is as a gradient, after all that losses are divided by and multiplied with.
    sharers: how many devices compute a part of this mini-batch each. together: adds up a tensor of
    each of them. earlier: the losses of this mini-batch at the heads before this one, by layer
    index.
    """

    seen: int = 0
    iteration: int = 1
    goes_on: bool = False
    unit: float | Tensor = 1.0
    sharers: int = 1
    together: Callable[[Tensor], Tensor] | None = None
    earlier: Mapping[int, HeadLoss] = field(default_factory=dict)

    def mean(self, amount: Tensor, count: Tensor) -> Tensor:
        """The mini-batch's amount a piece, from its sums; 0 where there is none.

        Where devices share a mini-batch, each gets its part of the mean of all of it.
        """
        if self.together is None:
            return amount / count.clamp(min=1)
        amount, count = self.together(torch.stack((amount, count.to(amount.dtype))))
        return amount / count.clamp(min=1) / self.sharers

    def everywhere(self, count: Tensor) -> Tensor:
        """The mini-batch's count, from that of this device's part of it."""
        return count if self.together is None else self.together(count)


class Head(Layer):
    """A layer with a loss of its own; later layers and `decode` get the output of `forward`.

    truth: the kind of truth its loss takes. rejection: the defences against bad labels, one for
    all heads of a network, or None where they are off; as in Darknet only [yolo] uses them.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.truth = _TRUTHS[plan.options.head.truth]
        self.rejection: Rejection | None = None

    def train_on(
        self, inputs: Sequence[Tensor], truths: Truths | Wanted, net_hw: Hw, moment: Moment
    ) -> tuple[Tensor, HeadLoss]:
        """All inputs of one mini-batch -> the output and the loss, both with their autograd.

        net_hw: height and width of the network's input, px.
        """
        output = self(*(values.float() for values in inputs))
        return output, self.loss(inputs, output, truths, net_hw, moment)

    def loss(
        self,
        inputs: Sequence[Tensor],
        output: Tensor,
        truths: Truths | Wanted,
        net_hw: Hw,
        moment: Moment,
    ) -> HeadLoss:
        """The loss from the inputs and the output of `forward`.

        truths: of the head's `truth` type.
        """
        raise NotImplementedError


class DetectingHead(Head):
    """A head that offers boxes."""

    suppression = Suppression()

    def decode(self, output: Tensor, net_hw: Hw) -> Candidates:
        """Output of `forward` -> boxes. net_hw: height and width of the network's input, px."""
        raise NotImplementedError

    def offered(self, output: Tensor, net_hw: Hw, thresh: float) -> BoxesAbove:
        """As `decode`, of the boxes above a threshold alone."""
        return self.decode(output, net_hw).above(thresh)
