"""The keys that detection heads share, and the checks that go with them."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.errors import number_of
from darkpy.sections.base import LayerOptions, Place
from darkpy.sections.head import HeadFacts

IOU_LOSSES = ("mse", "iou", "giou", "diou", "ciou")
NMS_KINDS = ("default", "greedynms", "diounms", "cornersnms")
_IOU_LOSS_NUMBERS = {"iou": 0, "giou": 1, "mse": 2, "diou": 3, "ciou": 4}  # of the build table
_MISSING_ANCHOR = 0.5  # make_yolo_layer(), make_region_layer() in Darknet's src/
LAST_HEAD = "Of several heads the last one's value counts for all."


def filled_anchors(anchors: tuple[float, ...], count: int) -> tuple[float, ...]:
    """Width, height of the first `count` anchors; those that anchors= lacks are .5."""
    given = anchors[: 2 * count]
    return given + (_MISSING_ANCHOR,) * (2 * count - len(given))


def check_anchor_count(place: Place, anchors: tuple[float, ...], num: int) -> None:
    """Report anchors that anchors= lacks; the C program runs with .5 in their place."""
    if len(anchors) < 2 * num:
        place.warning(
            "anchors",
            f"num={num} needs {2 * num} numbers in anchors=, there are {len(anchors)}; "
            "the missing ones are .5",
        )


@dataclass(frozen=True)
class DetectingOptions(LayerOptions):
    """The keys of every head that finds boxes."""

    head = HeadFacts(detects=True)

    max: int = key(
        200,
        "objects of one picture that are trained on; further ones are ignored",
        minimum=1,
        note=LAST_HEAD,
    )
    jitter: float = key(
        0.2,
        "training: each border of a picture is moved in or out at random, by up to this share of "
        "its side; .2 or .3 is usual",
        minimum=0,
        note=LAST_HEAD,
    )
    resize: float = key(
        1.0,
        "training: pictures are zoomed at random by up to this factor, smaller or larger; 1 is off",
        minimum=0,
        note=LAST_HEAD,
    )
    random: float = key(
        0.0,
        "training: every 10 iterations the network gets another input size; 0 off, 1 between "
        "1/1.4 and 1.4 times width= and height=, another number that factor instead of 1.4",
        minimum=0,
        maximum=16,
        note="Twice the pixels need twice the memory: the largest size is what must fit. "
        + LAST_HEAD,
    )


@dataclass(frozen=True)
class AnchoredOptions(DetectingOptions):
    """The keys that [yolo] and [Gaussian_yolo] share."""

    head = HeadFacts(detects=True, anchors="pixels")

    classes: int = key(
        20,
        "number of classes",
        minimum=1,
        maximum=100_000,
        note="Changing it changes filters= of the [convolutional] before the head. All heads of a "
        "cfg, the .data file and the .names file must agree.",
    )
    num: int = key(
        1, "number of anchors in anchors=, of all heads together", minimum=1, maximum=1000
    )
    mask: tuple[int, ...] = key(
        (),
        "which of the anchors, counted from 0, this head answers for; default all",
        minimum=0,
        note="Its length decides filters= before the head. Darknet's own yolov3-tiny.cfg says "
        "0,1,2 in its second head, but the released weights were trained with 1,2,3.",
    )
    anchors: tuple[float, ...] = key(
        (),
        "the typical boxes that predictions start from: width, height of each, in pixels of the "
        "network's input",
        minimum=0,
        note="They belong to one input size: after a large change of width= and height= they are "
        "too small or too large. `darkpy detector calc_anchors` finds others, "
        "but they are seldom better.",
    )
    max_delta: float | None = key(
        None,
        "largest gradient that a box coordinate may ask for; default no limit, .05 to 20 are usual",
        minimum=0,
        note="It also limits the factors of counters_per_class=.",
    )
    counters_per_class: tuple[float, ...] = key(
        (),
        "how many objects of each class the train list has: rare classes then weigh more, by the "
        "largest count over their own",
    )
    label_smooth_eps: float = key(
        0.0,
        "label smoothing: classes are trained towards e/2 and 1-e/2 in place of 0 and 1",
        minimum=0,
        maximum=1,
        note="Only the classes of cells with an object are smoothed, never the objectness.",
    )
    scale_x_y: float = key(
        1.0,
        "stretches the centre of a box about the middle of its cell, so that it reaches the cell's "
        "border: x = s*logistic(v) - (s-1)/2; above 1 helps near borders, 2 goes with new_coords=1",
        minimum=0,
    )
    objectness_smooth: bool = key(
        False,
        "1: the objectness of a box is trained towards its IoU with the object, not towards 1, so "
        "that the score says how well the box fits",
    )
    iou_normalizer: float = key(
        0.75,
        "weight of the box loss; .07 is usual with iou_loss=ciou, .75 with mse",
        minimum=0,
    )
    obj_normalizer: float = key(
        1.0, "weight of the objectness loss (is there an object?)", minimum=0
    )
    cls_normalizer: float = key(
        1.0,
        "weight of the class loss",
        note="As in Darknet it has no effect unless counters_per_class= is set.",
    )
    delta_normalizer: float = key(1.0, "factor on all gradients of this head", minimum=0)
    iou_loss: str = key(
        "mse",
        "how boxes are trained: mse compares the four coordinates, the others raise the overlap "
        "with the object as a whole (giou also counts the gap, diou the distance of the centres, "
        "ciou the shape too)",
        choices=IOU_LOSSES,
        note="Darknet's ciou gradient treats alpha as constant and leaves out the factor "
        "1/(w*w+h*h) of the shape's term; darkpy keeps both.",
    )
    iou_thresh_kind: str = key(
        "iou", "the overlap that iou_thresh= compares", choices=IOU_LOSSES[1:]
    )
    nms_kind: str = key(
        "default",
        "how doubled detections are found: default and cornersnms by IoU; greedynms and diounms "
        "take the distance of the centres off it, so that neighbours survive",
        choices=NMS_KINDS,
        note="greedynms always uses the exponent .6, whatever beta_nms= says.",
    )
    beta_nms: float = key(
        0.6,
        "nms_kind=diounms: exponent of the distance. Two boxes of a class count as one object "
        "where IoU - (d*d/c*c)^beta exceeds .45 (d distance of the centres, c diagonal around "
        "both); a smaller exponent keeps more neighbours",
        note="With .6 diounms and greedynms are the same.",
    )
    ignore_thresh: float = key(
        0.5,
        "IoU with some object above which a prediction that is nobody's is left alone, not "
        "trained towards 'no object'",
    )
    truth_thresh: float = key(
        1.0, "IoU above which a prediction that is nobody's is trained as a hit; 1 is never"
    )
    iou_thresh: float = key(
        1.0,
        "an object is trained on its best anchor, and on further anchors whose shapes overlap it "
        "more than this; 1 is only the best, .2 is usual with ciou",
    )
    map: str = key("", "file that renumbers the classes, a number a line")

    @property
    def known_anchors(self) -> int:
        """Anchors to read from anchors=."""
        return self.num

    @property
    def all_anchors(self) -> tuple[float, ...]:
        """Width, height of all of them, px."""
        return filled_anchors(self.anchors, self.known_anchors)

    @property
    def own_mask(self) -> tuple[int, ...]:
        """The anchors of this head: mask=, or all of them."""
        return self.mask or tuple(range(self.num))

    @property
    def masks_in_words(self) -> str:
        """`3 masks`, or `num=3 (no mask=)`."""
        return number_of(len(self.mask), "masks") if self.mask else f"num={self.num} (no mask=)"

    @property
    def loss_in_words(self) -> str:
        """The box loss and the weights of the parts, as Darknet's table says them."""
        number = _IOU_LOSS_NUMBERS[self.iou_loss]
        return (
            f"iou loss: {self.iou_loss} ({number}), iou_norm: {self.iou_normalizer:.2f}, "
            f"obj_norm: {self.obj_normalizer:.2f}, cls_norm: {self.cls_normalizer:.2f}, "
            f"delta_norm: {self.delta_normalizer:.2f}"
        )

    def check_anchors(self, place: Place) -> None:
        """Report missing anchors, and counts of another number of classes."""
        check_anchor_count(place, self.anchors, self.num)
        if self.counters_per_class and len(self.counters_per_class) != self.classes:
            place.error(
                "counters_per_class",
                f"classes={self.classes} needs as many counters_per_class=, "
                f"there are {len(self.counters_per_class)}",
            )
