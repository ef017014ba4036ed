"""[detection]: the detection head of YOLOv1.

The picture is cut into side*side cells; each gives num= boxes and one set of classes. The layer
before is a [connected] or [local] with side*side*((coords+1)*num+classes) outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.anchored import DetectingOptions
from darkpy.sections.base import SECTIONS, Place, Plan

COORDS = 4  # what Darknet's loss and boxes take, whatever coords= says


@SECTIONS("detection")
@dataclass(frozen=True)
class Detection(DetectingOptions):
    """Keys of [detection]; defaults from parse_detection() in Darknet's src/parser.c."""

    coords: int = key(1, "coordinates of a box; 4 in every real net", minimum=1, maximum=4)
    classes: int = key(1, "number of classes", minimum=1, maximum=100_000)
    rescore: bool = key(
        False, "1: the objectness of a box is trained towards its IoU with the object, not 1"
    )
    num: int = key(1, "boxes that each cell offers", minimum=1, maximum=1000)
    side: int = key(7, "cells along each side of the picture", minimum=1, maximum=1000)
    softmax: bool = key(False, "1: the classes of a cell exclude each other and add up to 1")
    sqrt: bool = key(
        False, "1: the root of width and height is trained, so that small boxes count as much"
    )
    forced: bool = key(
        False,
        "1: objects below a tenth of the picture train the cell's second box, others the first",
    )
    coord_scale: float = key(1.0, "weight of the box loss")
    object_scale: float = key(1.0, "weight of the objectness loss where there is an object")
    noobject_scale: float = key(1.0, "weight of the objectness loss where there is none")
    class_scale: float = key(1.0, "weight of the class loss")
    reorg: bool = key(False, "another order of the values", inert="Darknet only reads it")

    def plan(self, place: Place) -> Plan:
        if self.coords != COORDS:
            place.error("coords", f"coords={self.coords} is no box; coords={COORDS} is right")
        cells = self.side**2
        wanted = cells * ((1 + self.coords) * self.num + self.classes)
        if place.input.size != wanted:
            before = place.earlier[-1].section if place.earlier else place.section
            keys = (
                f"side={self.side}, classes={self.classes}, coords={self.coords} and num={self.num}"
            )
            place.findings.error(
                before.source,
                before.line_of("output"),
                f"[detection] (line {place.section.line}) with {keys} needs {wanted} values from "
                f"the layer before it, which gives {place.input.size}"
                + (f"; output={wanted} is right" if "output" in before.entries else ""),
                before.fix("output", wanted) if "output" in before.entries else None,
            )
        return place.plan(self, place.input, row="Detection Layer")
