"""[region]: the detection head of YOLOv2 and YOLO9000.

Each cell of the layer before offers num= boxes: x, y, w, h, an objectness and a number for each
class. The layer before is a [convolutional] with size=1, activation=linear and
filters=num*(classes+5).
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.anchored import DetectingOptions, check_anchor_count, filled_anchors
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.filters import check_filters
from darkpy.sections.focal import alpha_key, focal_loss_key, gamma_key
from darkpy.sections.head import HeadFacts
from darkpy.sections.tree import check_tree

OBJECTIVES = ("alexeyab", "pjreddie")
_READ_ONLY = "Darknet reads it and does nothing with it"


@SECTIONS("region")
@dataclass(frozen=True)
class Region(DetectingOptions):
    """Keys of [region]; defaults from parse_region() in Darknet's src/parser.c."""

    head = HeadFacts(detects=True, anchors="cells")

    coords: int = key(4, "coordinates of a box", minimum=4, maximum=4)
    classes: int = key(
        20,
        "number of classes",
        minimum=1,
        maximum=100_000,
        note="Changing it changes filters= of the [convolutional] before the head.",
    )
    num: int = key(1, "number of anchors in anchors=", minimum=1, maximum=1000)
    anchors: tuple[float, ...] = key(
        (),
        "the typical boxes that predictions start from: width, height of each, in cells of the "
        "last layer (usually 32 px); missing ones are .5",
        minimum=0,
    )
    log: bool = key(False, "train the logarithm of the size", inert=_READ_ONLY)
    sqrt: bool = key(False, "train the root of the size", inert=_READ_ONLY)
    softmax: bool = key(False, "1: the classes of a box exclude each other and add up to 1")
    focal_loss: bool = focal_loss_key()
    alpha: float | None = alpha_key()
    gamma: float | None = gamma_key()
    rescore: bool = key(
        False, "1: the objectness of a box is trained towards its IoU with the object, not 1"
    )
    thresh: float = key(
        0.5,
        "IoU with some object above which a prediction that is nobody's is left alone, not "
        "trained towards 'no object'",
    )
    classfix: int = key(
        0,
        "predictions that are nobody's but overlap an object more than thresh=: 1 trains their "
        "classes too, 2 also but weighted by their objectness; -1 trains the objectness of all "
        "towards their best IoU and hides boxes whose objectness is below .5",
    )
    absolute: bool = key(False, "coordinates of the whole picture", inert=_READ_ONLY)
    coord_scale: float = key(1.0, "weight of the box loss")
    object_scale: float = key(1.0, "weight of the objectness loss where there is an object")
    noobject_scale: float = key(1.0, "weight of the objectness loss where there is none")
    mask_scale: float = key(1.0, "weight of a mask", inert=_READ_ONLY)
    class_scale: float = key(1.0, "weight of the class loss")
    bias_match: bool = key(
        False, "1: an object's anchor is the one of the most similar shape, not the best prediction"
    )
    tree: str = key(
        "", "file of a tree of classes, `name parent` a line, as YOLO9000 has it: see [softmax]"
    )
    map: str = key("", "file that renumbers the classes, a number a line")
    objective: str = key(
        "alexeyab",
        "darkpy's own: whose loss; pjreddie's leaves the logistic slope out of x, y and the "
        "objectness and weighs small boxes more",
        choices=OBJECTIVES,
    )

    @property
    def all_anchors(self) -> tuple[float, ...]:
        """Width, height of all anchors, cells."""
        return filled_anchors(self.anchors, self.num)

    @property
    def wanted_filters(self) -> int:
        """Channels that the layer before must have."""
        return self.num * (self.coords + 1 + self.classes)

    def plan(self, place: Place) -> Plan:
        check_filters(place, self.wanted_filters, f"classes={self.classes} and num={self.num}")
        check_anchor_count(place, self.anchors, self.num)
        check_tree(place, self.tree, self.classes)
        self._check_focal(place)
        return place.plan(self, place.input, row="detection")

    def _check_focal(self, place: Place) -> None:
        """The paper's form needs probabilities; the groups of a tree have a loss of their own."""
        given = next((name for name in ("alpha", "gamma") if getattr(self, name) is not None), "")
        if self.focal_loss and given and (self.tree or not self.softmax):
            place.error(given, f"{given}= needs softmax=1 and no tree=")
