"""Top-k accuracy while a classifier's training runs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from darkpy.cfg.net import NetOptions
from darkpy.data.classes import ClassList
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.inference.classifier import Classifier
from darkpy.metrics.accuracy import Accuracy, AccuracyReport
from darkpy.session.answers import answers
from darkpy.session.evaluation import Evaluation

_MEASURING = "measuring accuracy"


class ClassEvaluation(Evaluation):
    """Measures as `classifier valid` does. k: how many of the likeliest classes count, too."""

    short = name = "top-1"

    def __init__(
        self, valid: ClassList | None, net: NetOptions, *, every: int, pictures: int, k: int
    ) -> None:
        super().__init__(valid, net, every=every, pictures=pictures)
        self.k = k

    def score(self, report: AccuracyReport) -> float:
        return report.top_1

    def said(self, report: AccuracyReport) -> str:
        return f"{report.top_1:.2%}, top-{report.k} {report.top_k:.2%}"

    def measurement(
        self, seer: Classifier, *, averaged: bool
    ) -> Generator[object, None, AccuracyReport]:
        assert self.valid is not None
        accuracy = Accuracy(seer.classes, self.k)
        for number, probs in answers(seer, self.valid, leaves=True):
            if isinstance(probs, PictureError):
                yield f"{probs} (left out)"
                continue
            accuracy.add(int(self.valid.classes[number]), probs)
            yield Progress(_MEASURING, number + 1, len(self.valid))
        return AccuracyReport(accuracy)

    def facts(self, names: Sequence[str], iteration: int) -> dict[str, Any]:
        assert self.report is not None
        classes = [
            {"name": name, "top1": it.average_precision, "pictures": it.truths}
            for name, it in zip(names, self.report.classes, strict=True)
            if it.truths
        ]
        return {
            "iteration": iteration,
            "top1": self.best,
            "k": self.k,
            "topk": self.report.top_k,
            "ema_top1": self.of_averaged,
            "classes": classes,
        }
