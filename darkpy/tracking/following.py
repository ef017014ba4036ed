"""Detections of frame after frame, each object under its own number."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.flags.detector import Following
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.looks import Looks
from darkpy.sections.yolo import Yolo
from darkpy.tracking.tracker import LOW_SHARE, Sight, Tracker, TrackKeys


def track_keys(options: object) -> TrackKeys:
    """The keys of the last head; defaults for heads that have none."""
    if not isinstance(options, Yolo):
        return TrackKeys()
    return TrackKeys(
        track_history_size=options.track_history_size,
        sim_thresh=options.sim_thresh,
        dets_for_track=options.dets_for_track,
        dets_for_show=options.dets_for_show,
        track_ciou_norm=options.track_ciou_norm,
    )


def follower_for(asked: Following, detector: Detector, thresh: float) -> Follower | None:
    """What follows the objects, if that is asked for."""
    if not (asked.track or asked.zones):
        return None
    return Follower(track_keys(detector.options), thresh, Looks(detector.network))


class Follower:
    """Numbers the objects of a film. thresh: of what may begin a track.

    low: the threshold to detect with, for the unlikely boxes that go on with a track.
    """

    def __init__(self, keys: TrackKeys, thresh: float, looks: Looks | None = None) -> None:
        self.thresh = thresh
        self._looks = looks
        self.low = thresh * LOW_SHARE
        self._tracker = Tracker(keys, thresh)

    def __call__(self, found: Detections) -> Detections:
        """The detections of the next frame, found above `low` -> those to show, with tracks.

        A likely box keeps its classes above the threshold; one that only goes on with a track has
        its best class alone.
        """
        there = (found.probs > 0).any(dim=1) & found.boxes.isfinite().all(dim=1)
        boxes, objectness, probs = (
            part[there] for part in (found.boxes, found.objectness, found.probs)
        )
        if not len(boxes):
            best, classes = torch.empty(0), torch.empty(0, dtype=torch.long)
        else:
            best, classes = probs.max(dim=1)
        looks = self._looks_of(found, there)
        sight = Sight(boxes.double().numpy(), classes.numpy(), best.double().numpy(), looks)
        ids, shown = (torch.from_numpy(part) for part in self._tracker.update(sight))
        probs = probs.where((probs > self.thresh) | (probs == best[:, None]), 0.0)
        return Detections(boxes[shown], objectness[shown], probs[shown], ids[shown])

    def _looks_of(self, found: Detections, there: torch.Tensor) -> np.ndarray | None:
        """What the objects look like, (N, S), if the network says so."""
        if not self._looks or found.candidates is None:
            return None
        looks = self._looks.of(found.candidates[there])
        return None if looks is None else looks.double().numpy()
