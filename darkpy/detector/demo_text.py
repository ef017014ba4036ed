"""What `detector demo` says about a frame: the lines that other programs wait for."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from darkpy.inference.shown import Shown, class_name, shown

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections
    from darkpy.tracking.zones import Crossing

_AVERAGED = 3.0  # seconds of AVG_FPS; demo(), Darknet's src/demo.c
_KEPT = 0.9  # of FPS at each frame, same place


class FrameRate:
    """Frames a second: of the last ones, and over three seconds.

    together: frames that come at once, one pass of the network after the other.
    """

    def __init__(self, now: float, together: int = 1) -> None:
        self.fps = self.average = 0.0
        self._before = self._start = now
        self._frames = self._of_pass = 0
        self._together = together

    def frame(self, now: float) -> None:
        """A frame is done."""
        self._of_pass += 1
        if self._of_pass == self._together:
            kept, passed = _KEPT**self._together, max(now - self._before, 1e-6)
            self.fps = kept * self.fps + (1 - kept) * self._together / passed
            self._before, self._of_pass = now, 0
        self._frames += 1
        if now - self._start >= _AVERAGED:
            self.average = self._frames / (now - self._start)
            self._start, self._frames = now, 0

    def __str__(self) -> str:
        return f"FPS:{self.fps:.1f} \t AVG_FPS:{self.average:.1f}"


def object_lines(
    detections: Detections,
    names: Sequence[str],
    thresh: float,
    *,
    size_hw: tuple[int, int],
    ext_output: bool = False,
) -> list[str]:
    """A line an object, in the order of the detections: draw_detections_cv_v3(), image_opencv.cpp.

    size_hw: of the frame, px. ext_output: add the box in px.
    """
    return [
        _classes(one, names) + (_place_px(one, size_hw) if ext_output else "")
        for one in shown(detections, names, thresh)
    ]


def _classes(one: Shown, names: Sequence[str]) -> str:
    """`dog: 98% , cat: 30% `: classes by number."""
    parts = [
        f"{class_name(names, number)}: {np.float32(prob) * np.float32(100):.0f}% "
        for number, prob in sorted(zip(one.classes, one.probs, strict=True))
    ]
    if one.track:
        parts[0] += f"(track = {one.track}) "
    return ", ".join(parts)


def _place_px(one: Shown, size_hw: tuple[int, int]) -> str:
    """The box in px; its corner is cut at the frame's edge and to whole px, its sides are not."""
    height, width = size_hw
    cx, cy, w, h = (float(min(np.float32(value), np.float32(1))) for value in one.box)
    left, top = max(0, int((cx - w / 2) * width)), max(0, int((cy - h / 2) * height))
    w_px, h_px = np.float32(w) * np.float32(width), np.float32(h) * np.float32(height)
    return f"\t(left_x: {left:4.0f}   top_y: {top:4.0f}   width: {w_px:4.0f}   height: {h_px:4.0f})"


def crossing_lines(crossed: Sequence[Crossing], names: Sequence[str]) -> list[str]:
    """A line for each object that crossed something in this frame."""
    return [
        f"{one.zone}: {class_name(names, one.class_number)} {one.track} went {one.direction}"
        for one in crossed
    ]


def crossings_json(crossed: Sequence[Crossing], names: Sequence[str]) -> str:
    """The same for a frame's record, behind its objects; empty if nothing crossed."""
    if not crossed:
        return ""
    rows = [
        {
            "zone": one.zone,
            "direction": one.direction,
            "track_id": one.track,
            "class_id": one.class_number,
            "name": class_name(names, one.class_number),
        }
        for one in crossed
    ]
    return f', \n "crossings": {json.dumps(rows, ensure_ascii=False)}'


def post_text(detections: Detections, names: Sequence[str], thresh: float, source: str) -> str:
    """What a web hook is sent about a frame; empty if there is no object on it.

    send_http_post_request(), Darknet's src/http_stream.cpp.
    """
    found = shown(detections, names, thresh)
    firsts = [min(one.classes) for one in found]
    objects = "".join(f"{class_name(names, number)}, id: {number}\n" for number in firsts)
    if not objects:
        return ""
    return f"{objects}\ntime:\n{time.strftime('%A %F %T')}\nvideosource:\n{source}"
