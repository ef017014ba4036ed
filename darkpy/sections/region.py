"""[region]: the detection head of YOLOv2 and YOLO9000."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.filters import check_filters
from darkpy.sections.tree import check_tree

OBJECTIVES = ("alexeyab", "pjreddie")


@SECTIONS("region")
@dataclass(frozen=True)
class Region(LayerOptions):
    """Keys of [region]; defaults from parse_region() in Darknet's src/parser.c."""

    coords: int = key(4, "coordinates of a box", minimum=4, maximum=4)
    classes: int = key(20, "number of classes", minimum=1, maximum=100_000)
    num: int = key(1, "number of anchors in anchors=", minimum=1, maximum=1000)
    anchors: tuple[float, ...] = key(
        (), "width, height of each anchor, cells of the last layer; missing ones are .5", minimum=0
    )
    max: int = key(200, "objects of a picture that are trained on", minimum=1)
    log: bool = key(False, "train the logarithm of the size", inert="Darknet reads it only")
    sqrt: bool = key(False, "train the root of the size", inert="Darknet reads it only")
    softmax: bool = key(False, "classes exclude each other")
    focal_loss: bool = key(False, "classes are trained with the focal loss")
    jitter: float = key(0.2, "largest crop or margin at each side, share of it", minimum=0)
    resize: float = key(1.0, "largest zoom", minimum=0)
    rescore: bool = key(False, "objectness is trained towards the IoU")
    thresh: float = key(0.5, "IoU above which a stray prediction is not punished")
    classfix: int = key(
        0,
        "classes without a box: 1 train the best cell, 2 by its objectness, -1 leave weak ones",
    )
    absolute: bool = key(False, "coordinates of the whole picture", inert="Darknet reads it only")
    random: float = key(0.0, "random input sizes: 0 off, 1 a factor of 1.4, else the factor")
    coord_scale: float = key(1.0, "weight of the box loss")
    object_scale: float = key(1.0, "weight of the objectness where there is an object")
    noobject_scale: float = key(1.0, "weight of the objectness where there is none")
    mask_scale: float = key(1.0, "weight of a mask", inert="Darknet reads it only")
    class_scale: float = key(1.0, "weight of the class loss")
    bias_match: bool = key(False, "the anchor is chosen by the shapes of the anchors alone")
    tree: str = key("", "file of a tree of classes")
    map: str = key("", "file that renumbers the classes")
    objective: str = key(
        "alexeyab",
        "darkpy's own: whose loss; pjreddie's leaves the logistic slope out of x, y and the "
        "objectness and weighs small boxes more",
        choices=OBJECTIVES,
    )

    def plan(self, place: Place) -> Plan:
        wanted = self.num * (self.coords + 1 + self.classes)
        check_filters(place, wanted, f"classes={self.classes} and num={self.num}")
        if len(self.anchors) < 2 * self.num:
            place.warning(
                "anchors",
                f"num={self.num} needs {2 * self.num} numbers in anchors=, there are "
                f"{len(self.anchors)}; the missing ones are .5",
            )
        check_tree(place, self.tree, self.classes)
        return place.plan(self, place.input, row="detection")
