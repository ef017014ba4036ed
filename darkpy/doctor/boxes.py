"""The chapter on boxes at the network's input: too small, too many, fitted by no anchor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from darkpy.cfg.net import NetOptions
from darkpy.data.resize import letterbox_frame
from darkpy.doctor.pictures import Examined
from darkpy.doctor.report import NOTE, WARNING, Chapter, Remark
from darkpy.errors import number_of
from darkpy.inference.shown import class_name
from darkpy.metrics.anchors import RECALL_IOU, fit, nearest_overlaps
from darkpy.planning.anchor_masks import anchored_heads, present_anchors
from darkpy.planning.network import NetworkPlan
from darkpy.planning.scale_reach import reached
from darkpy.planning.scaled import ScaledHead, match_thresh, scaled_heads

SMALL_PX = 8.0  # a box with both sides below it has little to be recognised by
_MANY_SMALL = 0.2  # shares of the boxes from which a remark is a warning
_MANY_UNFIT = 0.1
_OUTSIDE = 0.02  # of the picture's side: less is rounding


@dataclass(frozen=True, eq=False)
class _Boxes:
    """The T boxes of a list. px: (T, 4) cxcywh at the input. picture: (T,) the number of each's."""

    examined: Examined
    px: np.ndarray
    picture: np.ndarray

    @property
    def wh_px(self) -> np.ndarray:
        """(T, 2)."""
        return self.px[:, 2:]

    def places(self, which: np.ndarray, names: tuple[str, ...]) -> tuple[str, ...]:
        """`picture: class w x h px` of the boxes where `which` (T,) is true."""
        dataset = self.examined.dataset
        return tuple(
            f"{dataset.path(self.picture[i])}: {class_name(names, dataset.classes[i])} "
            f"{self.wh_px[i, 0]:.1f}x{self.wh_px[i, 1]:.1f} px"
            for i in np.flatnonzero(which)
        )


def box_chapter(lists: list[Examined], plan: NetworkPlan, names: tuple[str, ...]) -> Chapter:
    """The boxes of train= and valid= as the network sees them."""
    net = plan.net
    lines = [f"at the input of {net.width}x{net.height} px:"]
    remarks: list[Remark] = []
    facts: dict[str, object] = {"width": net.width, "height": net.height}
    anchors, scaled = present_anchors(anchored_heads(plan)), scaled_heads(plan)
    for examined in lists:
        boxes = _at_input(examined, net)
        if not len(boxes.wh_px):
            continue
        lines.append(_size_line(boxes))
        remarks += _small(boxes, names)
        remarks += _outside(boxes, names)
        facts[examined.role] = _facts(boxes)
        if len(anchors):
            lines.append(_fit_line(boxes, anchors))
            remarks += _unfit(boxes, anchors, names)
        elif scaled:
            line, found = _reach(boxes, scaled, names)
            lines.append(line)
            remarks += found
    remarks += _crowded(lists, plan)
    return Chapter("boxes", tuple(lines), facts, tuple(remarks))


def _at_input(examined: Examined, net: NetOptions) -> _Boxes:
    dataset = examined.dataset
    picture = np.repeat(np.arange(len(dataset)), np.diff(dataset.offsets))
    frame = np.array([[net.width, net.height]], float)
    if net.letter_box:
        frame = _letterbox_frames(examined, net)[picture]
    # A letterboxed picture lies in the middle of the input.
    px = dataset.boxes * np.hstack((frame, frame))
    px[:, :2] += (np.array((net.width, net.height)) - frame) / 2
    return _Boxes(examined, px, picture)


def _letterbox_frames(examined: Examined, net: NetOptions) -> np.ndarray:
    """Width and height that each picture takes inside the input, (P, 2) px."""
    facts = examined.scan.facts
    both = np.column_stack((facts["width"], facts["height"]))
    sizes, which = np.unique(both, axis=0, return_inverse=True)
    frames = [
        letterbox_frame(h, w, net.height, net.width)[::-1] if w else (net.width, net.height)
        for w, h in sizes.tolist()
    ]
    return np.array(frames, float)[which.reshape(-1)]


def _facts(boxes: _Boxes) -> dict[str, object]:
    return {
        "median_px": np.median(boxes.wh_px, axis=0).round(1).tolist(),
        "below_1_px": int((boxes.wh_px < 1).any(axis=1).sum()),
        f"below_{SMALL_PX:.0f}_px": int((boxes.wh_px < SMALL_PX).all(axis=1).sum()),
    }


