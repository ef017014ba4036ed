"""[yolo]: the detection head of YOLOv3, v4 and v7."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.filters import check_filters

COORDS = 4
IOU_LOSSES = ("mse", "iou", "giou", "diou", "ciou")
NMS_KINDS = ("default", "greedynms", "diounms", "cornersnms")
_TRACKER = "tracking networks are not part of darkpy"


@SECTIONS("yolo")
@dataclass(frozen=True)
class Yolo(LayerOptions):
    """Keys of [yolo]; defaults from parse_yolo() in Darknet's src/parser.c."""

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
    new_coords: bool = key(False, "the layer before is logistic already; sizes are squares")
    iou_normalizer: float = key(0.75, "weight of the box loss", minimum=0)
    obj_normalizer: float = key(1.0, "weight of the objectness loss", minimum=0)
    cls_normalizer: float = key(1.0, "weight of the class loss, with counters_per_class=")
    delta_normalizer: float = key(1.0, "factor on all deltas", minimum=0)
    iou_loss: str = key("mse", "the box loss", choices=IOU_LOSSES)
    iou_thresh_kind: str = key("iou", "overlap for iou_thresh=", choices=IOU_LOSSES[1:])
    nms_kind: str = key("default", "overlap for suppression", choices=NMS_KINDS)
    beta_nms: float = key(0.6, "exponent of the distance in nms_kind=diounms")
    jitter: float = key(0.2, "largest crop or margin at each side, share of it", minimum=0)
    resize: float = key(1.0, "largest zoom", minimum=0)
    focal_loss: bool = key(False, "classes are trained with the focal loss")
    ignore_thresh: float = key(0.5, "IoU above which a stray prediction is not punished")
    truth_thresh: float = key(1.0, "IoU above which a stray prediction counts as a hit")
    iou_thresh: float = key(1.0, "IoU above which further anchors take an object too")
    random: float = key(0.0, "random input sizes: 0 off, 1 a factor of 1.4, else the factor")
    map: str = key("", "file that renumbers the classes")
    show_details: int = key(1, "0: the printed loss is the plain sum of squared deltas")
    track_history_size: int = key(5, "frames an object is kept", inert=_TRACKER)
    sim_thresh: float = key(0.8, "similarity of the same object", inert=_TRACKER)
    dets_for_track: int = key(1, "detections before an object is kept", inert=_TRACKER)
    dets_for_show: int = key(1, "detections before an object is shown", inert=_TRACKER)
    track_ciou_norm: float = key(0.01, "weight of the position", inert=_TRACKER)
    embedding_layer: int | None = key(None, "layer of the embeddings", inert=_TRACKER)

    @property
    def own_mask(self) -> tuple[int, ...]:
        """The anchors of this head: mask=, or all of them."""
        return self.mask or tuple(range(self.num))

    @property
    def known_anchors(self) -> int:
        """Anchors to read from anchors=: num=, or all where mask= names more than that."""
        past = any(number >= self.num for number in self.mask)
        return max(self.num, len(self.anchors) // 2) if past else self.num

    def plan(self, place: Place) -> Plan:
        self._check_filters(place)
        if len(self.anchors) < 2 * self.num:
            place.error(
                "anchors",
                f"num={self.num} needs {2 * self.num} numbers in anchors=, "
                f"there are {len(self.anchors)}",
            )
        last = max(self.own_mask)
        if last >= self.known_anchors:
            place.error("mask", f"mask= names anchor {last} but the last one is {self.num - 1}")
        elif last >= self.num:
            place.warning(
                "num",
                f"num={self.num} but mask= names anchor {last} and anchors= lists "
                f"{self.known_anchors}: num={self.known_anchors} would be right",
                self.known_anchors,
            )
        if self.counters_per_class and len(self.counters_per_class) != self.classes:
            place.error(
                "counters_per_class",
                f"classes={self.classes} needs as many counters_per_class=, "
                f"there are {len(self.counters_per_class)}",
            )
        return place.plan(self, place.input, row="yolo")

    def _check_filters(self, place: Place) -> None:
        wanted = len(self.own_mask) * (COORDS + 1 + self.classes)
        masks = f"{len(self.own_mask)} masks" if self.mask else f"num={self.num} (no mask=)"
        check_filters(place, wanted, f"classes={self.classes} and {masks}")
