"""Pictures of one colour each, and what two views of one have in common.

Without darkpy and torch: tests/oracle/views/make.py asks the C program the same.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

COLOURS = (
    (200, 60, 60),
    (60, 200, 60),
    (60, 60, 200),
    (180, 180, 50),
    (50, 180, 180),
    (180, 50, 180),
)  # BGR, one a picture; its number is the class of its boxes
BOXES = ((0.3, 0.4, 0.2, 0.3), (0.7, 0.65, 0.3, 0.2))  # one flat, one tall: a mirror is seen
SIZE_WH, INPUT_PX, PAIRS = (60, 48), 32, 40
CLOSE = 0.005  # less than two grey levels, and half a percent of a side


def write_pictures(folder: Path) -> list[str]:
    """A picture of each colour with its label file; the paths."""
    paths = []
    for number, colour in enumerate(COLOURS):
        path = folder / f"class{number}_.png"
        cv2.imwrite(str(path), np.full((*SIZE_WH[::-1], 3), colour, np.uint8))
        rows = [" ".join(map(str, (number, *box))) for box in BOXES]
        path.with_suffix(".txt").write_text("\n".join(rows) + "\n")
        paths.append(str(path))
    return paths


def shape_of(truths: np.ndarray) -> tuple[bool, np.ndarray]:
    """Whether a picture was mirrored, and its boxes (2, 4) as if it was not."""
    narrow, wide = sorted(truths[:2, :4].tolist(), key=lambda box: box[2] / box[3])
    mirrored = narrow[0] > wide[0]
    boxes = np.array((narrow, wide))
    if mirrored:
        boxes[:, 0] = 1 - boxes[:, 0]
    return mirrored, boxes


def in_common(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Shares of the pairs whose views have the same picture, mirror, boxes, colour.

    A pair: pixels (2, 3, h, w) of 0..1, truths (2, M, 5); rows without width are none.
    """
    counted = dict.fromkeys(("pictures", "mirror", "boxes", "colour"), 0)
    for pixels, truths in pairs:
        first, second = pixels[:, :, INPUT_PX // 2, INPUT_PX // 2]
        seen = [{int(row[4]) for row in each if row[2] > 0} for each in truths]
        (mirror_1, boxes_1), (mirror_2, boxes_2) = (shape_of(each) for each in truths)
        counted["pictures"] += seen[0] == seen[1]
        counted["mirror"] += mirror_1 == mirror_2
        counted["boxes"] += bool(np.abs(boxes_1 - boxes_2).max() < CLOSE)
        counted["colour"] += bool(np.abs(first - second).max() < CLOSE)
    return {name: count / len(pairs) for name, count in counted.items()}


def joined_in_common(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Shares of the pairs whose views are joined of the same pictures, and in the same way.

    Colours must be as they are in the files, so that they say which pictures these are.
    """
    counted = dict.fromkeys(("pictures", "pixels"), 0)
    for pixels, _ in pairs:
        levels = np.rint(255 * pixels).astype(int).reshape(2, 3, -1)
        first, second = ({tuple(pixel) for pixel in each.T.tolist()} for each in levels)
        counted["pictures"] += first == second
        counted["pixels"] += bool(np.abs(pixels[0] - pixels[1]).max() < CLOSE)
    return {name: count / len(pairs) for name, count in counted.items()}


def classes_in_common(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Shares of the pairs whose views are of the same classes (2, K), as much, and look alike."""
    counted = dict.fromkeys(("pictures", "wanted", "pixels"), 0)
    for pixels, classes in pairs:
        counted["pictures"] += bool(((classes[0] > 0) == (classes[1] > 0)).all())
        counted["wanted"] += bool(np.abs(classes[0] - classes[1]).max() < CLOSE)
        counted["pixels"] += bool(np.abs(pixels[0] - pixels[1]).max() < CLOSE)
    return {name: count / len(pairs) for name, count in counted.items()}
