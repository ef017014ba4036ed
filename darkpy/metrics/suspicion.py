"""Which labels are likely wrong, by what a detector that has not seen them finds there.

A score is between 0 and 1 and comparable between kinds: about the share of such places that a
person would mend. What a probability is worth is measured on the data themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from darkpy.boxes import iou
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.orders import best_of_each, join

KINDS = ("missing", "class", "place", "duplicate", "unreasonable")
LEAST = 0.1  # a lower score is not worth a look
_HIT = 0.5  # IoU of a detection that is right
_NEAR = 0.3  # IoU of what is about the same object, though badly placed
_TOUCHING = 0.1
_TWINS = (0.5, 0.8)  # IoU of two labels: may be two objects; is surely one twice
# Beside a label even an unsure detection says much, for the label says that there is an object.
_DOUBT = 0.1
_ODD_PLACE, _SLOPE = 1.5, 1.5  # deviations off at which a place is as likely wrong as right
_RARE = 0.02  # share of labels that one expects to be such that no detector can find them
_OPINION = 0.5  # most for a label that is not found at all: it need not be wrong
_TIE = 0.1  # of equally good probabilities the higher one counts so much more
_DEVIATION = 1.4826  # of a normal distribution, in median distances
_LEAST_DEVIATION = 0.1
_LEAST_ODDS = 1e-3


@dataclass(frozen=True)
class Suspicion:
    """One place to look at: numbers of a picture, a label and a detection, -1 for none.

    twin: of a duplicate the label that it repeats.
    """

    kind: str
    score: float
    picture: int
    truth: int
    detection: int
    twin: int = -1


def suspicions(all_: FlatDetections, classes: int) -> list[Suspicion]:
    """All places with a score from LEAST on, the likeliest mistake first, one for each label.

    Ignored and difficult objects explain what is found there, and are not accused themselves.
    """
    looked = _Looked(all_, classes)
    found = [
        *looked.missing(),
        *looked.wrong_class(),
        *looked.badly_placed(),
        *looked.duplicates(),
        *looked.unreasonable(),
    ]
    found = [one for one in found if one.score >= LEAST]
    found.sort(key=lambda one: (-one.score, one.picture, one.truth, one.detection))
    told: set[int] = set()
    kept = []
    for one in found:
        if one.truth not in told:
            kept.append(one)
        if one.truth >= 0:
            told.add(one.truth)
    return kept


class _Looked:
    """Pairs of detections and labels that overlap, and what each detection is worth."""

    def __init__(self, all_: FlatDetections, classes: int) -> None:
        self.all, self.classes = all_, classes
        found, labels = all_.same_picture(np.arange(len(all_.probs)))
        overlap = all_.overlaps(found, labels)
        self.in_crowd = np.zeros(len(all_.probs), dtype=bool)
        self.in_crowd[found[all_.crowd[labels] & (overlap > _HIT)]] = True
        touching = ~all_.crowd[labels] & (overlap > _TOUCHING)
        self.found, self.labels = found[touching], labels[touching]
        self.overlap = overlap[touching]
        self.own = all_.classes[self.found] == all_.truth_classes[self.labels]
        self.hits = self.overlap >= _HIT
        self.trust = self._trust()

    def _trust(self) -> np.ndarray:
        """(D,): which share of detections that are as sure is right; of each class by itself."""
        right = np.zeros(len(self.all.probs), dtype=bool)
        right[self.found[self.own & self.hits]] = True
        trust = np.zeros(len(right))
        for k in range(self.classes):
            own = np.flatnonzero(self.all.classes == k)
            trust[own] = _rising(self.all.probs[own], right[own])
        return (1 - _TIE) * trust + _TIE * self.all.probs

    def _highest(self, pairs: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(M,): the highest value (D,) among the detections that are paired with each label."""
        best = np.zeros(len(self.all.crowd))
        np.maximum.at(best, self.labels[pairs], values[self.found[pairs]])
        return best

    def missing(self) -> list[Suspicion]:
        """Sure detections where no label is, one of those that overlap."""
        nearest = np.zeros(len(self.trust))
        np.maximum.at(nearest, self.found, self.overlap)
        alone = np.flatnonzero((nearest < _NEAR) & ~self.in_crowd & (self.trust >= LEAST))
        order = alone[np.lexsort((-self.trust[alone], self.all.pictures[alone]))]
        return [
            Suspicion("missing", float(self.trust[d]), int(self.all.pictures[d]), -1, d)
            for d in self._apart(order)
        ]

    def _apart(self, order: np.ndarray) -> list[int]:
        """Those of detections, sorted by picture and trust, that overlap none before them."""
        one, other = _earlier(self.all.pictures[order])
        boxes = self.all.boxes[order]
        alike = _ious(boxes[one], boxes[other]) >= _HIT
        one, other = one[alike], other[alike]
        bounds = np.searchsorted(one, np.arange(len(order) + 1))
        stays = np.zeros(len(order), dtype=bool)
        for at in range(len(order)):
            stays[at] = not stays[other[bounds[at] : bounds[at + 1]]].any()
        return order[stays].tolist()

    def wrong_class(self) -> list[Suspicion]:
        """Labels in whose place another class is found, and their own is not."""
        others = np.flatnonzero(~self.own & self.hits & self._accused())
        best = self._best_of_labels(others, self.trust)
        known = self._highest(self.own & self.hits, self.trust)
        trust = self.trust[self.found[best]]
        scores = trust / (trust + known[self.labels[best]] + _DOUBT)
        return self._told("class", best, scores)

    def badly_placed(self) -> list[Suspicion]:
        """Labels off the detection that is theirs, by more than is usual for their class."""
        nearest = best_of_each(self.found, self.overlap)
        own = nearest[(self.own & self._accused())[nearest]]
        best = self._best_of_labels(own, self.trust)
        trust = self.trust[self.found[best]]
        odd = self._oddness(best)
        scores = trust / (trust + _DOUBT) / (1 + np.exp((_ODD_PLACE - odd) * _SLOPE))
        return self._told("place", best, scores)

    def _oddness(self, pairs: np.ndarray) -> np.ndarray:
        """How many deviations the overlap of pairs is below the middle of its class."""
        share = np.clip(self.overlap[pairs].astype(np.float64), _LEAST_ODDS, 1 - _LEAST_ODDS)
        odds = np.log(share / (1 - share))
        odd = np.zeros(len(pairs))
        classes = self.all.truth_classes[self.labels[pairs]]
        for k in np.unique(classes):
            own = classes == k
            middle = np.median(odds[own])
            deviation = _DEVIATION * np.median(np.abs(odds[own] - middle))
            odd[own] = (middle - odds[own]) / max(deviation, _LEAST_DEVIATION)
        return odd

    def duplicates(self) -> list[Suspicion]:
        """Labels that lie on an earlier one of their picture, of whichever class."""
        all_ = self.all
        plain = np.flatnonzero(~all_.crowd)
        one, other = (plain[number] for number in _earlier(all_.truth_pictures[plain]))
        overlap = _ious(all_.truth_boxes[one], all_.truth_boxes[other])
        best = best_of_each(one, overlap)
        low, high = _TWINS
        scores = np.clip((overlap[best] - low) / (high - low), 0, 1)
        pictures = all_.truth_pictures[one[best]]
        return [
            Suspicion("duplicate", float(score), int(picture), int(truth), -1, int(twin))
            for score, picture, truth, twin in zip(
                scores, pictures, one[best], other[best], strict=True
            )
        ]

    def unreasonable(self) -> list[Suspicion]:
        """Labels in whose place next to nothing is found, the rarer in their class the more."""
        all_ = self.all
        best = self._highest(self.overlap >= _NEAR, all_.probs)
        found = []
        for k in range(self.classes):
            own = np.flatnonzero(all_.counted & (all_.truth_classes == k))
            ranked = np.sort(best[own])
            rarity = np.searchsorted(ranked, best[own], side="right") / max(len(own), 1)
            scores = _OPINION * _RARE / (_RARE + rarity)
            found += [
                Suspicion("unreasonable", float(score), int(all_.truth_pictures[t]), int(t), -1)
                for t, score in zip(own, scores, strict=True)
            ]
        return found

    def _accused(self) -> np.ndarray:
        """Pairs of a label that has to be found."""
        return self.all.counted[self.labels]

    def _best_of_labels(self, pairs: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Of pairs the one of each label whose detection has the highest value (D,)."""
        pairs = pairs[np.argsort(self.labels[pairs], kind="stable")]
        return pairs[best_of_each(self.labels[pairs], values[self.found[pairs]])]

    def _told(self, kind: str, pairs: np.ndarray, scores: np.ndarray) -> list[Suspicion]:
        return [
            Suspicion(kind, float(score), int(self.all.truth_pictures[t]), int(t), int(d))
            for t, d, score in zip(self.labels[pairs], self.found[pairs], scores, strict=True)
        ]


def _rising(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(N,): the share of right ones as it rises with `values`, at each of them.

    Isotonic regression by pooling neighbours that fall; Ayer et al. 1955.
    """
    order = np.lexsort((~right, values))  # of equal values the right ones first, so they pool
    shares: list[float] = []
    counts: list[int] = []
    for one in right[order].tolist():
        share, count = float(one), 1
        while shares and shares[-1] >= share:
            share = (share * count + shares[-1] * counts[-1]) / (count + counts[-1])
            count += counts[-1]
            del shares[-1], counts[-1]
        shares.append(share)
        counts.append(count)
    risen = np.empty(len(values))
    risen[order] = np.repeat(shares, counts)
    return risen


def _earlier(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (E,) of all pairs of equal numbers, the later one first; ascending."""
    one, other = join(pictures, pictures)
    kept = other < one
    return one[kept], other[kept]


def _ious(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of boxes (N, 4) cxcywh, pair by pair."""
    return iou(torch.from_numpy(a), torch.from_numpy(b)).numpy()
