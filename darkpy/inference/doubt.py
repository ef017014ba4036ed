"""How unsure a network is of what it found: which pictures are worth a person's look next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from darkpy.inference.detector import Detections

LOOKED_AT = 0.05  # probability from which a box counts: what is below is background to the network
_TELLING = 3  # boxes that a picture is judged by, so that crowds do not win by their number


def box_doubts(detections: Detections) -> np.ndarray:
    """The doubt about each box, (N,) between 0 and 1.

    Either whether it is there, the entropy of its best class's probability in bits; or which class
    it has, the second best as a share of the best. The larger of the two.
    """
    probs = np.sort(detections.probs.double().numpy(), axis=1)
    if not probs.size:
        return np.zeros(len(probs))
    best = probs[:, -1].clip(1e-12, 1 - 1e-12)
    there = -(best * np.log2(best) + (1 - best) * np.log2(1 - best))
    if probs.shape[1] == 1:
        return there
    return np.maximum(there, probs[:, -2] / best)


def picture_doubt(detections: Detections) -> float:
    """The mean doubt of the three most doubtful boxes; 0 for a picture without any."""
    doubts = np.sort(box_doubts(detections))[::-1][:_TELLING]
    return float(doubts.mean()) if len(doubts) else 0.0
