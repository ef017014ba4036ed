"""Sizes and ratios of [ssd] and [retina] that fit the boxes of a data set.

Every size and every ratio is moved up and down, one after the other, as long as that raises the
mean IoU of the boxes with their best anchor, in the place where it is, and the share of the boxes
that match_thresh= lets an anchor answer for. The number of anchors stays, and with it filters=.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.planning.scale_reach import apart, overlaps_beside
from darkpy.planning.scaled import ScaledHead, match_thresh

_MOST_BOXES = 3000  # that the search looks at
_FACTORS = (1.3, 1.14, 1.06, 1.03)  # of one move, coarse to fine
_ROUNDS = 8  # with each
_SMALL_INPUT = 64  # px of width below which sizes are written with a decimal


@dataclass(frozen=True, eq=False)
class Scales:
    """Sizes (S,) px of all maps, one after the other, and ratios (R,) that the maps share.

    A map that has fewer ratios takes the first of them.
    """

    sizes: np.ndarray
    ratios: np.ndarray


class ScaleKeys:
    """Which of the sizes and ratios belong to which head. heads: fine maps first."""

    def __init__(self, heads: Sequence[ScaledHead]) -> None:
        self.heads = heads
        chained = heads[0].chained
        counts = [len(head.sizes) for head in heads]
        starts = range(len(heads)) if chained else np.cumsum([0, *counts[:-1]])
        self.places = [
            list(range(begin, begin + count)) for begin, count in zip(starts, counts, strict=True)
        ]
        self.fixed_ratios = int(chained)  # the first one is a square whatever it says

    def present(self) -> Scales:
        """What the cfg says."""
        sizes = np.zeros(1 + max(map(max, self.places)))
        for head, places in zip(self.heads, self.places, strict=True):
            sizes[places] = head.sizes
        longest = max((head.plan.options.ratios for head in self.heads), key=len)
        return Scales(sizes, np.array(longest, dtype=np.float64))

    def spread(self, boxes: np.ndarray) -> Scales:
        """Sizes spread over those of the boxes (N, 4), with the ratios of the cfg."""
        present = self.present()
        sides = np.sqrt(boxes[:, 2] * boxes[:, 3])
        shares = (np.arange(len(present.sizes)) + 0.5) / len(present.sizes)
        return replace(present, sizes=np.maximum(np.quantile(sides, shares), 1))

    def keys(self, scales: Scales) -> Iterator[dict[str, tuple[float, ...]]]:
        """sizes= and ratios= of each head."""
        for head, places in zip(self.heads, self.places, strict=True):
            count = len(head.plan.options.ratios)
            yield {
                "sizes": tuple(scales.sizes[places].tolist()),
                "ratios": tuple(scales.ratios[:count].tolist()),
            }

    def shapes(self, scales: Scales) -> list[tuple[tuple[float, float], ...]]:
        """The anchors of each head."""
        each = zip(self.heads, self.keys(scales), strict=True)
        return [with_keys(head, keys).shapes for head, keys in each]


def fitting_scales(
    heads: Sequence[ScaledHead], boxes: np.ndarray, net_width: int
) -> list[ScaledHead]:
    """The heads with sizes= and ratios= for boxes (N, 4) cxcywh px, rounded as a cfg has them."""
    layout = ScaleKeys(heads)
    boxes = boxes[(boxes[:, 2:] > 0).all(axis=1)]
    boxes = boxes[:: max(1, -(-len(boxes) // _MOST_BOXES))]
    search = _Search(layout, boxes)
    found = [search.moved(start) for start in (layout.present(), layout.spread(boxes))]
    best = max(found, key=search.value)
    decimals = 0 if net_width >= _SMALL_INPUT else 1
    sizes, ratios = best.sizes.round(decimals), best.ratios.round(2)
    keys = layout.keys(Scales(sizes, ratios))
    return [with_keys(head, own) for head, own in zip(heads, keys, strict=True)]


def with_keys(head: ScaledHead, keys: dict[str, tuple[float, ...]]) -> ScaledHead:
    """The head with other sizes= and ratios=."""
    options = head.plan.options
    other = {"size": 0.0} if hasattr(options, "octaves") else {}
    options = replace(options, **keys, **other)
    return replace(head, plan=replace(head.plan, options=options), shapes=options.shapes)


class _Search:
    """Moves that bring anchors nearer to boxes (N, 4)."""

    def __init__(self, layout: ScaleKeys, boxes: np.ndarray) -> None:
        self.layout, self.boxes = layout, boxes
        self.apart = [apart(head, boxes) for head in layout.heads]
        self.thresh = match_thresh(layout.heads)

    def value(self, scales: Scales) -> float:
        best = np.zeros(len(self.boxes))
        for distances, shapes in zip(self.apart, self.layout.shapes(scales), strict=True):
            np.maximum(best, overlaps_beside(self.boxes, distances, shapes).max(axis=0), out=best)
        return float(best.mean() + (best >= self.thresh).mean())

    def moved(self, scales: Scales) -> Scales:
        value = self.value(scales)
        for factor in _FACTORS:
            for _ in range(_ROUNDS):
                before = value
                for move in self._moves(scales, factor):
                    changed = move(scales)
                    new = self.value(changed) if _rising(changed.sizes) else 0.0
                    if new > value:
                        scales, value = changed, new
                if value == before:
                    break
        return scales

    def _moves(self, scales: Scales, factor: float) -> Iterator:
        for step in (factor, 1 / factor):
            for at in range(len(scales.sizes)):
                yield lambda s, at=at, step=step: replace(s, sizes=_times(s.sizes, at, step))
            for at in range(self.layout.fixed_ratios, len(scales.ratios)):
                yield lambda s, at=at, step=step: replace(s, ratios=_times(s.ratios, at, step))


def _times(values: np.ndarray, at: int, factor: float) -> np.ndarray:
    changed = values.copy()
    changed[at] *= factor
    return changed


def _rising(sizes: np.ndarray) -> bool:
    return bool((np.diff(sizes) >= 0).all() and sizes[0] >= 1)
