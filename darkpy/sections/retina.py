"""[retina]: the detection head of RetinaNet, arXiv:1708.02002; darkpy's own.

Each level that boxes are found on has a [retina]; all with the same group= are one detector. Of
each anchor of each cell it reads a score for every class, none for a background, and x, y, w, h.
layout=anchor reads them from one [convolutional] with activation=linear and
filters=num*(classes+4), the box first; layout=split from a [route] of two, all scores first. num
is the number of sizes times that of ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.filters import check_filters
from darkpy.sections.scales import COORDS, ScaleOptions

_BOX_LOSSES = ("l1", "smooth", "giou", "ciou")
_SMOOTH_KNEE = 0.11  # of box_loss=smooth without a number; detectron's 1/9


@SECTIONS("retina")
@dataclass(frozen=True)
class Retina(ScaleOptions):
    """Keys of [retina]; defaults are the paper's, and torchvision's where that says nothing."""

    own: ClassVar[frozenset[str]] = frozenset({"sizes", "size"})
    order: ClassVar[str] = "xywh"
    clip_boxes: ClassVar[bool] = True

    classes: int = key(
        80,
        "number of classes",
        minimum=1,
        maximum=100_000,
        note="Changing it changes filters= of the [convolutional] with the scores.",
    )
    layout: str = key(
        "anchor",
        "anchor: the outputs of an anchor stand together, the box first; split: the scores of all "
        "anchors, then the boxes of all, from a [route] of two convolutions",
        choices=("anchor", "split"),
    )
    sizes: tuple[float, ...] = key(
        (),
        "root of the area of this level's anchors, px of the network's input: usually four times "
        "the pixels between its cells, and that by 1.26 and 1.59",
        minimum=0,
    )
    size: float = key(
        0.0, "the first of octaves= sizes, in place of sizes=", minimum=0, maximum=100_000
    )
    octaves: int = key(
        3, "beside size=: so many sizes up to twice it, each the same factor larger", minimum=1
    )
    ratios: tuple[float, ...] = key(
        (0.5, 1.0, 2.0), "shapes of the anchors; every size has each of them", minimum=0
    )
    ratio: str = key(
        "hw",
        "what ratios= are: hw height over width, wh width over height",
        choices=("hw", "wh"),
    )
    rounded: bool = key(
        True,
        "1: size= by octaves= is cut to whole pixels, and so are half the sides of anchors, as in "
        "torchvision; 0: as they come, as in detectron",
    )
    offset: float = key(0.0, "where in its cell an anchor's centre is, in cells")
    variance: tuple[float, ...] = key(
        (1.0, 1.0, 1.0, 1.0),
        "what the four box outputs are multiplied by: x, y, w, h",
        minimum=0,
    )
    alpha: float = key(
        0.25,
        "focal loss: weight a of a class that is there, those that are not have 1-a",
        minimum=0,
        maximum=1,
    )
    gamma: float = key(
        2.0,
        "focal loss: how fast what is answered well stops to count, (1-p)^gamma; 0 is the "
        "cross-entropy",
        minimum=0,
    )
    prior: float = key(
        0.01,
        "the probability of every class before any training, by the biases of the scores: nearly "
        "all anchors show nothing, and would else be all that the first steps learn; 0: as they "
        "begin otherwise",
        minimum=0,
        maximum=0.999999,
    )
    match_thresh: float = key(
        0.5, "IoU from which on an anchor answers for an object", minimum=0, maximum=1
    )
    ignore_thresh: float = key(
        0.4,
        "IoU below which an anchor is trained towards nothing; between the two it is asked nothing",
        minimum=0,
        maximum=1,
    )
    forced: bool = key(
        True,
        "1: an object's best anchors, all that are alike, answer for what they overlap most, "
        "however little that is",
    )
    box_loss: str = key(
        "l1",
        "how boxes are trained: l1 by the differences of the four outputs, smooth:.11 by their "
        "squares below a difference of .11; giou and ciou by the overlap as a whole",
        note="l1 is torchvision's weights version 1, giou its version 2.",
    )
    box_weight: float = key(1.0, "weight of the box loss beside that of the classes", minimum=0)
    normalize: str = key(
        "image",
        "the loss is divided by the anchors that answer for an object: image, those of each "
        "picture; batch, those of the whole mini-batch",
        choices=("image", "batch"),
        note="With subdivisions= above 1 the whole is a mini-batch, not the batch.",
    )
    thresh: float = key(
        0.05, "the least probability of what is offered at all", minimum=0, maximum=1
    )
    pre_nms: int = key(
        1000,
        "the likeliest so many of a picture, a box and a class each, go on from every level; 0: "
        "all",
        minimum=0,
    )
    nms: float = key(0.5, "IoU above which the likelier box of a class silences its like")
    max_dets: int = key(300, "so many remain of a picture at the most; 0: all", minimum=0)

    @property
    def num(self) -> int:
        """Anchors of a cell."""
        return len(self.shapes)

    @property
    def all_sizes(self) -> tuple[float, ...]:
        """Roots of the areas of a cell's anchors, px."""
        if self.sizes or not self.size:
            return self.sizes
        sizes = tuple(self.size * 2 ** (step / self.octaves) for step in range(self.octaves))
        return tuple(float(int(size)) for size in sizes) if self.rounded else sizes

    @property
    def shapes(self) -> tuple[tuple[float, float], ...]:
        """Width, height of a cell's anchors, px: ratio by ratio, size by size."""
        tall = [math.sqrt(r if self.ratio == "hw" else 1 / r) for r in self.ratios if r > 0]
        each = [(size / root, size * root) for root in tall for size in self.all_sizes]
        return tuple((_even(w), _even(h)) for w, h in each) if self.rounded else tuple(each)

    @property
    def box_loss_kind(self) -> tuple[str, float]:
        """box_loss= as its word and the number behind it."""
        kind, _, knee = self.box_loss.partition(":")
        return kind, float(knee) if knee else _SMOOTH_KNEE

    @property
    def wanted_filters(self) -> int:
        """Channels that it reads."""
        return self.num * (self.classes + COORDS)

    def plan(self, place: Place) -> Plan:
        self._check(place)
        if self.layout == "anchor":
            because = f"classes={self.classes} and {self.num} anchors (sizes=, ratios=)"
            check_filters(place, self.wanted_filters, because)
        else:
            self.check_split(place, self.num, self.classes)
        return self.plan_scale(place, f"retina   {self.num} anchors a cell")

    def _check(self, place: Place) -> None:
        if self.sizes and self.size:
            place.error("size", "size= and sizes= say the same in two ways: one of them is right")
        if not self.all_sizes or min(self.all_sizes) <= 0:
            place.error("sizes", "needs sizes= or size=, of this level's anchors, px, above 0")
        if not self.ratios or min(self.ratios) <= 0:
            place.error("ratios", "ratios= needs numbers above 0")
        self.check_variance(place, self.variance)
        if self.ignore_thresh > self.match_thresh:
            place.error(
                "ignore_thresh",
                f"ignore_thresh={self.ignore_thresh:g} is above match_thresh={self.match_thresh:g}",
            )
        if not _is_box_loss(self.box_loss):
            right = "l1, smooth, smooth:NUMBER, giou or ciou"
            place.error("box_loss", f"box_loss={self.box_loss} is none of {right}")


def _even(side: float) -> float:
    """A side whose half is a whole number of pixels."""
    return 2.0 * round(side / 2)


def _is_box_loss(text: str) -> bool:
    kind, colon, knee = text.partition(":")
    if not colon:
        return kind in _BOX_LOSSES
    try:
        return kind == "smooth" and float(knee) > 0 and math.isfinite(float(knee))
    except ValueError:
        return False
