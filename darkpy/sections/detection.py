"""[detection]: the detection head of YOLOv1."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan


@SECTIONS("detection")
@dataclass(frozen=True)
class Detection(LayerOptions):
    """Keys of [detection]; defaults from parse_detection() in Darknet's src/parser.c."""

    coords: int = key(1, "coordinates of a box", minimum=1, maximum=4)
    classes: int = key(1, "number of classes", minimum=1, maximum=100_000)
    rescore: bool = key(False, "objectness is trained towards the IoU")
    num: int = key(1, "boxes of a cell", minimum=1, maximum=1000)
    side: int = key(7, "cells along each side", minimum=1, maximum=1000)
    softmax: bool = key(False, "classes exclude each other")
    sqrt: bool = key(False, "the root of the size is trained")
    max: int = key(200, "objects of a picture that are trained on", minimum=1)
    forced: bool = key(False, "the box is chosen by the size of the object")
    coord_scale: float = key(1.0, "weight of the box loss")
    object_scale: float = key(1.0, "weight of the objectness where there is an object")
    noobject_scale: float = key(1.0, "weight of the objectness where there is none")
    class_scale: float = key(1.0, "weight of the class loss")
    jitter: float = key(0.2, "largest crop or margin at each side, share of it", minimum=0)
    resize: float = key(1.0, "largest zoom", minimum=0)
    random: float = key(0.0, "random input sizes: 0 off, 1 a factor of 1.4, else the factor")
    reorg: bool = key(False, "another order of the values", inert="Darknet reads it only")

    def plan(self, place: Place) -> Plan:
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
