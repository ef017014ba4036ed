"""Boxes with their names on pictures, and sheets of several pictures."""

from __future__ import annotations

import colorsys
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkpy.inference.shown import Shown, class_name, shown
from darkpy.machine.opencv import cv2
from darkpy.view.lettering import Lettering

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

_ANY_LETTER = int(cv2.__version__.split(".")[0]) >= 5  # OpenCV 4 draws ASCII and ? for the rest
_SMALLEST_TEXT = 10  # px, of a capital: below it letters of OpenCV's fonts run together
_TEXT_SHARE = 0.015  # of the longer side
_LINE_SHARE = 0.0025
_LONGEST_SHAPE = 16  # a longer strip has letters for one of this shape, which its short side holds
_GOLDEN = (math.sqrt(5) - 1) / 2
_VALUES = (1.0, 0.72)  # brightness in turn, so that similar hues differ in one more way
_SATURATION = 0.85
_LUMINANCE = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_TILE = 480  # longest side of a picture on a contact sheet, px
_GAP = 8
_GREY = (190, 190, 190)  # of ignored boxes
_DASH = 4  # line widths
_PAPER = 236  # grey level between the tiles


@dataclass(frozen=True)
class Marked:
    """A box in px and its text; ignored: what is not judged there."""

    corners: tuple[int, int, int, int]
    text: str
    colour: tuple[int, int, int]
    ignored: bool = False

    def outline(self, picture: np.ndarray, line: int) -> None:
        """Draw its border, `line` px wide, on a picture; dashed if it is ignored."""
        left, top, right, bottom = self.corners
        # Between the dashes a dark line shows them on any ground.
        solid = _BLACK if self.ignored else self.colour
        cv2.rectangle(picture, (left, top), (right, bottom), solid, line)
        if not self.ignored:
            return
        dash = _DASH * line
        for x in range(left, right + 1, 2 * dash):
            for y in (top, bottom):
                cv2.line(picture, (x, y), (min(x + dash, right), y), self.colour, line)
        for y in range(top, bottom + 1, 2 * dash):
            for x in (left, right):
                cv2.line(picture, (x, y), (x, min(y + dash, bottom)), self.colour, line)


def draw_detections(
    pixels: np.ndarray, detections: Detections, names: Sequence[str], thresh: float = 0.0
) -> np.ndarray:
    """A copy of a picture (H, W, C) uint8 RGB or grey with its detections -> (H, W, 3).

    Classes above `thresh` stand beside each box, the most probable first; the most probable boxes
    are drawn last.
    """
    found = sorted(shown(detections, names, thresh), key=lambda one: one.probs[0])
    texts = [
        ", ".join(
            f"{_label(names, number)}{track}: {prob:.0%}"
            for number, prob, track in zip(one.classes, one.probs, _track_words(one), strict=True)
        )
        for one in found
    ]
    boxes = np.array([one.box for one in found]).reshape(-1, 4)
    return draw_marked(pixels, _frames(pixels, boxes, [one.classes[0] for one in found], texts))


def draw_truths(
    pixels: np.ndarray,
    boxes: np.ndarray,
    classes: Sequence[int],
    names: Sequence[str],
    ignored: np.ndarray | Sequence[Sequence[float]] = (),
) -> np.ndarray:
    """A copy of a picture (H, W, C) uint8 with boxes (M, 4) cxcywh, unit square -> (H, W, 3).

    ignored (I, 5): rows cx cy w h class of what is not judged, class -1 for any; dashed and grey.
    """
    numbers = [int(number) for number in classes]
    texts = [_label(names, number) for number in numbers]
    frames = [
        Marked(
            corners=corners_px(row[:4], pixels.shape),
            text="ignore" if row[4] < 0 else f"ignore {_label(names, int(row[4]))}",
            colour=_GREY,
            ignored=True,
        )
        for row in np.asarray(ignored, float).reshape(-1, 5)
    ]
    frames += _frames(pixels, np.asarray(boxes).reshape(-1, 4), numbers, texts)
    return draw_marked(pixels, frames)


def contact_sheet(
    pictures: Sequence[np.ndarray], captions: Sequence[str], columns: int = 4
) -> np.ndarray:
    """Pictures (H, W, C) uint8 of any size in rows of `columns`, each over its caption.

    All are shrunk to fit a tile of at most _TILE px; a caption may have several lines.
    """
    tiles = [_tile(pixels, text) for pixels, text in zip(pictures, captions, strict=True)]
    columns = max(1, min(columns, len(tiles)))
    wide = max((tile.shape[1] for tile in tiles), default=0)
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    heights = [max(tile.shape[0] for tile in row) + _GAP for row in rows]
    shape = (sum(heights) + _GAP, columns * (wide + _GAP) + _GAP, 3)
    sheet = np.full(shape, _PAPER, np.uint8)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            left = _GAP + column * (wide + _GAP)
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        top += height
    return sheet


def class_colour(number: int) -> tuple[int, int, int]:
    """Red, green, blue of a class. Steps of the golden ratio keep any number of hues apart."""
    value = _VALUES[number % len(_VALUES)]
    rgb = colorsys.hsv_to_rgb(number * _GOLDEN % 1.0, _SATURATION, value)
    return tuple(round(255 * part) for part in rgb)


