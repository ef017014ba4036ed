"""Pictures with what was found right, what was found wrong and what was missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkpy.inference.shown import class_name
from darkpy.view.draw import Marked, corners_px, draw_marked

RIGHT, WRONG, MISSED = (22, 128, 60), (214, 40, 40), (240, 200, 60)


def draw_judged(
    pixels: np.ndarray, found: np.ndarray, missed: np.ndarray, names: Sequence[str]
) -> np.ndarray:
    """A copy of a picture (H, W, C) uint8 with rows of metrics.visible.Visible -> (H, W, 3).

    Right ones are green, wrong ones red, missed ones yellow and dashed.
    """
    frames = [
        Marked(
            corners=corners_px(row[2:6], pixels.shape),
            text=f"missed {class_name(names, int(row[1]))}",
            colour=MISSED,
            ignored=True,
        )
        for row in missed
    ]
    frames += [
        Marked(
            corners=corners_px(row[2:6], pixels.shape),
            text=f"{class_name(names, int(row[1]))} {row[6]:.2f}",
            colour=RIGHT if row[7] else WRONG,
        )
        for row in found[np.argsort(found[:, 6], kind="stable")]
    ]
    return draw_marked(pixels, frames)
