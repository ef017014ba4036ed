"""Writing with strokes of our own: cv2.putText looks different from one OpenCV to the next."""

from __future__ import annotations

import cv2
import numpy as np

# strokes on a grid 4 wide and 6 high, "xy" pairs from the top left; | lifts the pen
GLYPHS = {
    " ": "",
    "0": "10 30 41 45 36 16 05 01 10",
    "1": "02 20 26|16 36",
    "2": "01 10 30 41 42 06 46",
    "3": "01 10 30 41 42 33 23|33 44 45 36 16 05",
    "4": "36 30 04 44",
    "5": "40 00 03 33 44 45 36 06",
    "6": "30 10 01 05 16 36 45 44 33 13 04",
    "7": "00 40 16",
    "8": "10 30 41 42 33 13 02 01 10|13 04 05 16 36 45 44 33",
    "9": "16 36 45 41 30 10 01 02 13 33 42",
    "A": "06 20 46|14 34",
    "a": "12 32 43 46|44 14 05 16 36 45",
    "c": "43 32 12 03 05 16 36 45",
    "d": "40 46|43 32 12 03 05 16 36 45",
    "e": "04 44 43 32 12 03 05 16 36 45",
    "h": "00 06|03 12 32 43 46",
    "i": "22 26|20 20",
    "l": "20 26",
    "m": "02 06|03 12 23 26|23 32 43 46",
    "n": "02 06|03 12 32 43 46",
    "o": "12 32 43 45 36 16 05 03 12",
    "r": "02 06|04 13 22 32",
    "s": "43 32 12 03 14 34 45 36 16 05",
    "t": "20 25 36 46|02 42",
    "u": "02 05 16 36 45|42 46",
}
SUB = 4  # fractional bits of cv2's sub-pixel drawing
ADVANCE = 6  # grid steps from one glyph to the next
HEIGHT = 6


def write(mask: np.ndarray, text: str, left: float, top: float, *, height: float, pen: int) -> None:
    """Write one line of text as 255 into a uint8 mask; `height` is that of a digit, pixels."""
    step = height / HEIGHT
    strokes = []
    for i, glyph in enumerate(text):
        for stroke in filter(None, GLYPHS[glyph].split("|")):
            grid = np.array([(int(x), int(y)) for x, y in stroke.split()])
            points = (left + i * ADVANCE * step, top) + step * grid
            strokes.append(np.round(points * 2**SUB).astype(np.int32))
    cv2.polylines(mask, strokes, False, 255, pen, cv2.LINE_AA, SUB)


def width_of(text: str, height: float) -> float:
    """Pixels that a line of text takes along x."""
    return (ADVANCE * len(text) - 2) * height / HEIGHT
