"""A training's events as the C program prints them: train_detector(), src/detector.c.

Programs read these lines, so blanks, decimals, the stream of each and the codes that clear a
terminal are as they are there. What darkpy says in words of its own goes to standard error.
"""

from __future__ import annotations

from collections.abc import Iterator

from darkpy.errors import shown_lines, shown_text
from darkpy.events import Aside, Began, Printed, Trained, Written
from darkpy.metrics.report import darknet_lines
from darkpy.planning.network import NetworkPlan
from darkpy.session.darknet_heads import HEAD_LINES, HeadNumbers

_BOTTLENECK_SECONDS = 0.1  # of loading, from which on Darknet says so
_RANKS_EVERY = 100  # detections between two words about how far sorting them is
_SIZE_EVERY = 10  # iterations between two sizes of random=1
_KINDS = {"yolo": 28, "Gaussian_yolo": 29, "region": 27}  # LAYER_TYPE in include/darknet.h
_POINTS_WORDS = (
    "\nSet -points flag:\n"
    " `-points 101` for MS COCO \n"
    " `-points 11` for PascalVOC 2007 (uncomment `difficult` in voc.data) \n"
    " `-points 0` (AUC) for ImageNet, PascalVOC 2010-2012, your custom dataset\n"
)


class DarknetLog:
    """Remembers what the lines of the next iteration need from those before."""

    def __init__(self) -> None:
        self.run: Began | None = None
        self.mean_ap = self.best = -1.0
        self.boxes = self.rewritten = 0.0
        self.waiting = ""  # the best weights, written before the iteration's own lines

    def lines(self, event: object) -> Iterator[Printed]:
        """What Darknet would have printed when this happened."""
        if isinstance(event, Began):
            self.run = event
            yield Printed(self._head(event))
        elif isinstance(event, Written) and event.path.endswith("_best.weights"):
            self.waiting = event.path  # Darknet's lines of the iteration come first
        elif isinstance(event, Written):
            yield self._saving(event.path)
        elif isinstance(event, Trained):
            yield from self._iteration(event)
            if self.waiting:
                yield self._saving(self.waiting)
                self.waiting = ""
        elif isinstance(event, str | Aside):
            text = event if isinstance(event, str) else event.text
            yield Printed(f"{shown_lines(text)}\n", error=True)

    @property
    def _run(self) -> Began:
        assert self.run is not None
        return self.run

    def last_lines(self) -> Iterator[Printed]:
        """What stands at the end of a training that reached max_batches=."""
        yield Printed(
            "If you want to train from the beginning, then use flag in the end of training "
            "command: -clear \n"
        )

    def _head(self, run: Began) -> str:
        net, heads = run.plan.net, _named_heads(run.plan)
        prepared = " Prepare additional network for mAP calculation...\n"
        return "".join(
            [
                prepared * (run.iou_thresh is not None),
                f"{run.name}\n",
                f"Weights are saved after: {run.every} iterations. Last weights (*_last.weight) "
                f"are stored every {run.last_every} iterations. \n",
                f"Learning Rate: {net.learning_rate:g}, Momentum: {net.momentum:g}, "
                f"Decay: {net.decay:g}\n",
                *(f" Detection layer: {index} - type = {_KINDS[kind]} \n" for index, kind in heads),
            ]
        )

    def _iteration(self, told: Trained) -> Iterator[Printed]:
        step = told.step
        yield Printed(self._resized(told) + self._loaded(told))
        yield from self._heads(told)
        known = self.mean_ap > 0
        title = f"map={self.mean_ap:.2f} best={self.best:.2f} " if known else ""
        hours = told.seconds_left / 3600
        yield Printed(
            f"{self._announced(told)}\x1b[H\x1b[J"
            f"{step.iteration}/{told.total}: loss={step.loss:.1f} {title}hours left={hours:.1f}\a"
            f"\n {step.iteration}: {step.loss:.6f}, {step.average:.6f} avg loss, "
            f"{step.rate:.6f} rate, {step.compute:.6f} seconds, "
            f"{step.iteration * step.pictures} images, {hours:.6f} hours left\n"
        )
        if told.report is not None:
            yield Printed(self._measured(told))

    def _resized(self, told: Trained) -> str:
        """The new size of random=, which Darknet says every ten iterations."""
        random = next((o.random for o in _head_options(self._run.plan) if o.random), 0)
        if not random or (told.step.iteration - self._run.first) % _SIZE_EVERY:
            return ""
        factor = 1.4 if random == 1 else random
        height, width = told.step.size_hw
        return f"Resizing, random_coef = {factor:.2f} \n\n {width} x {height} \n"

    def _loaded(self, told: Trained) -> str:
        slow = told.step.wait > _BOTTLENECK_SECONDS and told.step.iteration != self._run.first
        why = " - performance bottleneck on CPU or Disk HDD/SSD" * slow
        return f"Loaded: {told.step.wait:.6f} seconds{why}\n"

    def _announced(self, told: Trained) -> str:
        """When mAP comes next and what it was, as it was known before this iteration."""
        if told.next_map is None:
            return ""
        text = f"\n (next mAP calculation at {told.next_map} iterations) "
        if self.mean_ap > 0:
            text += (
                f"\n Last accuracy mAP@{self._run.iou_thresh:.2f} = {self.mean_ap * 100:2.2f} %, "
                f"best = {self.best * 100:2.2f} % "
            )
        return text

    def _heads(self, told: Trained) -> Iterator[Printed]:
        """A line a head and mini-batch, and after each mini-batch what became of its boxes."""
        step, plan = told.step, self._run.plan
        parts = step.mini_batches or (step.heads,)
        for heads in parts:
            counted = 0.0
            for index, values in heads.items():
                if line := HEAD_LINES.get(plan.layers[index].kind):
                    text, error = line(HeadNumbers(plan, index, step, len(parts), values))
                    yield Printed(text, error=error)
                if plan.layers[index].kind == "yolo":
                    counted += values["count"]
                    self.rewritten += values["rewritten"]
            self.boxes += counted
            if self.boxes:
                share = 100 * self.rewritten / self.boxes
                text = f" total_bbox = {self.boxes:.0f}, rewritten_bbox = {share:.6f} % \n"
                yield Printed(text, error=True)

    def _measured(self, told: Trained) -> str:
        """The text of a measurement: validate_detector_map() and what follows it."""
        names = [shown_text(name) for name in self._run.names]
        heads = "".join(
            f" Detection layer: {index} - type = {_KINDS[kind]} \n"
            for index, kind in _named_heads(self._run.plan)
        )
        lines = darknet_lines(told.report, names)
        for at, line in enumerate(lines):
            if line.startswith("class_id = 0,"):
                lines[at] = _ranks(told.report.detections_count) + line
        text = "\n".join(lines)
        self.mean_ap, self.best = told.measured, told.best
        best = "New best mAP!\n" * (told.measured >= told.best)
        return (
            f"\n calculation mAP (mean average precision)...\n{heads}{text}\n{_POINTS_WORDS}"
            f"\n mean_average_precision (mAP@{self._run.iou_thresh:.2f}) = {told.measured:.6f} \n"
            f"{best}"
        )

    def _saving(self, path: str) -> Printed:
        name = path.replace("\\", "/").rpartition("/")[2]
        return Printed(f"Saving weights to {shown_text(self._run.backup)}/{name}\n", error=True)


def _ranks(detections: int) -> str:
    """Its progress through the detections, each word of which is written over by the next."""
    ranks = range(0, detections, _RANKS_EVERY)
    return "".join(f" rank = {rank} of ranks = {detections} \r" for rank in ranks)


def _named_heads(plan: NetworkPlan) -> list[tuple[int, str]]:
    """Index and kind of the heads that Darknet names."""
    kinds = ((index, layer.kind) for index, layer in enumerate(plan.layers))
    return [(index, kind) for index, kind in kinds if kind in _KINDS]


def _head_options(plan: NetworkPlan) -> list:
    return [plan.layers[index].options for index, _ in _named_heads(plan)]
