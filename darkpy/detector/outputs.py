"""What `detector test` says about a picture: Darknet's lines, its JSON and its label files."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from darkpy.data.labels import darknet_label_path
from darkpy.errors import OutputError
from darkpy.inference.shown import class_name, shown

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

_JSON_THRESH = 0.005  # detection_to_json(), src/network.c: the real threshold came before
_JSON_BEGIN, _JSON_END = "[\n", "\n]"


def predicted_line(path: str, seconds: float) -> str:
    """The line of a picture that was looked at."""
    return f"{path}: Predicted in {1000 * seconds:f} milli-seconds."


def lines(
    detections: Detections,
    names: Sequence[str],
    thresh: float,
    *,
    size_hw: tuple[int, int],
    ext_output: bool = False,
) -> list[str]:
    """`name: 87%` for every class above `thresh`, boxes from left to right; draw_detections_v3().

    size_hw: of the picture, px. ext_output: add the box in px.
    """
    found = shown(detections, names, thresh)
    # The C program adds and multiplies in float32; rounding shows it.
    found.sort(key=lambda one: np.float32(one.box[0]) - np.float32(one.box[2]) / 2)
    texts = []
    for one in found:
        place = _place_px(one.box, size_hw) if ext_output else ""
        place += f"\t(track = {one.track})" if one.track else ""
        for number, prob in zip(one.classes, one.probs, strict=True):
            percent = np.float32(prob) * np.float32(100)
            texts.append(f"{class_name(names, number)}: {percent:.0f}%{place}")
    return texts


def _place_px(box: Sequence[float], size_hw: tuple[int, int]) -> str:
    cx, cy, w, h = np.float32(box)
    picture_h, picture_w = np.float32(size_hw)
    left, top = (cx - w / 2) * picture_w, (cy - h / 2) * picture_h
    left, top, width, height = (half_away(x) for x in (left, top, w * picture_w, h * picture_h))
    return (
        f"\t(left_x: {left:4.0f}   top_y: {top:4.0f}   width: {width:4.0f}   height: {height:4.0f})"
    )


def half_away(number: float) -> float:
    """C's round(): halves away from zero."""
    return float(np.copysign(np.floor(np.abs(np.float64(number)) + 0.5), number))


def json_record(
    frame: int, path: str | None, detections: Detections, names: Sequence[str], more: str = ""
) -> str:
    """One picture of a `-out` file; the layout is that of detection_to_json(), src/network.c.

    path: None for a frame of a film, which has none. more: what follows the objects.
    """
    objects = []
    for one in shown(detections, names, _JSON_THRESH):
        cx, cy, w, h = one.box
        track = f', "track_id":{one.track}' if one.track else ""
        for number, prob in sorted(zip(one.classes, one.probs, strict=True)):
            objects.append(
                f'  {{"class_id":{number}, "name":{_quoted(class_name(names, number))}, '
                f'"relative_coordinates":{{"center_x":{cx:f}, "center_y":{cy:f}, '
                f'"width":{w:f}, "height":{h:f}}}, "confidence":{prob:f}{track}}}'
            )
    file = "" if path is None else f'"filename":{_quoted(path)}, \n '
    head = f'{{\n "frame_id":{frame}, \n {file}"objects": [ \n'
    return head + ", \n".join(objects) + f"\n ]{more} \n}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class JsonFile:
    """A `-out` file. It is valid JSON after every picture, should the run be interrupted.

    begin, end: what stands around the records. OutputError if it cannot be written. Use it as a
    context manager.
    """

    def __init__(self, path: str | Path, begin: str = _JSON_BEGIN, end: str = _JSON_END) -> None:
        self.path = Path(path)
        self.frames = 0
        self._end = end.encode("utf-8", errors="replace")
        self._file = _created(self.path)
        self._file.write(begin.encode() + self._end)
        self._file.flush()

    def add(
        self,
        path: str,
        found: Detections,
        names: Sequence[str],
        size_hw: tuple[int, int] = (0, 0),
        seconds: float = 0.0,
    ) -> None:
        """Append the detections of a picture. size_hw, seconds: Darknet's file has neither."""
        self.append(json_record(self.frames + 1, path, found, names))

    def lost(self, path: str, reason: str) -> None:
        """A picture that cannot be read is not in Darknet's file."""

    def append(self, record: str) -> None:
        """Append a record."""
        separator = ", \n" if self.frames else ""
        self.frames += 1
        try:
            self._file.seek(-len(self._end), 2)
            text = separator + record
            self._file.write(text.encode("utf-8", errors="replace") + self._end)
            self._file.flush()
        except OSError as problem:
            raise OutputError(f"{self.path} cannot be written: {problem.strerror}") from None

    def __enter__(self) -> JsonFile:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # add() has said it
            self._file.close()


def _created(path: Path) -> BinaryIO:
    try:
        return open(path, "wb")
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}") from None


def label_text(detections: Detections, thresh: float) -> str:
    """Rows of a label file from the most probable class of each box above `thresh`."""
    boxes, probs = detections.boxes.numpy(), detections.probs.numpy()
    rows = []
    for box, row in zip(boxes, probs, strict=True):
        if np.isfinite(box).all() and row.size and row.max() > thresh:
            rows.append(f"{row.argmax()} " + " ".join(f"{number:.4f}" for number in box) + "\n")
    return "".join(rows)


def save_labels(picture: str, detections: Detections, thresh: float) -> str:
    """Write the label file of a picture where Darknet looks for it; gives the line to print.

    A label file that exists is never changed. OutputError if none can be written.
    """
    path = Path(darknet_label_path(picture))
    text = label_text(detections, thresh)
    try:
        if path.exists():
            same = path.read_bytes() == text.encode()
            return f"{path}: {'unchanged' if same else 'not written, other labels are there'}"
        with open(path, "x", encoding="ascii") as file:
            file.write(text)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}") from None
    return f"{path}: saved"
