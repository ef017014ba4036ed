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
from darkpy.sections.focal import alpha_key, focal_loss_key, gamma_key

COORDS = 4


@SECTIONS("yolo")
@dataclass(frozen=True)
class Yolo(AnchoredOptions):
    """Keys of [yolo]; defaults from parse_yolo() in Darknet's src/parser.c."""

    new_coords: bool = key(
        False,
        "1: the layer before ends in activation=logistic, and a side is anchor*(2v)^2 in place of "
        "anchor*e^v, which cannot explode; with scale_x_y=2 (scaled YOLOv4, YOLOv7)",
    )
    focal_loss: bool = focal_loss_key()
    alpha: float | None = alpha_key()
    gamma: float | None = gamma_key()
    show_details: int = key(1, "0: the printed loss is the plain sum of squared deltas")
    track_history_size: int = key(
        5, "`-track`: frames that an object which is not seen is waited for", minimum=0
    )
    sim_thresh: float = key(
        0.8, "`-track`: likeness of looks (embedding_layer=) from which it is the same object"
    )
    dets_for_track: int = key(
        1, "`-track`: detections before the one that gives an object its number", minimum=0
    )
    dets_for_show: int = key(
        1, "`-track`: detections before the one with which an object is shown", minimum=0
    )
    track_ciou_norm: float = key(
        0.01, "`-track`: weight of the overlap beside the looks", minimum=0, maximum=1
    )
    embedding_layer: int | None = key(
        None, "layer of the looks that `-track` compares; a [contrastive] trains it"
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
