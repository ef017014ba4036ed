"""[dropout]: in training, set a random share of the values, or of the blocks, to zero.

Against overfitting; nothing happens in inference. What is kept grows to make up for what is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan, Shape

_USUAL_BLOCK = 7  # parse_dropout(): where neither size is given


@SECTIONS("dropout")
@dataclass(frozen=True)
class Dropout(LayerOptions):
    """Keys of [dropout]; defaults from parse_dropout() in Darknet's src/parser.c."""

    probability: float = key(0.2, "share of the values set to zero", minimum=0, maximum=1)
    dropblock: bool = key(
        False, "1: whole squares are set to zero; their size and number grow with the training"
    )
    dropblock_size_rel: float = key(
        0.0, "dropblock=1: side of the square, share of the picture's", minimum=0, maximum=1
    )
    dropblock_size_abs: int = key(0, "dropblock=1: side of the square, px; default 7", minimum=0)

    def block(self, shape: Shape, grown: float) -> int:
        """Side of the square, px, when the training has grown it to a share of its final size."""
        sides = shape.w, shape.h
        if self.dropblock_size_abs or not self.dropblock_size_rel:
            side = min(self.dropblock_size_abs or _USUAL_BLOCK, *sides)
            wanted = [int(side * grown)] * 2
        else:
            wanted = [int(self.dropblock_size_rel * side * grown) for side in sides]
        return min(max(1, min(side, own)) for side, own in zip(wanted, sides, strict=True))

    def plan(self, place: Place) -> Plan:
        size = place.input.size
        self._check(place)
        if self.dropblock:
            block = self.block(place.input, 1.0)
            row = f"dropblock  p = {self.probability:.3f}  {block}x{block} px  "
        else:
            row = f"dropout    p = {self.probability:.3f}        "
        row = f"{row}{size:4d}  ->   {size:4d}"
        return place.plan(self, place.input, row=row, kept=size, passes_on=True)

    def _check(self, place: Place) -> None:
        side = self.dropblock_size_abs
        if side and self.dropblock_size_rel:
            place.warning(
                "dropblock_size_rel",
                f"dropblock_size_rel= is not used where dropblock_size_abs={side} is given",
            )
        least = min(place.input.w, place.input.h)
        if side > least:
            place.warning(
                "dropblock_size_abs",
                f"dropblock_size_abs={side} is larger than the layer's {place.input.w}x"
                f"{place.input.h} px; {least} is used",
            )
        if (side or self.dropblock_size_rel) and not self.dropblock:
            name = "dropblock_size_abs" if side else "dropblock_size_rel"
            place.warning(name, f"{name}= has no effect without dropblock=1")
