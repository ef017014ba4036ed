"""Which anchors the heads of a cfg have, and how new ones are spread over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.errors import UsageError, number_of
from darkpy.planning.heads import in_cells
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan

# Where the number of anchors changes: a head gets those whose side, the root of the area, is below
# so many of its strides. 30 px at stride 8 and 60 px at stride 16 is AlexeyAB's advice (README).
_SIDE_IN_STRIDES = 4


@dataclass(frozen=True)
class AnchoredHead:
    """A head with anchors. wh: (A, 2) px, those of its mask. stride: px of a cell's width."""

    plan: Plan
    before: Plan
    wh: np.ndarray
    stride: float

    @property
    def in_cells(self) -> bool:
        """Whether its cfg line gives the anchors in cells."""
        return in_cells(self.plan)


def anchored_heads(network: NetworkPlan) -> list[AnchoredHead]:
    """The heads of a cfg that have anchors, in the order of the file."""
    return [_head(network, plan) for plan in network.anchored if plan.index > 0]


def present_anchors(heads: Sequence[AnchoredHead]) -> np.ndarray:
    """All anchors in use, (A, 2) px, each once, smallest area first."""
    if not heads:
        return np.empty((0, 2))
    wh = np.unique(np.concatenate([head.wh for head in heads]), axis=0)
    return wh[np.argsort(wh.prod(axis=1), kind="stable")]


def spread(wh: np.ndarray, heads: Sequence[AnchoredHead]) -> list[tuple[int, ...]]:
    """The mask of each head for anchors (A, 2) px that stand smallest first.

    Small anchors go to small strides. As many anchors as before keep the heads' shares, so that
    filters= stays; another number is shared out by size, at least one a head. UsageError if there
    are fewer anchors than heads.
    """
    order = np.argsort([head.stride for head in heads], kind="stable")
    shares = np.array([len(heads[i].wh) for i in order])
    if shares.sum() == len(wh):
        ends = np.cumsum(shares)
    else:
        ends = _ends_by_size(wh, [heads[i].stride for i in order])
    masks: list[tuple[int, ...]] = [()] * len(heads)
    for i, begin, end in zip(order, (0, *ends), ends, strict=False):
        masks[i] = tuple(range(begin, end))
    return masks


def anchor_lines(wh: np.ndarray, heads: Sequence[AnchoredHead]) -> Iterator[str]:
    """What to write into the cfg for anchors (A, 2) px, smallest first, with its line numbers."""
    for head, mask in zip(heads, spread(wh, heads), strict=True):
        section, before = head.plan.section, head.before.section
        key = "output" if "output" in before.entries else "filters"
        old, own = head.before.out.c, len(head.wh)
        new = old // own * len(mask)
        changed = "" if new == old else f"     (was {old})"
        yield f"# line {before.line_of(key)}, [{before.kind}]"
        yield f"{key}={new}{changed}"
        yield f"# line {section.line}, [{section.kind}]"
        if not head.in_cells:
            yield f"mask={','.join(map(str, mask))}"
            yield f"anchors={written(wh)}"
            yield f"num={len(wh)}"
        else:
            yield f"anchors={written(wh[list(mask)] / head.stride, whole=False)}"
            yield f"num={len(mask)}"


def written(wh: np.ndarray, *, whole: bool = True) -> str:
    """Anchors as Darknet writes them: whole pixels, or four decimals where the unit is a cell."""
    if whole:
        return ", ".join(f"{w:3.0f},{h:3.0f}" for w, h in wh)
    return ", ".join(f"{w:2.4f},{h:2.4f}" for w, h in wh)


def _head(network: NetworkPlan, plan: Plan) -> AnchoredHead:
    options = plan.options
    stride = network.input.w / plan.out.w
    given = np.array(options.all_anchors).reshape(-1, 2)
    if in_cells(plan):
        wh = given * stride
    else:
        wh = given[list(options.own_mask)]
    return AnchoredHead(plan, network.layers[plan.index - 1], wh, stride)


def _ends_by_size(wh: np.ndarray, strides: Sequence[float]) -> np.ndarray:
    """Where the anchors of each head end, heads by stride, at least one anchor each."""
    count = len(strides)
    if len(wh) < count:
        raise UsageError(
            f"{number_of(len(wh), 'anchors')} for {count} heads: give -num_of_clusters {count} or "
            "more"
        )
    sides = np.sqrt(wh.prod(axis=1))
    ends = np.searchsorted(sides, _SIDE_IN_STRIDES * np.array(strides))
    ends[-1] = len(wh)
    number = np.arange(count)
    # At least one for each head before, and for each head after.
    ends = np.minimum(ends, len(wh) - (count - 1 - number))
    return np.maximum.accumulate(np.maximum(ends, number + 1) - number) + number
