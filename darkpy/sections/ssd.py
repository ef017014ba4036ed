"""[ssd]: the detection head of SSD, arXiv:1512.02325, and of SSD-MobileNet; darkpy's own.

Each map that boxes are found on has a [convolutional] with activation=linear and an [ssd] behind
it; all [ssd] with the same group= are one detector. That layer has filters=num*(classes+5): for
each anchor x, y, w, h, a number for the background and one for each class; with score=sigmoid
there is no background, and filters=num*(classes+4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.filters import check_filters
from darkpy.sections.focal import alpha_key, focal_loss_key, gamma_key
from darkpy.sections.scales import COORDS, ScaleOptions


@SECTIONS("ssd")
@dataclass(frozen=True)
class Ssd(ScaleOptions):
    """Keys of [ssd]; defaults are GluonCV's."""

    own: ClassVar[frozenset[str]] = frozenset(
        {"sizes", "ratios", "step", "offset", "between", "half"}
    )

    classes: int = key(
        20,
        "number of classes, without the background",
        minimum=1,
        maximum=100_000,
        note="Changing it changes filters= of the [convolutional] before each head.",
    )
    sizes: tuple[float, ...] = key(
        (),
        "side of this map's anchors and of the next map's, in pixels of the network's input",
        minimum=0,
        note="The second one makes the anchor between the two: a square of the root of their "
        "product.",
    )
    ratios: tuple[float, ...] = key(
        (1.0, 2.0, 0.5),
        "width over height of this map's anchors, of one area each; the first one is a square",
        minimum=0,
    )
    step: float = key(
        0.0,
        "pixels of the network's input between two cells of this map; 0: as the map divides it",
        minimum=0,
    )
    offset: float = key(0.5, "where in its cell an anchor's centre is, in cells")
    between: str = key(
        "second",
        "where the anchor of the size between stands: second (behind the square) or last of the "
        "cell's, or none",
        choices=("second", "last", "none"),
        note="TensorFlow's SSD-MobileNet has it last, and none on the first map.",
    )
    half: bool = key(
        False,
        "1: the first anchor has half the size, as on the first map of TensorFlow's SSD-MobileNet",
        note="GluonCV's form of it has half of it on every map.",
    )
    clip_anchors: str = key(
        "0",
        "0: anchors are as they come; 1: what lies outside of the picture is cut off; sizes: sides "
        "longer than the picture's are as long as that (torchvision's)",
        choices=("0", "1", "sizes"),
    )
    clip_boxes: bool = key(
        True,
        "1: what of a found box lies outside of the picture is cut off before boxes are compared; "
        "0: boxes reach out of it, as GluonCV compares them",
    )
    variance: tuple[float, ...] = key(
        (0.1, 0.1, 0.2, 0.2), "what the four box outputs are multiplied by: x, y, w, h", minimum=0
    )
    order: str = key(
        "xywh", "order of the four box outputs; yxhw is TensorFlow's", choices=("xywh", "yxhw")
    )
    layout: str = key(
        "anchor",
        "anchor: the outputs of an anchor stand together, the box first; split: the scores of all "
        "anchors, then the boxes of all, from a [route] of two convolutions",
        choices=("anchor", "split"),
    )
    score: str = key(
        "softmax",
        "softmax: one class or the background; sigmoid: each class for itself",
        choices=("softmax", "sigmoid"),
    )
    match: str = key(
        "bipartite",
        "which anchors answer for an object besides those that overlap it enough: bipartite, one "
        "of its own and all that are as good as its best; best, its best one (torchvision's)",
        choices=("bipartite", "best"),
    )
    match_thresh: float = key(
        0.5, "IoU from which on an anchor answers for an object", minimum=0, maximum=1
    )
    neg_ratio: float = key(
        3.0,
        "anchors trained as background for each that answers for an object: those that are most "
        "wrong",
        minimum=0,
        note="focal_loss=1 trains all of them, whatever this says.",
    )
    neg_thresh: float = key(
        1.0,
        "only anchors with a smaller IoU with every object are background; .5 leaves the others "
        "alone",
        minimum=0,
    )
    focal_loss: bool = focal_loss_key()
    alpha: float | None = alpha_key()
    gamma: float | None = gamma_key()
    loc_weight: float = key(1.0, "weight of the box loss beside that of the classes", minimum=0)
    normalize: str = key(
        "batch",
        "the loss is divided by the anchors that answer for an object: batch, those of the whole "
        "mini-batch; sample, those of each picture",
        choices=("batch", "sample"),
        note="With subdivisions= above 1 the whole is a mini-batch, not the batch.",
    )
    decode: str = key(
        "class",
        "class: a box is offered for each class that is likely enough; argmax: for the likeliest",
        choices=("class", "argmax"),
    )
    thresh: float = key(
        0.01, "the least probability of what is offered at all", minimum=0, maximum=1
    )
    nms: float = key(0.45, "IoU above which the likelier box of a class silences its like")
    pre_nms: int = key(
        400, "the likeliest so many of a picture are compared with each other; 0: all", minimum=0
    )
    pre_nms_per: str = key(
        "all", "pre_nms= counts all classes together, or each class", choices=("all", "class")
    )
    post_nms: int = key(100, "so many remain of a picture at the most; 0: all", minimum=0)

    @property
    def num(self) -> int:
        """Anchors of a cell."""
        return len(self.shapes)

    @property
    def shapes(self) -> tuple[tuple[float, float], ...]:
        """Width, height of a cell's anchors, px; none where sizes= or ratios= are none."""
        if not (self.sizes and self.ratios and min(*self.sizes, *self.ratios) > 0):
            return ()
        own = self.sizes[0]
        first = own / 2 if self.half else own
        boxes = [(first, first)]
        boxes += [(own * math.sqrt(ratio), own / math.sqrt(ratio)) for ratio in self.ratios[1:]]
        if self.between != "none" and len(self.sizes) > 1:
            side = math.sqrt(own * self.sizes[1])
            boxes.insert(1 if self.between == "second" else len(boxes), (side, side))
        return tuple(boxes)

    @property
    def scores(self) -> int:
        """Scores of an anchor."""
        return self.classes + (self.score == "softmax")

    @property
    def wanted_filters(self) -> int:
        """Channels that the layer before must have."""
        return self.num * (self.scores + COORDS)

    def plan(self, place: Place) -> Plan:
        self._check(place)
        if self.layout == "split":
            self.check_split(place, self.num, self.scores)
        elif self.shapes:
            because = f"classes={self.classes}, score={self.score} and {self.num} anchors (sizes=, "
            check_filters(place, self.wanted_filters, f"{because}ratios=, between=)")
        return self.plan_scale(place, f"ssd   {self.num} anchors a cell")

    def _check(self, place: Place) -> None:
        wanted = 1 if self.between == "none" else 2
        if len(self.sizes) < wanted or len(self.sizes) > 2:
            place.error(
                "sizes",
                "sizes= needs two numbers, the side of this map's anchors and of the next map's, "
                f"px; there are {len(self.sizes)}",
            )
        self.check_variance(place, self.variance)
        if not self.ratios or 0 in self.ratios or 0 in self.sizes:
            place.error("ratios", "ratios= and sizes= need numbers above 0")