def _size_line(boxes: _Boxes) -> str:
    w, h = np.median(boxes.wh_px, axis=0)
    sides = np.sqrt(boxes.wh_px.prod(axis=1))
    low, high = np.quantile(sides, (0.05, 0.95))
    return (
        f"{boxes.examined.role}: median {w:.0f}x{h:.0f} px, nine in ten between {low:.0f} and "
        f"{high:.0f} px (root of the area)"
    )


def _small(boxes: _Boxes, names: tuple[str, ...]) -> Iterator[Remark]:
    role = boxes.examined.role
    lost = (boxes.wh_px < 1).any(axis=1)
    if lost.any():
        text = f"{lost.sum()} {role} boxes are smaller than one px of the input and are not learnt"
        yield Remark(WARNING, text, boxes.places(lost, names))
    share = float((boxes.wh_px < SMALL_PX).all(axis=1).mean())
    if share > 0:
        text = (
            f"{share:.1%} of the {role} boxes are below {SMALL_PX:.0f}x{SMALL_PX:.0f} px, which "
            "is hard to recognise; a larger width= and height=, or cutting the pictures, helps"
        )
        yield Remark(WARNING if share >= _MANY_SMALL else NOTE, text)


def _outside(boxes: _Boxes, names: tuple[str, ...]) -> Iterator[Remark]:
    cxcywh = boxes.examined.dataset.boxes
    low, high = cxcywh[:, :2] - cxcywh[:, 2:] / 2, cxcywh[:, :2] + cxcywh[:, 2:] / 2
    outside = ((low < -_OUTSIDE) | (high > 1 + _OUTSIDE)).any(axis=1)
    if outside.any():
        text = (
            f"{outside.sum()} {boxes.examined.role} boxes reach beyond the picture by more than "
            f"{_OUTSIDE:.0%} of its side; they are cut at the border"
        )
        yield Remark(NOTE, text, boxes.places(outside, names))


def _fit_line(boxes: _Boxes, anchors: np.ndarray) -> str:
    found = fit(boxes.wh_px, anchors)
    return (
        f"{boxes.examined.role}: {number_of(len(anchors), 'anchors')}, avg IoU "
        f"{found.avg_iou:.1%}, best possible recall at IoU {RECALL_IOU:g} {found.recall:.1%}"
    )


def _unfit(boxes: _Boxes, anchors: np.ndarray, names: tuple[str, ...]) -> Iterator[Remark]:
    unfit = nearest_overlaps(boxes.wh_px, anchors) < RECALL_IOU
    share = float(unfit.mean())
    if share > 0:
        text = (
            f"{share:.1%} of the {boxes.examined.role} boxes are fitted by no anchor (IoU below "
            f"{RECALL_IOU:g}); see `darkpy detector calc_anchors`"
        )
        severity = WARNING if share >= _MANY_UNFIT else NOTE
        yield Remark(severity, text, boxes.places(unfit, names))


def _reach(
    boxes: _Boxes, heads: list[ScaledHead], names: tuple[str, ...]
) -> tuple[str, list[Remark]]:
    """How many boxes an anchor of [ssd] or [retina] overlaps enough to answer for."""
    best, least = reached(boxes.px, heads), match_thresh(heads)
    role, missed = boxes.examined.role, best < least
    count = sum(head.anchors for head in heads)
    line = (
        f"{role}: {number_of(count, 'anchors')}, avg IoU with the best in its place "
        f"{best.mean():.1%}, reached at match_thresh={least:g} {1 - missed.mean():.1%}"
    )
    if not missed.any():
        return line, []
    text = (
        f"{missed.mean():.1%} of the {role} boxes are reached by no anchor at match_thresh="
        f"{least:g}, so that one or none answers for each; see `darkpy detector calc_anchors`"
    )
    severity = WARNING if missed.mean() >= _MANY_UNFIT else NOTE
    return line, [Remark(severity, text, boxes.places(missed, names))]


def _crowded(lists: list[Examined], plan: NetworkPlan) -> Iterator[Remark]:
    """Pictures with more objects than max= of the last head lets through."""
    limit = plan.picture_keys.objects
    for examined in lists:
        counts = np.diff(examined.dataset.offsets)
        crowded = counts > limit if plan.detecting and examined.role == "train" else counts < 0
        if crowded.any():
            text = (
                f"{crowded.sum()} train pictures have more than max={limit} objects; the "
                f"others are not learnt: max={counts.max()} in each head takes all"
            )
            yield Remark(WARNING, text, examined.paths(crowded))
