"""A made-up film of which all tracks are known: objects that cross, hide, and are missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkpy.tracking.score import TrackScore, score_tracks
from darkpy.tracking.tracker import LOW_SHARE, Sight, Tracker, TrackKeys

_THRESH = 0.25


@dataclass(frozen=True)
class Film:
    """Frames: what is there (ids, boxes), and what a detector makes of it.

    A covered object is found with a low probability; some are missed, some boxes are wrong.
    """

    truths: list[tuple[np.ndarray, np.ndarray]]
    sights: list[Sight]


def make_film(seed: int, *, frames: int = 200, objects: int = 12) -> Film:
    """Objects enter, cross the picture at their own speed and leave."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, frames // 2, objects)
    place, speed = rng.uniform(0.1, 0.9, (objects, 2)), rng.normal(0, 0.006, (objects, 2))
    sides = rng.uniform(0.06, 0.16, (objects, 2))
    classes = rng.integers(0, 2, objects)
    truths, sights = [], []
    for frame in range(frames):
        centre = place + speed * (frame - start)[:, None] + rng.normal(0, 5e-4, (objects, 2))
        inside = (frame >= start) & ((centre > 0) & (centre < 1)).all(axis=1)
        ids = np.flatnonzero(inside)
        boxes = np.concatenate((centre, sides), axis=1)[ids]
        truths.append((ids + 1, boxes))
        sights.append(_seen(rng, boxes, classes[ids]))
    return Film(truths, sights)


def _seen(rng: np.random.Generator, boxes: np.ndarray, classes: np.ndarray) -> Sight:
    """What a detector finds: boxes that are off by 5 % of their sides."""
    count = len(boxes)
    gap = np.abs(boxes[:, None, :2] - boxes[None, :, :2])
    near = (gap < 0.35 * (boxes[:, None, 2:] + boxes[None, :, 2:])).all(axis=2)
    behind = np.triu(near, 1).any(axis=1)  # later objects stand in front
    probs = np.where(behind, rng.uniform(0.1, 0.25, count), rng.uniform(0.4, 0.95, count))
    found = rng.random(count) > np.where(behind, 0.2, 0.03)
    off = boxes + 0.05 * np.tile(boxes[:, 2:], 2) * rng.normal(0, 1, boxes.shape)
    strays = rng.poisson(0.4)
    wrong = np.concatenate((rng.random((strays, 2)), rng.uniform(0.05, 0.15, (strays, 2))), axis=1)
    return Sight(
        np.concatenate((off[found], wrong)),
        np.concatenate((classes[found], rng.integers(0, 2, strays))),
        np.concatenate((probs[found], rng.uniform(0.12, 0.4, strays))),
    )


def track_film(film: Film, keys: TrackKeys, *, rounds: int = 2) -> TrackScore:
    """The score of a tracker on a film. rounds 1: unlikely boxes are left out."""
    tracker = Tracker(keys, _THRESH)
    found = []
    for sight in film.sights:
        least = _THRESH if rounds == 1 else _THRESH * LOW_SHARE
        kept = sight.probs > least
        sight = Sight(sight.boxes[kept], sight.classes[kept], sight.probs[kept])
        ids, shown = tracker.update(sight)
        named = shown & (ids > 0)
        found.append((ids[named], sight.boxes[named]))
    return score_tracks(film.truths, found)
