"""Box formats and the overlaps between boxes.

The overlaps take the centre form and follow Darknet's own conventions for boxes without area
(src/box.c). Leading dimensions broadcast: `iou(a, b)` of (N, 4) and (N, 4) is (N,), and
`iou(a[:, None], b)` of (N, 4) and (M, 4) is the (N, M) table of all pairs.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DIOU_EXPONENT = 0.6  # of the distance term; 1 in arXiv:1911.08287, 0.6 in box_diou(), src/box.c
_ALPHA_EPS = 1e-6  # keeps alpha finite for equal boxes; box_ciou(), src/box.c


def xyxy_from_cxcywh(cxcywh: Tensor) -> Tensor:
    """Centre form (..., 4) -> corner form (..., 4), in whatever unit came in."""
    return torch.cat(_corners(cxcywh), dim=-1)


def _corners(cxcywh: Tensor) -> tuple[Tensor, Tensor]:
    """The upper left and the lower right corner, (..., 2) each."""
    centre, size = cxcywh[..., :2], cxcywh[..., 2:]
    return centre - size / 2, centre + size / 2


def _iou_and_union(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and union, each (...), of boxes (..., 4) cxcywh; box_iou(), src/box.c.

    Column by column: arithmetic along a last dimension of 2 or 4 is several times slower.
    """
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.unbind(-1), b.unbind(-1)
    intersection = _shared(ax, aw, bx, bw).mul_(_shared(ay, ah, by, bh))
    union = (aw * ah + bw * bh).sub_(intersection)
    return _share(intersection, union), union


def _shared(a: Tensor, a_size: Tensor, b: Tensor, b_size: Tensor) -> Tensor:
    """Length that two spans, given by centre and size, have in common."""
    high = torch.minimum(a + a_size / 2, b + b_size / 2)
    return high.sub_(torch.maximum(a - a_size / 2, b - b_size / 2)).clamp_(min=0)


def _around(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height, each (...), of what encloses boxes (..., 4) cxcywh; box_c(), src/box.c."""
    (a_low, a_high), (b_low, b_high) = _corners(a), _corners(b)
    return (torch.maximum(a_high, b_high) - torch.minimum(a_low, b_low)).unbind(-1)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, and 0 where both are 0."""
    return part / torch.where(whole == 0, 1.0, whole)


def _distance_share(a: Tensor, b: Tensor, width: Tensor, height: Tensor) -> Tensor:
    """Squared distance of the centres over the squared diagonal width, height, (...)."""
    distance = (a[..., 0] - b[..., 0]).square() + (a[..., 1] - b[..., 1]).square()
    return _share(distance, width.square() + height.square())


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4) cxcywh -> (...); 0 where either is empty.

    box_iou(), Darknet's src/box.c.
    """
    return _iou_and_union(a, b)[0]


def coverage(a: Tensor, b: Tensor) -> Tensor:
    """Share of boxes a (..., 4) cxcywh that lies inside boxes b -> (...); 0 where a is empty."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.unbind(-1), b.unbind(-1)
    return _share(_shared(ax, aw, bx, bw) * _shared(ay, ah, by, bh), aw * ah)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalized IoU of boxes (..., 4) cxcywh -> (...), in (-1, 1].

    arXiv:1902.09630, algorithm 1; box_giou(), Darknet's src/box.c.
    """
    overlap, union = _iou_and_union(a, b)
    width, height = _around(a, b)
    enclosure = width * height
    return overlap - _share(enclosure - union, enclosure)


def diou(a: Tensor, b: Tensor, *, exponent: float = DIOU_EXPONENT) -> Tensor:
    """IoU less the distance term, boxes (..., 4) cxcywh -> (...), in (-1, 1].

    arXiv:1911.08287, eq. (7), with Darknet's exponent on the distance term: box_diou(), and
    box_diounms() where it is beta_nms; src/box.c.
    """
    return iou(a, b) - _distance_share(a, b, *_around(a, b)).pow(exponent)


def ciou(a: Tensor, b: Tensor) -> Tensor:
    """Complete IoU of boxes (..., 4) cxcywh -> (...): IoU less distance and aspect terms.

    arXiv:1911.08287, eq. (10) and (11); box_ciou(), Darknet's src/box.c. NaN where a box has
    neither width nor height and the other has some.
    """
    overlap = iou(a, b)
    width, height = _around(a, b)
    aspect = aspect_difference(a, b).square() * (4 / math.pi**2)
    alpha = aspect / (1 - overlap + aspect + _ALPHA_EPS)
    term = _distance_share(a, b, width, height) + alpha * aspect
    return overlap - torch.where((width == 0) & (height == 0), 0, term)


def aspect_difference(a: Tensor, b: Tensor) -> Tensor:
    """The angle between the diagonals of b and a, boxes (..., 4) cxcywh -> (...), in radians."""
    return torch.atan(b[..., 2] / b[..., 3]) - torch.atan(a[..., 2] / a[..., 3])


OVERLAPS = {"iou": iou, "giou": giou, "diou": diou, "ciou": ciou}  # iou_thresh_kind= in [yolo]
