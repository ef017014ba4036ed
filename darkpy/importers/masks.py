"""The box around a COCO segmentation: polygons or a run-length mask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_FIRST_LETTER = 48  # of a run-length text: 6 bits a letter, from '0' on
_BITS = 5
_MORE, _NEGATIVE = 0x20, 0x10


def segmentation_box(segmentation: Any) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom in px of polygons [[x, y, ...], ...] or of a mask {size, counts}.

    None where there is nothing in it. ValueError, TypeError or KeyError where it is neither.
    """
    if isinstance(segmentation, dict):
        return _mask_box(segmentation)
    points = [np.reshape(np.asarray(polygon, float), (-1, 2)) for polygon in segmentation]
    if not points:
        return None
    joined = np.concatenate(points)
    if not len(joined):
        return None
    return (*joined.min(axis=0).tolist(), *joined.max(axis=0).tolist())


def _mask_box(mask: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Runs go down the columns, from one without the object on."""
    height, _ = (int(side) for side in mask["size"])
    if height < 1:
        raise ValueError(f"a mask of {height} rows")
    counts = mask["counts"]
    runs = np.array(list(_unpacked(counts)) if isinstance(counts, str) else counts, np.int64)
    ends = np.cumsum(runs)
    begins, ends = ends[:-1:2], ends[1::2]
    filled = ends > begins
    begins, ends = begins[filled], ends[filled] - 1
    if not len(begins):
        return None
    left, right = begins[0] // height, ends[-1] // height
    # A run that goes on in the next column fills all rows between them.
    across = begins // height != ends // height
    top = np.where(across, 0, begins % height).min()
    bottom = np.where(across, height - 1, ends % height).max()
    return float(left), float(top), float(right + 1), float(bottom + 1)


def _unpacked(text: str) -> Iterator[int]:
    """Lengths of runs from COCO's text form; from the fourth on less the one two before."""
    earlier: list[int] = []
    number = shift = 0
    for letter in text.encode():
        bits = letter - _FIRST_LETTER
        number |= (bits & 0x1F) << shift
        shift += _BITS
        if bits & _MORE:
            continue
        if bits & _NEGATIVE:
            number -= 1 << shift
        if len(earlier) > 2:
            number += earlier[-2]
        earlier.append(number)
        yield number
        number = shift = 0
