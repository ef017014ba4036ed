"""How a predicted box should move: Darknet's own gradients of the IoU family.

These are not quite the derivatives that the papers give; the published hyper-parameters were
tuned for them, so they are kept as dx_box_iou() of Darknet's src/box.c has them:

* width and height are the difference of the two edges' slopes, without the half of the chain rule;
* the distance term is differentiated with exponent 1 (box_diou() has 0.6), and the growth of the
  enclosure enters x and y with the opposite sign of the derivative;
* the aspect term of CIoU lacks the factor 1 / (w² + h²), and alpha is held constant;
* boxes apart get the added terms only; plain IoU keeps its formula there, with overlaps below 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from darkpy.boxes import aspect_difference, xyxy_from_cxcywh

_ALPHA_EPS = 1e-6  # keeps alpha finite for equal boxes; dx_box_iou(), src/box.c


class _Pair(NamedTuple):
    """A predicted box beside its truth: (N, 2) along x and y, areas (N, 1)."""

    pred_low: Tensor
    pred_high: Tensor
    truth_low: Tensor
    truth_high: Tensor
    shared: Tensor  # sides of the intersection, below 0 where the boxes are apart
    around: Tensor  # sides of the enclosure
    intersection: Tensor
    union: Tensor


def _pair(pred: Tensor, truth: Tensor) -> _Pair:
    one, other = xyxy_from_cxcywh(pred).split(2, dim=1)
    pred_low, pred_high = torch.fmin(one, other), torch.fmax(one, other)
    truth_low, truth_high = xyxy_from_cxcywh(truth).split(2, dim=1)
    shared = torch.fmin(pred_high, truth_high) - torch.fmax(pred_low, truth_low)
    around = torch.fmax(pred_high, truth_high) - torch.fmin(pred_low, truth_low)
    intersection = _area(shared)
    union = _area(pred_high - pred_low) + _area(truth_high - truth_low) - intersection
    return _Pair(pred_low, pred_high, truth_low, truth_high, shared, around, intersection, union)


def _area(sides: Tensor) -> Tensor:
    return sides.prod(dim=1, keepdim=True)


def _slope_of_quotient(part: Tensor, d_part: Tensor, whole: Tensor, d_whole: Tensor) -> Tensor:
    """Derivative of part / whole."""
    return (whole * d_part - part * d_whole) / (whole * whole)


def _slopes_of_areas(pair: _Pair) -> tuple[Tensor, Tensor, Tensor]:
    """Intersection, union and enclosure by the prediction's edges, (N, 4) xyxy each."""
    pred, shared, around = (
        sides.flip(1) for sides in (pair.pred_high - pair.pred_low, pair.shared, pair.around)
    )
    d_pred = torch.cat((-pred, pred), dim=1)
    d_intersection = torch.cat(
        (
            torch.where(pair.pred_low > pair.truth_low, -shared, 0),
            torch.where(pair.pred_high < pair.truth_high, shared, 0),
        ),
        dim=1,
    )
    d_enclosure = torch.cat(
        (
            torch.where(pair.pred_low < pair.truth_low, -around, 0),
            torch.where(pair.pred_high > pair.truth_high, around, 0),
        ),
        dim=1,
    )
    return d_intersection, d_pred - d_intersection, d_enclosure


def _iou_by_edges(pair: _Pair, pred: Tensor) -> Tensor:
    """Slope of the IoU, (N, 4) xyxy; 0 without a union."""
    d_intersection, d_union, _ = _slopes_of_areas(pair)
    slope = _slope_of_quotient(pair.intersection, d_intersection, pair.union, d_union)
    low, high = torch.where(pair.union > 0, slope, 0).split(2, dim=1)
    # without a positive extent along an axis both edges take the high edge's slope, as in C
    return torch.cat((torch.where(pred[:, 2:] > 0, low, high), high), dim=1)


def _cxcywh_from_edges(slope: Tensor) -> Tensor:
    """Slopes (N, 4) xyxy -> dx dy dw dh (N, 4); the missing half of dw, dh is Darknet's."""
    low, high = slope.split(2, dim=1)
    return torch.cat((low + high, high - low), dim=1)


