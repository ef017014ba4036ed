"""[yolo]: the detection head of YOLOv3, v4 and v7.

Each cell of the layer before offers a box for each anchor of mask=: x, y, w, h, an objectness
(is there an object?) and a number for each class. The layer before is a [convolutional] with
size=1, activation=linear and filters=(classes+5)*masks.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.anchored import AnchoredOptions
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.filters import check_filters

COORDS = 4
_TRACKER = "tracking networks are not part of darkpy"


@SECTIONS("yolo")
@dataclass(frozen=True)
class Yolo(AnchoredOptions):
    """Keys of [yolo]; defaults from parse_yolo() in Darknet's src/parser.c."""

    new_coords: bool = key(
        False,
        "1: the layer before ends in activation=logistic, and a side is anchor*(2v)^2 in place of "
        "anchor*e^v, which cannot explode; with scale_x_y=2 (scaled YOLOv4, YOLOv7)",
    )
    focal_loss: bool = key(
        False, "1: classes are trained with the focal loss, which pays less for easy cells"
    )
    show_details: int = key(1, "0: the printed loss is the plain sum of squared deltas")
    track_history_size: int = key(5, "frames an object is kept", inert=_TRACKER)
    sim_thresh: float = key(0.8, "similarity of the same object", inert=_TRACKER)
    dets_for_track: int = key(1, "detections before an object is kept", inert=_TRACKER)
    dets_for_show: int = key(1, "detections before an object is shown", inert=_TRACKER)
    track_ciou_norm: float = key(0.01, "weight of the position", inert=_TRACKER)
    embedding_layer: int | None = key(
        None, "layer of the embeddings; a [contrastive] reads it", inert=_TRACKER
    )

    @property
    def known_anchors(self) -> int:
        """Anchors to read from anchors=: num=, or all where mask= names more than that."""
        past = any(number >= self.num for number in self.mask)
        return max(self.num, len(self.anchors) // 2) if past else self.num

    @property
    def wanted_filters(self) -> int:
        """Channels that the layer before must have."""
        return len(self.own_mask) * (COORDS + 1 + self.classes)

    def plan(self, place: Place) -> Plan:
        because = f"classes={self.classes} and {self.masks_in_words}"
        check_filters(place, self.wanted_filters, because)
        self.check_anchors(place)
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
        row = f"yolo\n[yolo] params: {self.loss_in_words}, scale_x_y: {self.scale_x_y:.2f}"
        return place.plan(self, place.input, row=row)
