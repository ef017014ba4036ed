"""What a head offers: boxes with probabilities, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """Boxes that a head offers for each picture.

    boxes (B, N, 4) cxcywh in the unit square of the network's input, objectness (B, N),
    probs (B, N, K) of the classes given an object.
    """

    boxes: Tensor
    objectness: Tensor
    probs: Tensor

    def above(self, thresh: float) -> BoxesAbove:
        """Those whose objectness is above a threshold."""
        picture, number = (self.objectness > thresh).nonzero(as_tuple=True)
        return BoxesAbove(
            count=self.objectness.shape[1],
            picture=picture,
            number=number,
            boxes=self.boxes[picture, number],
            objectness=self.objectness[picture, number],
            probs=self.probs[picture, number],
            finite=self.objectness.isfinite().all(),
        )


@dataclass(frozen=True)
class BoxesAbove:
    """R boxes of a mini-batch whose objectness is above a threshold, picture by picture.

    picture and number (R,) int64: of which picture, and which of its `count` boxes. boxes (R, 4),
    objectness (R,), probs (R, K) as in `Candidates`. finite (): whether the objectness of all
    boxes, those below the threshold as well, is a number.
    """

    count: int
    picture: Tensor
    number: Tensor
    boxes: Tensor
    objectness: Tensor
    probs: Tensor
    finite: Tensor

    @classmethod
    def joined(cls, parts: Sequence[BoxesAbove]) -> BoxesAbove:
        """Those of several heads as one, within a picture in the order of the heads."""
        if len(parts) == 1:
            return parts[0]
        picture = torch.cat([part.picture for part in parts])
        order = picture.argsort(stable=True)
        before = [sum(part.count for part in parts[:at]) for at in range(len(parts))]
        number = [part.number + first for part, first in zip(parts, before, strict=True)]
        columns = {
            name: torch.cat([getattr(part, name) for part in parts])[order]
            for name in ("boxes", "objectness", "probs")
        }
        return cls(
            count=sum(part.count for part in parts),
            picture=picture[order],
            number=torch.cat(number)[order],
            **columns,
            finite=torch.stack([part.finite for part in parts]).all(),
        )


@dataclass(frozen=True)
class Suppression:
    """What becomes of the boxes that a head offers; the last head's counts for all.

    A candidate is a box with a probability above 0 for a class. kind, beta: nms_kind=, beta_nms=.
    threshold: the overlap that is too much, None: what each of Darknet's verbs has. least: no
    candidate has a smaller probability. compared: the likeliest so many candidates of a picture, or
    (by_class) of each of its classes, are all there are; 0: no limit. kept: so many remain of a
    picture at the most; 0: no limit.
    """

    kind: str = "default"
    beta: float = 0.6
    threshold: float | None = None
    least: float = 0.0
    compared: int = 0
    by_class: bool = False
    kept: int = 0
