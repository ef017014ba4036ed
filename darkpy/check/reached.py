"""Some labels of a .data file against the anchors of [ssd] and [retina]."""

from __future__ import annotations

import os

import numpy as np

from darkpy.cfg.data import DataOptions, scan_data
from darkpy.check.subject import Subject
from darkpy.data.labels import BadRow, label_paths
from darkpy.data.listing import entries
from darkpy.data.tables import read_first, read_rows
from darkpy.errors import DataError, Findings
from darkpy.planning.scale_reach import reached
from darkpy.planning.scaled import match_thresh, scaled_heads

_LOOKED_AT = 300  # pictures, spread over the list
_MANY = 0.1  # of the boxes


def check_reached(path: str, subject: Subject | None, findings: Findings) -> None:
    """Report objects that no anchor overlaps enough to answer for."""
    heads = scaled_heads(subject.plan) if subject is not None else []
    if not heads or not (subject.net.width and subject.net.height):
        return
    boxes = _some_boxes(path, subject.classes)
    if not len(boxes):
        return
    best = reached(boxes * ((subject.net.width, subject.net.height) * 2), heads)
    least = match_thresh(heads)
    share = float((best < least).mean())
    if share:
        tell = findings.warning if share >= _MANY else findings.note
        section = heads[-1].plan.section
        tell(
            section.source,
            section.line,
            f"[{section.kind}] {share:.1%} of {len(best)} boxes of train= are reached by no anchor "
            f"at match_thresh={least:g}; `darkpy detector calc_anchors` finds sizes= and ratios=",
        )


def _some_boxes(path: str, classes: int) -> np.ndarray:
    """Boxes (T, 4) cxcywh of some pictures of train=; none where that cannot be read."""
    try:
        data = scan_data(path)
        listed = entries(data.file("train")) if data.train else []
    except DataError:
        return np.empty((0, 4))  # which check_data tells
    step = max(1, len(listed) // _LOOKED_AT)
    bad: list[BadRow] = []
    found = [read_first(_labels(text, data), bad) for _, text in listed[::step]]
    return read_rows(found, classes, 0, bad)[0][:, 1:]


def _labels(text: str, data: DataOptions) -> list[str]:
    """Where the labels of an entry of the list may be."""
    folders = ("", os.path.dirname(data.file("train")), str(data.folder))
    return [path for folder in folders for path in label_paths(os.path.join(folder, text))]