def _extended(slope: Tensor, extra: Tensor, pair: _Pair, enclosure: Tensor) -> Tensor:
    """The IoU's slope with a further term; the term alone where the boxes are apart."""
    both = torch.where(enclosure > 0, slope + extra, slope)
    apart = (pair.shared <= 0).any(dim=1, keepdim=True)
    return torch.where(apart, extra, both)


def _diagonal(pair: _Pair) -> Tensor:
    """Squared diagonal of the enclosure, (N, 1)."""
    return pair.around.square().sum(dim=1, keepdim=True)


def _distance_term(pair: _Pair, pred: Tensor, truth: Tensor) -> Tensor:
    """Slope of -d² / c², (N, 4) cxcywh."""
    gap = truth[:, :2] - pred[:, :2]
    distance = gap.square().sum(dim=1, keepdim=True)
    diagonal = _diagonal(pair)
    stretches_low = (pair.pred_low < pair.truth_low).to(pred.dtype)
    stretches_high = (pair.pred_high > pair.truth_high).to(pred.dtype)
    by_centre = 2 * pair.around * (stretches_high - stretches_low)
    by_size = 2 * pair.around * (stretches_high + stretches_low) / 2
    centre = 2 * gap * diagonal - by_centre * distance
    return torch.cat((centre, by_size * distance), dim=1) / (diagonal * diagonal)


def _aspect_term(pair: _Pair, pred: Tensor, truth: Tensor) -> Tensor:
    """Slope of -alpha * v without its factor 1 / (w² + h²), (N, 4) cxcywh."""
    angle = aspect_difference(pred, truth).unsqueeze(1)
    aspect = 4 / math.pi**2 * angle.square()
    alpha = aspect / (1 - pair.intersection / pair.union + aspect + _ALPHA_EPS)
    width, height = pred[:, 2:3], pred[:, 3:4]
    turn = 8 / math.pi**2 * angle * torch.cat((height, -width), dim=1)
    return torch.cat((torch.zeros_like(turn), alpha * turn), dim=1)


def iou_gradient(pred: Tensor, truth: Tensor) -> Tensor:
    """Slope of the IoU at boxes (N, 4) cxcywh -> dx dy dw dh (N, 4); dx_box_iou(), src/box.c."""
    return _cxcywh_from_edges(_iou_by_edges(_pair(pred, truth), pred))


def giou_gradient(pred: Tensor, truth: Tensor) -> Tensor:
    """As `iou_gradient`, of the generalized IoU: arXiv:1902.09630, dx_box_iou(), src/box.c."""
    pair = _pair(pred, truth)
    _, d_union, d_enclosure = _slopes_of_areas(pair)
    enclosure = _area(pair.around)
    filled = _slope_of_quotient(pair.union, d_union, enclosure, d_enclosure)
    return _cxcywh_from_edges(_extended(_iou_by_edges(pair, pred), filled, pair, enclosure))


def diou_gradient(pred: Tensor, truth: Tensor) -> Tensor:
    """As `iou_gradient`, of the distance IoU: arXiv:1911.08287, dx_box_iou(), src/box.c."""
    pair = _pair(pred, truth)
    slope = _cxcywh_from_edges(_iou_by_edges(pair, pred))
    return _extended(slope, _distance_term(pair, pred, truth), pair, _diagonal(pair))


def ciou_gradient(pred: Tensor, truth: Tensor) -> Tensor:
    """As `iou_gradient`, of the complete IoU: arXiv:1911.08287, dx_box_iou(), src/box.c."""
    pair = _pair(pred, truth)
    slope = _cxcywh_from_edges(_iou_by_edges(pair, pred))
    extra = _distance_term(pair, pred, truth) + _aspect_term(pair, pred, truth)
    return _extended(slope, extra, pair, _diagonal(pair))


BOX_GRADIENTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "iou": iou_gradient,
    "giou": giou_gradient,
    "diou": diou_gradient,
    "ciou": ciou_gradient,
}
