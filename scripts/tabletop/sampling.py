"""Reading tables and textures at many places at once."""

from __future__ import annotations

import cv2
import numpy as np

FOLD = 4096  # cv2.remap takes at most 32767 columns, so long lists are folded into rows


def lookup(table: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear samples (N,) or (N, C) of a table (h, w) or (h, w, C) at index coordinates (N,)."""
    room = FOLD - len(x) % FOLD
    maps = [np.pad(a.astype(np.float32), (0, room)).reshape(-1, FOLD) for a in (x, y)]
    found = cv2.remap(table, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(-1, *table.shape[2:])[: len(x)]
