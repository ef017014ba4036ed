"""Top-k accuracy of a classifier, by class and by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkpy.errors import number_of


class Accuracy:
    """Counts pictures as they come. k: how many of the likeliest classes count.

    confusion[t, p]: pictures of class t whose likeliest class was p; row K is of no known class.
    """

    def __init__(self, classes: int, k: int) -> None:
        self.k = k
        self.confusion = np.zeros((classes + 1, classes), np.int64)
        self.in_top = np.zeros(classes + 1, np.int64)

    def add(self, truth: int, probs: Sequence[float]) -> None:
        """One picture: its class, -1 for none that is known, and the probabilities (K,).

        Of equal probabilities the first counts as the largest: top_k(), Darknet's src/utils.c.
        """
        order = np.argsort(-np.asarray(probs), kind="stable")[: self.k]
        self.confusion[truth, order[0]] += 1
        self.in_top[truth] += truth in order

    @property
    def pictures(self) -> int:
        return int(self.confusion.sum())

    @property
    def top_1(self) -> float:
        """Share of the pictures whose likeliest class is theirs; 0 without any."""
        return float(np.trace(self.confusion)) / max(1, self.pictures)

    @property
    def top_k(self) -> float:
        """Share of the pictures whose class is among the first k."""
        return float(self.in_top.sum()) / max(1, self.pictures)

    def line(self) -> str:
        """Darknet's line after a picture, counted from 0."""
        return f"{self.pictures - 1}: top 1: {self.top_1:f}, top {self.k}: {self.top_k:f}"

    def by_class(self) -> np.ndarray:
        """Share of each class's pictures that are taken for it, (K,), NaN where it has none."""
        known = self.confusion[:-1]
        counts = known.sum(axis=1)
        return np.where(counts > 0, known.diagonal() / counts.clip(1), np.nan)

    def mistakes(self) -> list[tuple[int, int, int]]:
        """Truth, answer and count of each confusion, the most frequent first."""
        wrong = self.confusion[:-1].copy()
        np.fill_diagonal(wrong, 0)
        rows, columns = np.nonzero(wrong)
        found = zip(rows.tolist(), columns.tolist(), wrong[rows, columns].tolist(), strict=True)
        return sorted(found, key=lambda one: -one[2])

    def lines(self, names: Sequence[str], most: int) -> Iterator[str]:
        """What it all comes to, with the worst classes and the most frequent mistakes."""
        shares = self.by_class()
        known = shares[np.isfinite(shares)]
        yield ""
        mean = f", mean of the classes {known.mean():.2%}" if len(known) else ""
        yield (
            f"{number_of(self.pictures, 'pictures')}: top 1 {self.top_1:.2%}, "
            f"top {self.k} {self.top_k:.2%}{mean}"
        )
        worst = [k for k in np.argsort(shares, kind="stable")[:most].tolist() if shares[k] < 1]
        if worst:
            yield "worst: " + ", ".join(f"{names[k]} {shares[k]:.1%}" for k in worst)
        taken = [f"{names[t]} for {names[p]} {count}" for t, p, count in self.mistakes()[:most]]
        if taken:
            yield "taken: " + ", ".join(taken)

    def facts(self, names: Sequence[str]) -> dict[str, Any]:
        """All numbers, for a JSON file."""
        shares, counts = self.by_class(), self.confusion[:-1].sum(axis=1)
        classes = [
            {"name": name, "pictures": int(count), "top1": None if count == 0 else float(share)}
            for name, count, share in zip(names, counts, shares, strict=True)
        ]
        return {
            "pictures": self.pictures,
            "top1": self.top_1,
            "k": self.k,
            "topk": self.top_k,
            "classes": classes,
            "confusion": self.confusion[:-1].tolist(),
        }


@dataclass(frozen=True)
class ClassAccuracy:
    """One class of P pictures. average_precision: the share of them that is taken for it, which
    stands where a detector's average precision does. tp: so many of them. fp: pictures of other
    classes that are. truths: P."""

    average_precision: float
    tp: int
    fp: int
    truths: int


@dataclass(frozen=True)
class AccuracyReport:
    """What came of a measurement. k: how many of the likeliest classes `top_k` counts."""

    accuracy: Accuracy

    @property
    def k(self) -> int:
        return self.accuracy.k

    @property
    def top_1(self) -> float:
        return self.accuracy.top_1

    @property
    def top_k(self) -> float:
        return self.accuracy.top_k

    @property
    def classes(self) -> list[ClassAccuracy]:
        """Class by class, in their order."""
        confusion = self.accuracy.confusion
        right, answers = confusion[:-1].diagonal(), confusion.sum(axis=0)
        pictures = confusion[:-1].sum(axis=1)
        return [
            ClassAccuracy(float(share), int(hits), int(given - hits), int(count))
            for share, hits, given, count in zip(
                self.accuracy.by_class(), right, answers, pictures, strict=True
            )
        ]
