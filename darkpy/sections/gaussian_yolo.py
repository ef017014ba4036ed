"""[Gaussian_yolo]: a yolo head that also says how sure it is of each coordinate.

As [yolo], but with two numbers for each coordinate, its mean and its deviation, which lowers the
score of boxes that the network is unsure of. The layer before needs filters=(classes+9)*masks.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.anchored import AnchoredOptions
from darkpy.sections.base import SECTIONS, Place, Plan
from darkpy.sections.filters import check_filters

PER_ANCHOR = 9  # mean and deviation of four coordinates, and the objectness
POINTS = {"center": 1, "left_top": 2, "right_bottom": 4}  # numbers of the build table


@SECTIONS("Gaussian_yolo")
@dataclass(frozen=True)
class GaussianYolo(AnchoredOptions):
    """Keys of [Gaussian_yolo]; defaults from parse_gaussian_yolo() in Darknet's src/parser.c."""

    uc_normalizer: float = key(1.0, "weight of the loss of the deviations", minimum=0)
    yolo_point: str = key(
        "center",
        "the point of the box that a cell answers for: its centre or a corner",
        choices=tuple(POINTS),
    )

    @property
    def wanted_filters(self) -> int:
        """Channels that the layer before must have."""
        return len(self.own_mask) * (PER_ANCHOR + self.classes)

    def plan(self, place: Place) -> Plan:
        because = f"classes={self.classes} and {self.masks_in_words}"
        check_filters(place, self.wanted_filters, because)
        self.check_anchors(place)
        if any(number >= self.num for number in self.mask):
            place.error("mask", f"mask= names an anchor above the last one, num-1={self.num - 1}")
        row = f"[Gaussian_yolo] {self.loss_in_words}, scale: {self.scale_x_y:.2f}, "
        return place.plan(self, place.input, row=f"{row}point: {POINTS[self.yolo_point]}")
