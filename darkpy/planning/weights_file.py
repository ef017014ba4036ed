"""Where each layer's values stand in a weights file, and where in the network the file ends.

After the header come float32 values, layer by layer, each layer's arrays in the order of its plan:
load_weights_upto() in Darknet's src/parser.c. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from darkpy.errors import place
from darkpy.sections.base import FLOAT_BYTES, Array, Plan


@dataclass(frozen=True)
class Held:
    """The arrays of one layer that the file holds. start: number of their first value."""

    layer: Plan
    arrays: tuple[Array, ...]
    start: int

    @property
    def count(self) -> int:
        """Values of all the arrays."""
        return sum(array.size for array in self.arrays)

    @property
    def end(self) -> int:
        return self.start + self.count


@dataclass(frozen=True)
class FileLayout:
    """What a file with `available` values holds of each layer of a network.

    whole: it holds even what dontload= and dontloadscales= leave out, as files do that this network
    was saved to.
    """

    layers: tuple[Held, ...]
    available: int
    whole: bool

    @property
    def count(self) -> int:
        """Values that a file for the layers holds."""
        return self.layers[-1].end if self.layers else 0

    @property
    def unfilled(self) -> Held | None:
        """The first layer that the file does not hold all values of."""
        return next((held for held in self.layers if held.end > self.available), None)

    @property
    def cut(self) -> Held | None:
        """The layer in the middle of which the file ends."""
        held = self.unfilled
        return held if held is not None and held.start < self.available else None

    @property
    def reached(self) -> int:
        """So many layers, from the first on, the file holds."""
        held = self.unfilled
        return len(self.layers) if held is None else held.layer.index


def layout(layers: Sequence[Plan], available: int) -> FileLayout:
    """The walk over a file: which values are whose. available: float32 values in it."""
    whole = available == sum(layer.weights for layer in layers)
    held: list[Held] = []
    start = 0
    for layer in layers:
        held.append(Held(layer, layer.arrays if whole else layer.loaded, start))
        start = held[-1].end
    return FileLayout(tuple(held), available, whole)


def ends_inside(held: Held, missing: int, short: str = "short") -> str:
    """`ends inside layer 3 [convolutional] (my.cfg:20), 16 bytes short`. missing: values."""
    return f"ends inside layer {named(held.layer)}, {FLOAT_BYTES * missing} bytes {short}"


def named(layer: Plan) -> str:
    """`3 [convolutional] (my.cfg:20)`."""
    return f"{layer.index} [{layer.kind}] ({place(layer.section.source, layer.section.line)})"


def total(layers: Iterable[Held]) -> int:
    """Values of several layers."""
    return sum(held.count for held in layers)
