"""How good tracks are: MOTA (arXiv: CLEAR MOT, 2008) and IDF1 (Ristani et al., 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.tracking.assignment import cheapest_pairs
from darkpy.tracking.tracker import iou_table

_HIT = 0.5  # overlap

# A frame: ids (N,) and boxes (N, 4) cxcywh.
Ids = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class TrackScore:
    """Counts over a film. switches: of a true object's id; idtp: boxes under their right id."""

    truths: int
    found: int
    misses: int
    strays: int
    switches: int
    idtp: int

    @property
    def mota(self) -> float:
        """1 - (misses + strays + switches) / truths."""
        return 1 - (self.misses + self.strays + self.switches) / max(1, self.truths)

    @property
    def idf1(self) -> float:
        """2 IDTP / (truths + found), of the pairing of whole tracks that is best for it."""
        return 2 * self.idtp / max(1, self.truths + self.found)


def score_tracks(truths: Sequence[Ids], found: Sequence[Ids]) -> TrackScore:
    """Compare a film's tracks with the true ones, frame by frame."""
    last: dict[int, int] = {}  # the id that a true object was found under
    together: dict[tuple[int, int], int] = {}  # frames in which two ids overlap
    misses = strays = switches = 0
    for (true_ids, true_boxes), (ids, boxes) in zip(truths, found, strict=True):
        overlap = iou_table(true_boxes, boxes)
        for row, column in np.argwhere(overlap >= _HIT):
            pair = int(true_ids[row]), int(ids[column])
            together[pair] = together.get(pair, 0) + 1
        # A pair of the frame before stays one as long as it overlaps.
        stays = np.array([[last.get(t) == i for i in ids] for t in true_ids]).reshape(overlap.shape)
        rows, columns = cheapest_pairs(np.where(overlap >= _HIT, 1 - overlap - stays, np.inf), _HIT)
        misses += len(true_ids) - len(rows)
        strays += len(ids) - len(rows)
        for row, column in zip(rows, columns, strict=True):
            true, got = int(true_ids[row]), int(ids[column])
            switches += last.get(true, got) != got
            last[true] = got
    return TrackScore(
        truths=sum(len(ids) for ids, _ in truths),
        found=sum(len(ids) for ids, _ in found),
        misses=misses,
        strays=strays,
        switches=switches,
        idtp=_best_pairing(together),
    )


def _best_pairing(together: dict[tuple[int, int], int]) -> int:
    """The most frames that a one-to-one pairing of true and found ids can have in common."""
    true = sorted({pair[0] for pair in together})
    got = sorted({pair[1] for pair in together})
    frames = np.zeros((len(true), len(got)))
    for (one, other), count in together.items():
        frames[true.index(one), got.index(other)] = count
    rows, columns = cheapest_pairs(-frames, 0.0)
    return int(frames[rows, columns].sum())
