"""mAP while a training runs: when it is due, what it is, which weights were best."""

from __future__ import annotations

from collections.abc import Generator

from darkpy.cfg.net import NetOptions
from darkpy.data.dataset import Dataset
from darkpy.errors import DarkpyError
from darkpy.inference.detector import Detector
from darkpy.session.measure import measure

_LEAST_ITERATIONS = 100  # between two measurements: train_detector(), src/detector.c


class Evaluation:
    """Measures on the valid list. best: highest mAP so far, -1 before the first.

    every: epochs between two measurements (-mAP_epochs). pictures: of the training's data set.
    remark: what every mAP is to be read with.
    """

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
        self.valid, self.net = valid, net
        self.apart = max(_LEAST_ITERATIONS, every * pictures // net.batch)
        self.iou_thresh, self.thresh = iou_thresh, thresh
        self.remark = ""
        self.best = -1.0
        self.latest: float | None = None
        self.measured_at = 0

    def due(self, iteration: int) -> bool:
        """Every so many epochs, after burn-in, and at the end."""
        if self.valid is None:
            return False
        next_one = max(self.measured_at + self.apart, self.net.burn_in)
        return iteration >= next_one or iteration == self.net.max_batches

    def known(self, iteration: int) -> float | None:
        """The mAP that was measured at an iteration."""
        return self.latest if self.measured_at == iteration else None

    def measure(self, detector: Detector, iteration: int) -> Generator[object, None, bool]:
        """Measure; returns whether it is the best. A failure does not end the training."""
        assert self.valid is not None
        self.measured_at = iteration
        try:
            measured = yield from measure(
                detector,
                self.valid,
                iou_thresh=self.iou_thresh,
                thresh=self.thresh,
                points=0,
                letter_box=self.net.letter_box,
            )
        except DarkpyError as problem:
            yield f"mAP at iteration {iteration} failed: {problem}"
            return False
        self.latest = measured.report().mean_average_precision
        is_best = self.latest >= self.best
        compared = "the best so far" if is_best else f"best {self.best:.2%}"
        said = f"iteration {iteration}: mAP@{self.iou_thresh:.2f} {self.latest:.2%}, {compared}"
        yield f"{said}; {self.remark}" if self.remark else said
        self.best = max(self.best, self.latest)
        return is_best
