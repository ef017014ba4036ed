"""[softmax]: probabilities that add up to 1, and the loss of classifiers.

The end of a classifier.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.head import HeadFacts
from darkpy.sections.tree import check_tree


@SECTIONS("softmax", "soft")
@dataclass(frozen=True)
class Softmax(LayerOptions):
    """Keys of [softmax]; defaults from parse_softmax() in Darknet's src/parser.c."""

    head = HeadFacts(truth="values")

    groups: int = key(
        1, "the values are cut into so many groups, each with its own softmax", minimum=1
    )
    temperature: float = key(1.0, "divides the values first: above 1 the result is flatter")
    tree: str = key("", "file of a tree of classes: a softmax over the children of each parent")
    spatial: bool = key(False, "1: a softmax over the channels of each pixel, at temperature 1")
    noloss: bool = key(False, "1: no loss: nothing is trained here")

    def plan(self, place: Place) -> Plan:
        size = place.input.size
        if size % self.groups:
            place.error("groups", f"groups={self.groups} does not divide the {size} inputs")
        if self.temperature == 0:
            place.error("temperature", "temperature=0 would divide by zero")
        check_tree(place, self.tree, size)
        row = f"softmax                                        {size:4d}"
        return place.plan(self, place.input, row=row)