def text_colour(background: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever is easier to read on `background`."""
    luminance = sum(share * part for share, part in zip(_LUMINANCE, background, strict=True))
    return _BLACK if luminance > 128 else _WHITE


def _frames(
    pixels: np.ndarray, boxes: np.ndarray, classes: Sequence[int], texts: Sequence[str]
) -> list[Marked]:
    return [
        Marked(corners_px(box, pixels.shape), text, class_colour(number))
        for box, number, text in zip(boxes, classes, texts, strict=True)
    ]


def draw_marked(pixels: np.ndarray, frames: Sequence[Marked]) -> np.ndarray:
    """All boxes first, then all texts, so that no line runs through a name."""
    picture = _rgb(pixels)
    side = min(max(picture.shape[:2]), _LONGEST_SHAPE * min(picture.shape[:2]))
    lettering = Lettering.of(max(_SMALLEST_TEXT, round(_TEXT_SHARE * side)))
    line = max(1, round(_LINE_SHARE * side))
    for frame in frames:
        frame.outline(picture, line)
    # The last frame is the most important one: it chooses its place first and is written last.
    labels = _place(frames[::-1], lettering, picture.shape)[::-1]
    for frame, (left, top, right, bottom) in zip(frames, labels, strict=True):
        cv2.rectangle(picture, (left, top), (right, bottom), frame.colour, cv2.FILLED)
        base = top + lettering.pad + lettering.height
        colour = text_colour(frame.colour)
        lettering.write(picture, frame.text, left + lettering.pad, base, colour)
    return picture


def corners_px(box: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """cx cy w h of the unit square -> left top right bottom inside the picture."""
    h, w = shape[:2]
    cx, cy, width, height = box
    x = np.clip([(cx - width / 2) * w, (cx + width / 2) * w], 0, w - 1)
    y = np.clip([(cy - height / 2) * h, (cy + height / 2) * h], 0, h - 1)
    return round(x[0]), round(y[0]), round(x[1]), round(y[1])


def _place(
    frames: Sequence[Marked], lettering: Lettering, shape: tuple[int, ...]
) -> list[tuple[int, int, int, int]]:
    """Corners of each frame's text: above its box, inside or below; apart if there is room."""
    h, w = shape[:2]
    tall = lettering.height + 2 * lettering.pad
    taken = np.empty((len(frames), 4), dtype=int)
    for number, frame in enumerate(frames):
        left, top, _, bottom = frame.corners
        wide = lettering.width(frame.text) + 2 * lettering.pad
        left = max(0, min(left, w - 1 - wide))
        inside = max(0, min(top, h - 1 - tall))
        ys = [y for y in (top - tall, top, bottom, bottom - tall) if 0 <= y <= h - 1 - tall]
        candidates = [(left, y, left + wide, y + tall) for y in (*ys, inside)]
        free = (one for one in candidates if not _overlaps(one, taken[:number]))
        taken[number] = next(free, candidates[0])
    return [tuple(corners) for corners in taken.tolist()]


def _overlaps(corners: tuple[int, int, int, int], others: np.ndarray) -> bool:
    left, top, right, bottom = corners
    x = (others[:, 0] < right) & (left < others[:, 2])
    y = (others[:, 1] < bottom) & (top < others[:, 3])
    return bool((x & y).any())


def _tile(pixels: np.ndarray, caption: str) -> np.ndarray:
    """One picture of a sheet, shrunk if need be, with its caption below."""
    picture = _rgb(pixels)
    factor = _TILE / max(picture.shape[:2])
    if factor < 1:
        h, w = (max(1, round(side * factor)) for side in picture.shape[:2])
        picture = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    h, w = picture.shape[:2]
    lettering = Lettering.of(_SMALLEST_TEXT)
    step = lettering.height + 2 * lettering.pad
    lines = caption.split("\n") if caption else []
    tile = np.full((h + len(lines) * step, w, 3), _PAPER, np.uint8)
    tile[:h] = picture
    for line, text in enumerate(lines, start=1):
        fitting = _cut(_drawable(text, "?"), w, lettering)
        lettering.write(tile, fitting, 0, h + line * step - lettering.pad, _BLACK)
    return tile


def _cut(text: str, width: int, lettering: Lettering) -> str:
    """The text, or as much of its beginning as fits into `width` px."""
    if lettering.width(text) <= width:
        return text
    while text and lettering.width(text + "...") > width:
        text = text[:-1]
    return text + "..."


def _rgb(pixels: np.ndarray) -> np.ndarray:
    """A contiguous copy with three channels."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    return np.array(pixels[..., :3], order="C")


def _track_words(one: Shown) -> list[str]:
    """What stands behind the name of each class: the object's number behind the first."""
    first = f" (id: {one.track})" if one.track else ""
    return [first] + [""] * (len(one.classes) - 1)


def _drawable(text: str, otherwise: str) -> str:
    """Text in letters that OpenCV can draw: as it is, without accents, or `otherwise`."""
    if _ANY_LETTER or text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip()
    return plain or otherwise


def _label(names: Sequence[str], number: int) -> str:
    return _drawable(class_name(names, number), f"class {number}")
