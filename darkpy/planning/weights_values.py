"""Values of a weights file that cannot be right, counted layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from darkpy.planning.weights_file import Held, named
from darkpy.sections.base import Plan

LARGEST = 1e15  # its square times a large layer's inputs is near the end of float32
_SHOWN = 3  # layers that are described; of the others only how many there are


@dataclass(frozen=True)
class Fault:
    """So many values of a layer that are wrong in one way. words: what they are."""

    layer: Plan
    count: int
    words: str


def faults(values: np.ndarray, layers: Iterable[Held]) -> Iterator[Fault]:
    """What no training gives: values that are not finite or absurdly large, variances below 0.

    values: all float32 values of the file.
    """
    for held in layers:
        own = values[held.start : held.end]
        if _may_be_wrong(own):
            yield from _wrong(own, held)
        elif own.size:
            yield from _negative(own, held)


def _may_be_wrong(own: np.ndarray) -> bool:
    """One quick pass, in which NaN counts as wrong too."""
    return own.size > 0 and not (own.max() <= LARGEST and own.min() >= -LARGEST)


def _wrong(own: np.ndarray, held: Held) -> Iterator[Fault]:
    finite = np.isfinite(own)
    if lost := int(own.size - np.count_nonzero(finite)):
        yield Fault(held.layer, lost, "not finite")
    large = own[finite & (np.abs(own) > LARGEST)]
    if large.size:
        yield Fault(held.layer, large.size, f"as large as {np.abs(large).max():.1g}")
    yield from _negative(own, held)


def _negative(own: np.ndarray, held: Held) -> Iterator[Fault]:
    begun = 0
    for array in held.arrays:
        part = own[begun : begun + array.size]
        begun += array.size
        is_variance = array.name.rpartition(".")[2] == "rolling_variance"
        if is_variance and (negative := int(np.count_nonzero(part < 0))):
            yield Fault(held.layer, negative, "variances below 0")


def described(found: list[Fault]) -> str:
    """`4 of 96 values of layer 3 [convolutional] (my.cfg:20) are not finite; ...`."""
    said = [
        f"{fault.count} of {fault.layer.weights} values of layer {named(fault.layer)} "
        f"{'is' if fault.count == 1 else 'are'} {fault.words}"
        for fault in found[:_SHOWN]
    ]
    others = len({fault.layer.index for fault in found[_SHOWN:]})
    if others:
        said.append(f"so it is in {others} more layer{'' if others == 1 else 's'}")
    return f"{'; '.join(said)}: its training diverged, or the file is damaged"
