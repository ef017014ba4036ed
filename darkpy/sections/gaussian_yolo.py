"""[Gaussian_yolo]: a yolo head that also says how sure it is of each coordinate."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.filters import check_filters
from darkpy.sections.yolo import IOU_LOSSES, NMS_KINDS

PER_ANCHOR = 9  # mean and deviation of four coordinates, and the objectness
POINTS = {"center": 1, "left_top": 2, "right_bottom": 4}  # numbers of the build table
_IOU_LOSS_NUMBERS = {"iou": 0, "giou": 1, "mse": 2, "diou": 3, "ciou": 4}


@SECTIONS("Gaussian_yolo")
@dataclass(frozen=True)
class GaussianYolo(LayerOptions):
    """Keys of [Gaussian_yolo]; defaults from parse_gaussian_yolo() in Darknet's src/parser.c."""

    classes: int = key(20, "number of classes", minimum=1, maximum=100_000)
    num: int = key(1, "number of anchors in anchors=", minimum=1, maximum=1000)
    mask: tuple[int, ...] = key((), "the anchors this head answers for; default all", minimum=0)
    anchors: tuple[float, ...] = key((), "width, height of each anchor, network px", minimum=0)
    max: int = key(200, "objects of a picture that are trained on", minimum=1)
    max_delta: float | None = key(None, "largest change asked of a box coordinate", minimum=0)
    counters_per_class: tuple[float, ...] = key((), "objects of each class in the train list")
    label_smooth_eps: float = key(0.0, "smoothing of a positive's classes", minimum=0, maximum=1)
    scale_x_y: float = key(1.0, "stretch of x and y about the cell's middle", minimum=0)
    objectness_smooth: bool = key(False, "objectness is trained towards the IoU")
    uc_normalizer: float = key(1.0, "weight of the uncertainty loss", minimum=0)
    iou_normalizer: float = key(0.75, "weight of the box loss", minimum=0)
    obj_normalizer: float = key(1.0, "weight of the objectness loss", minimum=0)
    cls_normalizer: float = key(1.0, "weight of the class loss, with counters_per_class=")
    delta_normalizer: float = key(1.0, "factor on all deltas", minimum=0)
    iou_loss: str = key("mse", "the box loss", choices=IOU_LOSSES)
    iou_thresh_kind: str = key("iou", "overlap for iou_thresh=", choices=IOU_LOSSES[1:])
    nms_kind: str = key("default", "overlap for suppression", choices=NMS_KINDS)
    beta_nms: float = key(0.6, "exponent of the distance in nms_kind=diounms")
    yolo_point: str = key(
        "center", "the point of the box that a cell answers for", choices=tuple(POINTS)
    )
    jitter: float = key(0.2, "largest crop or margin at each side, share of it", minimum=0)
    resize: float = key(1.0, "largest zoom", minimum=0)
    ignore_thresh: float = key(0.5, "IoU above which a stray prediction is not punished")
    truth_thresh: float = key(1.0, "IoU above which a stray prediction counts as a hit")
    iou_thresh: float = key(1.0, "IoU above which further anchors take an object too")
    random: float = key(0.0, "random input sizes: 0 off, 1 a factor of 1.4, else the factor")
    map: str = key("", "file that renumbers the classes")

    @property
    def own_mask(self) -> tuple[int, ...]:
        """The anchors of this head: mask=, or all of them."""
        return self.mask or tuple(range(self.num))

    def plan(self, place: Place) -> Plan:
        count = len(self.own_mask)
        masks = f"{count} masks" if self.mask else f"num={self.num} (no mask=)"
        wanted = count * (PER_ANCHOR + self.classes)
        check_filters(place, wanted, f"classes={self.classes} and {masks}")
        self._check(place)
        number, point = _IOU_LOSS_NUMBERS[self.iou_loss], POINTS[self.yolo_point]
        norms = (
            f"iou_norm: {self.iou_normalizer:2.2f}, obj_norm: {self.obj_normalizer:2.2f}, "
            f"cls_norm: {self.cls_normalizer:2.2f}, delta_norm: {self.delta_normalizer:2.2f}"
        )
        row = f"[Gaussian_yolo] iou loss: {self.iou_loss} ({number}), {norms}, "
        row += f"scale: {self.scale_x_y:2.2f}, point: {point}"
        return place.plan(self, place.input, row=row)

    def _check(self, place: Place) -> None:
        if len(self.anchors) < 2 * self.num:
            place.error(
                "anchors",
                f"num={self.num} needs {2 * self.num} numbers in anchors=, "
                f"there are {len(self.anchors)}",
            )
        if any(number >= self.num for number in self.mask):
            place.error("mask", f"mask= names an anchor above the last one, num-1={self.num - 1}")
        if self.counters_per_class and len(self.counters_per_class) != self.classes:
            place.error(
                "counters_per_class",
                f"classes={self.classes} needs as many counters_per_class=, "
                f"there are {len(self.counters_per_class)}",
            )
