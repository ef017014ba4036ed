"""Suppression on a processor: class by class, box by box.

Which boxes of a picture are alike does not depend on the class, so it is found once. Then the
candidates of a class are walked through, the likeliest first: one that is not silenced yet stays
and silences its like. That is one look at a byte for most of them. Where few are alike, `rounds` is
quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import xyxy_from_cxcywh
from darkpy.inference.rounds import suppressed_in_rounds

Overlap = Callable[[Tensor, Tensor], Tensor]  # (E, 4), (E, 4) cxcywh -> (E,), IoU at the most

_PAIRS = 2**18  # whose overlap is computed in one go: they stay in the processor's cache
_LOOKS = 2**19  # at pairs that may be close, in one go
_FEW = 4  # pairs that are alike, a box: with more the walk is quicker
_EXACT = 1e-3  # more than rounding can do to what is compared here


def suppressed_in_turn(
    boxes: Tensor, probs: Tensor, pictures: Tensor, overlap: Overlap, threshold: float
) -> Tensor:
    """Probabilities (N, K) with those of suppressed boxes set to 0; boxes (N, 4), pictures (N,)."""
    one, other = (part.numpy() for part in _alike(boxes, pictures, overlap, threshold))
    if len(one) <= _FEW * len(boxes):
        left = suppressed_in_rounds(probs.numpy(), one, other)
        if left is not None:
            return torch.from_numpy(left)
    begin, others = neighbours(one, other, len(boxes))
    social = torch.from_numpy(np.flatnonzero(np.diff(begin)))
    result = probs.clone()  # of boxes like no other
    if len(social):
        result[social] = 0
        rows, classes = _walked(probs[social], social, begin.tolist(), others)
        result[rows, classes] = probs[rows, classes]
    return result


def _walked(
    probs: Tensor, numbers: Tensor, begin: list[int], others: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Boxes (E,) and classes (E,) that stay of boxes `numbers` (N,) with probs (N, K)."""
    order = numbers[probs.T.argsort(dim=1, descending=True, stable=True)]
    counts = (probs > 0).sum(dim=0).tolist()
    silenced = bytearray(len(begin) - 1)
    marks = np.frombuffer(silenced, dtype=np.uint8)
    kept: list[int] = []
    stays = []
    for rows, count in zip(order, counts, strict=True):
        before = len(kept)
        for row in rows[:count].tolist():
            if not silenced[row]:
                kept.append(row)
                marks[others[begin[row] : begin[row + 1]]] = 1
        stays.append(len(kept) - before)
        marks.fill(0)
    classes = torch.arange(len(counts)).repeat_interleave(torch.tensor(stays))
    return torch.tensor(kept, dtype=torch.long), classes


def neighbours(one: np.ndarray, other: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs (E,), (E,) of `count` boxes that are alike, box by box its like.

    The numbers of the others that are like box n are others[begin[n] : begin[n + 1]].
    """
    one, other = np.concatenate((one, other)), np.concatenate((other, one))
    begin = np.bincount(one + 1, minlength=count + 1).cumsum()
    return begin, other[one.argsort(kind="stable")]


def _alike(
    boxes: Tensor, pictures: Tensor, overlap: Overlap, threshold: float
) -> tuple[Tensor, Tensor]:
    """Pairs (E,), (E,) of boxes (N, 4) of a picture that overlap by more than the threshold, each
    pair once.

    The boxes of a picture are sorted by what the others must have in common with them along x. So
    those that want more than all of a box's own width come behind it, and need no look.
    """
    least = _least_shared(boxes, threshold)
    order = least[0].argsort()
    order = order[pictures[order].argsort(stable=True)]
    low_high, least = xyxy_from_cxcywh(boxes)[order].T.contiguous(), least[:, order].contiguous()
    columns = boxes[order].T.contiguous()
    ones, others = [order[:0]], [order[:0]]
    for one, other in _gathered(_close_in_each(low_high, least, pictures[order]), _PAIRS):
        alike = overlap(columns[:, one].T, columns[:, other].T) > threshold
        ones.append(one[alike])
        others.append(other[alike])
    return order[torch.cat(ones)], order[torch.cat(others)]


def _close_in_each(
    low_high: Tensor, least: Tensor, pictures: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """What `_close` gives of each picture; the boxes of one picture lie together."""
    first = 0
    for count in pictures.unique_consecutive(return_counts=True)[1].tolist():
        own = slice(first, first + count)
        for one, other in _close(low_high[:, own], least[:, own]):
            yield torch.from_numpy(one + first), torch.from_numpy(other + first)
        first += count


def _close(low_high: Tensor, least: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs of boxes, low_high (4, N), that have at least along both axes what they need, (2, N).

    The boxes rise in what they need along x. Torch is quick where one number meets many, numpy
    in comparing.
    """
    count, widths = low_high.shape[1], (low_high[2] - low_high[0]).numpy()
    (need_x, need_y), x, y = least, low_high[0::2], low_high[1::2]
    step = max(1, _LOOKS // max(1, count))
    room = torch.empty(2, min(step, count) * count)
    for start in range(0, count, step):
        own = slice(start, min(start + step, count))
        stop = int(np.searchsorted(need_x.numpy(), widths[own].max()))
        rest = slice(start, max(start, stop))
        rows, columns = own.stop - start, rest.stop - start
        table = room[:, : rows * columns].view(2, rows, columns)
        close = _shared(x, own, rest, table) > need_x[rest].numpy()
        shared = _shared(y, own, rest, table)
        both = torch.maximum(need_y[own, None], need_y[rest], out=table[1]).numpy()
        close &= shared > both
        one, other = np.divmod(np.flatnonzero(close), max(1, columns))
        later = one < other
        yield one[later] + start, other[later] + start


def _gathered(pairs: Iterable[tuple[Tensor, Tensor]], most: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The pairs in few portions: each ends as soon as it has `most` of them."""
    waiting: list[tuple[Tensor, Tensor]] = []
    count = 0
    for pair in pairs:
        waiting.append(pair)
        count += len(pair[0])
        if count >= most:
            yield _joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    ones, others = zip(*pairs, strict=True)
    return torch.cat(ones), torch.cat(others)


def _shared(low_high: Tensor, own: slice, rest: slice, table: Tensor) -> np.ndarray:
    """What spans `own` of (2, N) have in common with spans `rest`, below 0 where they are apart;
    in table[0], (2, own, rest).
    """
    low, high = low_high
    torch.minimum(high[own, None], high[rest], out=table[0])
    torch.maximum(low[own, None], low[rest], out=table[1])
    shared, other = table.numpy()
    return np.subtract(shared, other, out=shared)


def _least_shared(boxes: Tensor, threshold: float) -> Tensor:
    """What a box (N, 4) must at least have in common with one like it, along x and y, (2, N).

    I / U > t says that I > t (A - I), so I > t / (1 + t) A for either box's area A = w h; and as
    I is at most the shared width times h, that width is above t / (1 + t) w. Where rounding has
    not made h other than the difference of the box's edges, U is at least A and t itself will do.
    """
    size, edges = boxes[:, 2:], xyxy_from_cxcywh(boxes)
    spans = edges[:, 2:] - edges[:, :2]
    plain = bool((spans <= size * (1 + _EXACT / 10)).all())
    share = threshold if plain else threshold / (1 + threshold)
    rounded = (size / spans).clamp(max=1).flip(1)
    return (share * (1 - _EXACT) * size * rounded).nan_to_num_(0.0).clamp_(min=0).T.contiguous()
