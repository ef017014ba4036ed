"""Why the mAP of a training may be 0: what there is to find, what is found, and how it misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.errors import number_of
from darkpy.events import returned
from darkpy.inference.detector import Detector
from darkpy.inference.shown import class_name
from darkpy.metrics.anchors import RECALL_IOU, nearest_overlaps
from darkpy.metrics.measurement import Measurement
from darkpy.planning.anchor_masks import anchored_heads, present_anchors
from darkpy.planning.scale_reach import reached
from darkpy.planning.scaled import match_thresh, scaled_heads
from darkpy.session.measure import CONFIDENCE, measure

_ASKED = 16  # pictures of the training list that are looked at
_FAINT = 0.05  # a network whose best detection is below it has hardly begun
_MANY = 0.1  # share from which on a cause is worth a word


@dataclass(frozen=True)
class Nothing:
    """An mAP of 0. trained_on: the training's own pictures. names: of the classes."""

    measured: Measurement
    valid: Dataset
    trained_on: Dataset
    names: Sequence[str]

    def words(self, detector: Detector, *, letter_box: bool) -> Iterator[str]:
        """A short paragraph on what was looked at; nothing of it is sure."""
        if not len(self.valid.classes):
            return  # which was said before the first iteration
        counts = self.valid.labels
        lines = [
            f"{self.valid.source} has {number_of(len(self.valid.classes), 'objects')} in "
            f"{counts.labelled} of {len(self.valid)} pictures",
            self._best(),
            *self._other_classes(),
            *self._out_of_reach(detector),
            self._own(detector, letter_box),
        ]
        yield f"why an mAP of 0? {'; '.join(lines)}"

    def _best(self) -> str:
        probs = self.measured.all.probs
        if not len(probs):
            return f"nothing is detected, not even with {CONFIDENCE:.1%}: usual in the beginning"
        faint = ", which is usual in the beginning" if probs.max() < _FAINT else ""
        return f"the most certain of {len(probs)} detections has {probs.max():.1%}{faint}"

    def _other_classes(self) -> Iterator[str]:
        """Whether boxes are right whose classes are not."""
        mean, pairs = as_one_class(self.measured)
        if mean < _MANY or not pairs:
            return
        said, true = max(pairs, key=lambda pair: pairs[pair])
        named = [class_name(self.names, k) for k in (true, said)]
        yield (
            f"without regard to classes it would be {mean:.1%}: boxes are right and classes are "
            f"not, {named[0]} is most often taken for {named[1]} (is names=, or the order of "
            "classes in the labels, another one than in training?)"
        )

    def _out_of_reach(self, detector: Detector) -> Iterator[str]:
        """Whether no anchor comes near the objects."""
        plan, boxes = detector.network.plan, self.valid.boxes
        px = boxes * ((detector.input.w, detector.input.h) * 2)
        anchors, scaled = present_anchors(anchored_heads(plan)), scaled_heads(plan)
        if len(anchors):
            unfit = float((nearest_overlaps(px[:, 2:], anchors) < RECALL_IOU).mean())
        elif scaled:
            unfit = float((reached(px, scaled) < match_thresh(scaled)).mean())
        else:
            return
        if unfit >= _MANY:
            yield (
                f"{unfit:.0%} of the objects have sizes that no anchor is near "
                "(`darkpy detector calc_anchors`)"
            )

    def _own(self, detector: Detector, letter_box: bool) -> str:
        """How the training's own pictures fare: learning and generalizing are two things."""
        labelled = np.setdiff1d(np.arange(len(self.trained_on)), self.trained_on.unlabelled)
        numbers = labelled[:: max(1, len(labelled) // _ASKED)][:_ASKED].tolist()
        alike = {"letter_box": letter_box, "numbers": numbers, **_settings(self.measured)}
        own = returned(measure(detector, self.trained_on, **alike))
        mean = own.report().mean_average_precision
        so = f"on {number_of(len(numbers), 'pictures')} of the training list it is {mean:.1%}"
        if not mean:
            return f"{so} too: nothing is learnt yet"
        return f"{so}: what is learnt does not carry over to valid="


def no_labels(valid: Dataset) -> str:
    """What to say about a list without a single object, against which nothing can be right."""
    counts = valid.labels
    return (
        f"warning: {valid.source} has no object to find, so that mAP stays 0: "
        f"{number_of(len(valid), 'pictures')}, {counts.missing} without a label file, "
        f"{counts.empty} with an empty one; label files lie beside their pictures, or in "
        "labels/ where those are in images/"
    )


def as_one_class(measured: Measurement) -> tuple[float, dict[tuple[int, int], int]]:
    """The average precision if there were one class, and how often (said, true) met."""
    own = measured.all
    one = replace(
        own,
        classes=np.zeros_like(own.classes),
        truth_classes=np.minimum(own.truth_classes, 0),
    )
    settings = _settings(measured)
    settings["conf_thresh"] = settings.pop("thresh")
    single = Measurement(one, 1, measured.pictures, **settings)
    hits = np.flatnonzero((single.found.truths >= 0) & ~single.found.repeats)
    met: dict[tuple[int, int], int] = {}
    for at in hits.tolist():
        pair = int(own.classes[at]), int(own.truth_classes[single.found.truths[at]])
        if pair[0] != pair[1]:
            met[pair] = met.get(pair, 0) + 1
    return single.report().mean_average_precision, met


def _settings(measured: Measurement) -> dict[str, float]:
    return {
        "iou_thresh": measured.iou_thresh,
        "thresh": measured.conf_thresh,
        "points": measured.points,
    }
