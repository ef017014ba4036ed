"""Tracks: the same object in frame after frame, by where it must be and what it looks like.

ByteTrack (arXiv:2110.06864): tracks are moved on by a Kalman filter and paired with the frame's
likely boxes first; those left over are paired with its unlikely ones, which may well be the same
objects behind something. Only a likely box begins a track. When an object has an id and is shown
is decided by [yolo]'s keys, as set_track_id() of Darknet's src/http_stream.cpp does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from darkpy.boxes import iou
from darkpy.tracking.assignment import cheapest_pairs
from darkpy.tracking.kalman import Motion

LOW_SHARE = 0.4  # of the threshold: the least probability that can go on with a track
_ALIKE, _ALIKE_IF_UNLIKELY = 0.2, 0.5  # overlaps; ByteTrack's 1 - .8 and 1 - .5
_FRESH = 0.1  # share of a new look in the look that a track is known by


@dataclass(frozen=True)
class TrackKeys:
    """The keys of [yolo] for tracking; defaults from parse_yolo(), Darknet's src/parser.c."""

    track_history_size: int = 5
    sim_thresh: float = 0.8
    dets_for_track: int = 1
    dets_for_show: int = 1
    track_ciou_norm: float = 0.01


@dataclass(frozen=True)
class Sight:
    """What a frame shows: N boxes cxcywh in the unit square, their best class and probability.

    looks: (N, S) vectors of length 1 where a network gives them: alike for the same object.
    """

    boxes: np.ndarray
    classes: np.ndarray
    probs: np.ndarray
    looks: np.ndarray | None = None


class Tracker:
    """Remembers the objects of a film. thresh: of a likely box."""

    def __init__(self, keys: TrackKeys, thresh: float) -> None:
        self._keys = keys
        self._thresh = thresh
        self._motion = Motion()
        self._ids = np.empty(0, int)  # 0 until a track has earned one
        self._classes = np.empty(0, int)
        self._seen = np.empty(0, int)  # sightings after the first
        self._lost = np.empty(0, int)  # frames since the last sighting
        self._looks: np.ndarray | None = None
        self._last_id = 0

    def update(self, sight: Sight) -> tuple[np.ndarray, np.ndarray]:
        """Go on by a frame: the id of each box, (N,), 0 for none; which to show, (N,) bool."""
        self._motion.predict(self._lost > 0)
        likely = np.flatnonzero(sight.probs > self._thresh)
        unlikely = np.flatnonzero(sight.probs <= self._thresh)
        track_of = np.full(len(sight.boxes), -1)

        affinity = self._affinity(sight)
        free = np.arange(len(self._ids))
        self._pair(affinity, free, likely, _ALIKE, track_of)
        free = np.setdiff1d(free[self._lost == 0], track_of)
        overlap = self._overlap(sight)
        self._pair(overlap, free, unlikely, _ALIKE_IF_UNLIKELY, track_of)

        known = np.flatnonzero(track_of >= 0)
        self._see(track_of[known], sight, known)
        new = likely[track_of[likely] < 0]
        track_of[new] = len(self._ids) + np.arange(len(new))
        self._begin(sight, new)
        return self._told(track_of)

    def _affinity(self, sight: Sight) -> np.ndarray:
        """How well tracks and boxes go together, (T, N), 0 where they cannot."""
        overlap = self._overlap(sight)
        if sight.looks is None or self._looks is None:
            return overlap
        weight = self._keys.track_ciou_norm
        likeness = (1 - weight) * (self._looks @ sight.looks.T) + weight * overlap
        same = self._classes[:, None] == sight.classes
        likeness = np.where(same & (likeness > self._keys.sim_thresh), likeness, 0)
        return np.maximum(overlap, likeness)

    def _overlap(self, sight: Sight) -> np.ndarray:
        """IoU of the tracks' expected places with the boxes of their class, (T, N)."""
        same = self._classes[:, None] == sight.classes
        return np.where(same, iou_table(self._motion.boxes, sight.boxes), 0)

    @staticmethod
    def _pair(
        affinity: np.ndarray,
        tracks: np.ndarray,
        boxes: np.ndarray,
        least: float,
        track_of: np.ndarray,
    ) -> None:
        """Pair tracks with boxes whose affinity is at least `least`; noted in track_of (N,)."""
        rows, columns = cheapest_pairs(1 - affinity[np.ix_(tracks, boxes)], 1 - least)
        track_of[boxes[columns]] = tracks[rows]

    def _see(self, tracks: np.ndarray, sight: Sight, boxes: np.ndarray) -> None:
        """Tracks were seen again as these boxes; the others are missed, and forgotten in time."""
        self._motion.see(tracks, sight.boxes[boxes])
        self._lost += 1
        self._lost[tracks] = 0
        self._seen[tracks] += 1
        if sight.looks is not None and self._looks is not None:
            looks = (1 - _FRESH) * self._looks[tracks] + _FRESH * sight.looks[boxes]
            self._looks[tracks] = looks / np.linalg.norm(looks, axis=1, keepdims=True).clip(1e-12)
        earned = (self._ids == 0) & (self._seen > self._keys.dets_for_track) & (self._lost == 0)
        self._ids[earned] = self._last_id + 1 + np.arange(earned.sum())
        self._last_id += int(earned.sum())

    def _begin(self, sight: Sight, new: np.ndarray) -> None:
        self._motion.add(sight.boxes[new])
        self._ids = np.append(self._ids, np.zeros(len(new), int))
        self._classes = np.append(self._classes, sight.classes[new])
        self._seen = np.append(self._seen, np.zeros(len(new), int))
        self._lost = np.append(self._lost, np.zeros(len(new), int))
        if sight.looks is not None:
            before = sight.looks[:0] if self._looks is None else self._looks
            self._looks = np.concatenate((before, sight.looks[new]))

    def _told(self, track_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ids and what to show of each box; then tracks that were missed for too long go."""
        ids, shown = np.zeros(len(track_of), int), np.zeros(len(track_of), bool)
        known = track_of >= 0
        ids[known] = self._ids[track_of[known]]
        shown[known] = self._seen[track_of[known]] >= self._keys.dets_for_show
        # A track without an id may have been a mistake: it is not waited for.
        patience = np.where(self._ids > 0, self._keys.track_history_size, 0)
        kept = self._lost <= patience
        self._motion.keep(kept)
        self._ids, self._classes = self._ids[kept], self._classes[kept]
        self._seen, self._lost = self._seen[kept], self._lost[kept]
        if self._looks is not None:
            self._looks = self._looks[kept]
        return ids, shown


def iou_table(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """IoU of all pairs of boxes (T, 4), (N, 4) cxcywh -> (T, N)."""
    return iou(torch.from_numpy(one)[:, None], torch.from_numpy(other)).numpy()
