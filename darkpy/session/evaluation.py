"""Measuring while a training runs: when it is due, what comes of it, which weights were best."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from darkpy.cfg.net import NetOptions
from darkpy.data.dataset import Dataset
from darkpy.errors import DarkpyError
from darkpy.inference.detector import Detector
from darkpy.metrics.measurement import Measurement
from darkpy.metrics.report import MapReport
from darkpy.model.state import remembers
from darkpy.session.measure import Pooled, measure
from darkpy.session.measured import kept_of
from darkpy.solver.averages import AveragedWeights

_LEAST_ITERATIONS = 100  # between two measurements: train_detector(), src/detector.c


class Evaluation:
    """Measures on the valid list. best: highest score so far, -1 before the first.

    short, name: the score in a word, and as it is written before its number. every: epochs between
    two measurements. pictures: of the training's data set. remark: what every score is to be read
    with. measured_at: iteration of the last measurement, also if it failed. kept: the last one that
    did not, as the state has it. pool: who shares a measurement of the
    weights as they are or, True, of the averaged ones.
    """

    short: str
    name: str

    def __init__(self, valid: Any, net: NetOptions, *, every: int, pictures: int) -> None:
        self.valid, self.net = valid, net
        self.apart = max(_LEAST_ITERATIONS, every * pictures // net.pictures)
        self.remark = ""
        self.best = -1.0
        self.latest: float | None = None
        self.report: Any = None
        self.of_averaged: float | None = None
        self.measured_at = 0
        self.kept: dict[str, Any] | None = None
        self._known_at = 0
        self._planned: int | None = None
        self.pool: Callable[[bool], Pooled | None] = lambda averaged: None

    def due(self, iteration: int) -> bool:
        """Every so many epochs, after burn-in, and at the end."""
        if self.next_one is None:
            return False
        return iteration >= self.next_one or iteration == self.net.max_batches

    @property
    def next_one(self) -> int | None:
        """The iteration from which on it is due again, None where it never is."""
        if self.valid is None:
            return None
        return max(self.measured_at + self.apart, self.net.burn_in)

    def planned(self, iteration: int) -> int | None:
        """The same, as it was known before the measurement of this iteration, if there was one."""
        return self._planned if self.measured_at == iteration else self.next_one

    def missed(self, iteration: int) -> bool:
        """Whether the iteration that a training goes on after was to be measured, and was not."""
        return self.due(iteration) and self.measured_at < iteration

    def known(self, iteration: int) -> float | None:
        """The score that was measured at an iteration."""
        return self.latest if self._known_at == iteration else None

    def go_on(self, best: float, measured_at: int, kept: dict[str, Any] | None) -> None:
        """Take over what an earlier part of the training measured."""
        self.best, self.measured_at, self.kept = max(best, self.best), measured_at, kept
        self.latest = None if kept is None else kept["map"]

    def measure(
        self,
        seer: Callable[[], Any],
        iteration: int,
        averaged: AveragedWeights | None = None,
    ) -> Generator[object, None, bool]:
        """Measure; returns whether it is the best. No failure ends the training.

        seer: makes a detector or classifier of the network as it is. averaged: the weights of
        ema_alpha=, which are measured too, once there are any.
        """
        report = yield from self._report(seer, iteration, self.short)
        self._planned, self.measured_at = self.next_one, iteration
        if report is None:
            return False
        self.report, self.latest, self._known_at = report, self.score(report), iteration
        self.kept = kept_of(report, iteration, self.latest)
        is_best = self.latest >= self.best and self.latest > 0
        self.best = max(self.best, self.latest)
        compared = "the best so far" if is_best else f"best {self.best:.2%}"
        said = f"iteration {iteration}: {self.name} {self.said(report)}, {compared}"
        yield f"{said}; {self.remark}" if self.remark else said
        if not self.latest:
            yield from self.explained(seer)
        self.of_averaged = None
        if averaged is not None and averaged.moves(iteration):
            yield from self._measure_averaged(seer, iteration, averaged)
        return is_best

    def score(self, report: Any) -> float:
        """The one number of a report that the best weights are chosen by, 0..1."""
        raise NotImplementedError

    def said(self, report: Any) -> str:
        """The score in words."""
        return f"{self.score(report):.2%}"

    def measurement(self, seer: Any, *, averaged: bool) -> Generator[object, None, Any]:
        """Look at all pictures; yields progress, returns the report."""
        raise NotImplementedError

    def explained(self, seer: Callable[[], Any]) -> Iterator[str]:
        """Why the score is 0, if there is anything to say about it."""
        return iter(())

    def facts(self, names: Sequence[str], iteration: int) -> dict[str, Any]:
        """What was measured last, for a JSON file."""
        raise NotImplementedError

    def _measure_averaged(
        self, seer: Callable[[], Any], iteration: int, averaged: AveragedWeights
    ) -> Iterator[object]:
        """The same with the averaged weights, which are put back afterwards."""
        with averaged.in_place():
            report = yield from self._report(
                seer, iteration, f"{self.short} of the averaged weights", averaged=True
            )
        if report is None:
            return
        self.of_averaged = self.score(report)
        better = "_ema" if self.of_averaged > self.latest else "_last"
        yield (
            f"iteration {iteration}: {self.name} {self.said(report)} with the "
            f"averaged weights; {better} is the better one"
        )

    def _report(
        self,
        seer: Callable[[], Any],
        iteration: int,
        what: str,
        *,
        averaged: bool = False,
    ) -> Generator[object, None, Any]:
        try:
            return (yield from self.measurement(seer(), averaged=averaged))
        except Exception as problem:  # whatever it is: measuring must not end days of training
            name = "" if isinstance(problem, DarkpyError) else f"{type(problem).__name__}: "
            yield f"{what} at iteration {iteration} failed: {name}{problem}"
            return None


class MapEvaluation(Evaluation):
    """mAP by Darknet's rule. explain: says why an mAP is 0, the first time that it is."""

    short = "mAP"

    def __init__(
        self,
        valid: Dataset | None,
        net: NetOptions,
        *,
        every: int,
        pictures: int,
        iou_thresh: float,
        thresh: float,
    ) -> None:
        super().__init__(valid, net, every=every, pictures=pictures)
        self.iou_thresh, self.thresh = iou_thresh, thresh
        self.name = f"mAP@{iou_thresh:.2f}"
        self.measured: Measurement | None = None
        self.explain: Callable[[Measurement, Detector], Iterator[str]] | None = None

    def score(self, report: MapReport) -> float:
        return report.mean_average_precision

    def measurement(self, seer: Detector, *, averaged: bool) -> Generator[object, None, MapReport]:
        assert self.valid is not None
        self.measured = yield from measure(
            seer,
            self.valid,
            iou_thresh=self.iou_thresh,
            thresh=self.thresh,
            points=0,
            letter_box=self.net.letter_box,
            pool=None if remembers(seer.network) else self.pool(averaged),
        )
        return self.measured.report()

    def facts(self, names: Sequence[str], iteration: int) -> dict[str, Any]:
        assert self.report is not None
        classes = [
            {
                "name": name,
                "ap": it.average_precision,
                "tp": it.tp,
                "fp": it.fp,
                "objects": it.truths,
            }
            for name, it in zip(names, self.report.classes, strict=True)
        ]
        return {
            "iteration": iteration,
            "map50": self.best,
            "iou_thresh": self.iou_thresh,
            "thresh": self.thresh,
            "ema_map50": self.of_averaged,
            "classes": classes,
        }

    def explained(self, seer: Callable[[], Detector]) -> Iterator[str]:
        """Why there is nothing, the first time. Like the measuring, it ends no training."""
        explain, self.explain = self.explain, None
        if explain is None or self.measured is None:
            return
        try:
            yield from explain(self.measured, seer())
        except Exception as problem:
            yield f"why the mAP is 0 could not be looked into: {problem!r}"
