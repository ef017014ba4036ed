"""nan_report/: what can be known about an iteration whose loss or gradients were not finite."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.loader import Batch, Loader
from darkpy.data.pictures import write_picture
from darkpy.errors import DarkpyError, OutputError
from darkpy.files import write_text
from darkpy.model.network import Network
from darkpy.session.tally import Tally
from darkpy.training.autopsy import Autopsy, Look
from darkpy.training.record import Step
from darkpy.training.trainer import Trainer

FOLDER = "nan_report"
MOST = 3  # reports of one run: the first troubles tell most


@dataclass(frozen=True)
class Report:
    """One report in the making. parts: the mini-batches that the iteration was made of."""

    step: Step
    autopsy: Autopsy
    parts: list[Batch]
    network: Network
    dataset: Dataset
    origin: dict[str, Any]

    def write(self, beside: Path) -> Path:
        """Write `nan_report/iteration_<n>` into the folder of the weights; gives its path."""
        folder = beside / FOLDER / f"iteration_{self.step.iteration}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise OutputError(f"{folder} cannot be written: {problem.strerror}") from None
        pictures = list(self._pictures(folder))
        write_text(folder / "report.txt", "\n".join(self._text(pictures)) + "\n")
        facts = {
            **self.origin,
            "step": asdict(self.step),
            "first": self.headline(),
            "weights_not_finite": list(self.autopsy.weights),
            "statistics_not_finite": list(self.autopsy.statistics),
            "outputs": [asdict(look) for look in self.autopsy.outputs],
            "gradients": [asdict(look) for look in self.autopsy.gradients],
            "pictures": pictures,
        }
        write_text(folder / "report.json", json.dumps(_strict(facts), indent=1) + "\n")
        return folder

    def headline(self) -> str:
        """Where it begins, in a sentence."""
        autopsy = self.autopsy
        if autopsy.weights:
            return f"the weights of {self._name(autopsy.weights[0])} are not finite"
        if autopsy.first is None and autopsy.statistics:
            return f"the rolling statistics of {self._name(autopsy.statistics[0])}"
        if autopsy.first is None and autopsy.mini_batch is not None:
            return self._lost_part()
        if autopsy.first is None:
            return "a second look at the same pictures found nothing wrong"
        way, look = autopsy.first
        what = "output" if way == "forward" else "gradient of the weights"
        return f"{look.bad} of {look.size} numbers of the {what} of {self._name(look.layer)}"

    def _lost_part(self) -> str:
        """The first part of a head's loss that is not finite."""
        for index, values in self.step.heads.items():
            for name, value in values.items():
                if name in self.step.parts and not math.isfinite(value):
                    return f"the loss of {self._name(index)}: {name} {value:g}"
        return "the loss"

    def _name(self, index: int) -> str:
        section = self.network.plan.layers[index].section
        return f"layer {index} [{section.kind}] ({section.source}:{section.line})"

    def _pictures(self, folder: Path) -> Iterator[dict[str, Any]]:
        """Write the pictures of the bad mini-batch, or of all of them; yields what they show."""
        bad = self.autopsy.mini_batch
        chosen = self.parts if bad is None else self.parts[bad : bad + 1]
        first = self.autopsy.first
        suspects = first[1].pictures if first else ()
        number = 0
        for part in chosen:
            images = part.images_on(part.truths.device).permute(0, 2, 3, 1).numpy()
            counts, indices = part.counts.tolist(), part.indices.tolist()
            wanted = [[]] * len(counts) if part.wanted is None else part.wanted.tolist()
            for at, (rows, count, index) in enumerate(
                zip(part.truths.tolist(), counts, indices, strict=True)
            ):
                path = folder / f"picture_{number:02d}.png"
                write_picture(path, np.ascontiguousarray(images[at]))
                number += 1
                yield {
                    "file": path.name,
                    "source": self.dataset.path(index),
                    "truths": rows[:count],
                    **({"wanted": wanted[at]} if wanted[at] else {}),
                    "suspect": at in suspects,
                }

    def _text(self, pictures: list[dict[str, Any]]) -> Iterator[str]:
        step = self.step
        yield f"Iteration {step.iteration}: the loss or a gradient was not finite."
        yield f"It begins with {self.headline()}."
        yield f"loss {step.loss:g}, running mean {step.average:g}, rate {step.rate:g}"
        for index, values in step.heads.items():
            numbers = ", ".join(f"{name} {value:g}" for name, value in values.items())
            yield f"  {self._name(index)}: {numbers}"
        yield ""
        yield "Usual causes: a rate that is too high, a burn_in= that is too short, wrong labels."
        yield ""
        yield from _table("Outputs, forward", self.autopsy.outputs, self._name)
        yield from _table("Gradients of the weights, backward", self.autopsy.gradients, self._name)
        yield "Pictures, with the rows cx cy w h class that they were trained on"
        for picture in pictures:
            mark = " <- not finite" if picture["suspect"] else ""
            yield f"  {picture['file']} from {picture['source']}{mark}"
            for row in picture["truths"]:
                yield "    " + " ".join(f"{number:g}" for number in row)


class Reporter:
    """Says why iterations changed nothing, counts them, and leaves reports of the first of them.

    beside: the folder of the weights. origin: what goes into every report. tally: of all
    iterations, those of earlier parts of the training too.
    """

    def __init__(
        self, trainer: Trainer, dataset: Dataset, beside: Path, origin: dict[str, Any]
    ) -> None:
        self.trainer, self.dataset, self.beside, self.origin = trainer, dataset, beside, origin
        self.written = 0
        self.tally = Tally(trainer.iteration)

    def go_on(self, tally: object) -> None:
        """Count on from what a state tells."""
        self.tally = Tally.of(tally, self.trainer.iteration)

    def hear(self, step: Step, loader: Loader) -> Iterator[str]:
        """Count a step; lines about one that was not taken."""
        self.tally.count(step)
        if not step.updated:
            yield from self._explain(step, loader)

    def at_the_end(self) -> Iterator[str]:
        """A line where updates were left out in a training that learnt something."""
        return self.tally.words(self.beside / FOLDER)

    def require_learnt(self, cfg_text: str) -> None:
        """DarkpyError if nothing was learnt."""
        if self.tally.nothing_learnt:
            plan, reports = self.trainer.network.plan, self.beside / FOLDER
            raise DarkpyError(self.tally.why_nothing(plan, cfg_text, reports))

    def _explain(self, step: Step, loader: Loader) -> Iterator[str]:
        if not step.trouble:
            yield f"iteration {step.iteration}: float16 overflowed; the loss scale was halved"
            return
        yield f"iteration {step.iteration}: not finite; its update was left out"
        if self.written < MOST:
            self.written += 1
            yield from self._report(step, loader.again(step.iteration))
        if step.returned_to is not None:
            yield (
                f"  once too often: the weights of iteration {step.returned_to} are back, "
                f"from here on with {self.trainer.guard.factor:g} of the rate; the usual cures "
                "are a lower learning_rate= and a longer burn_in="
            )

    def _report(self, step: Step, parts: list[Batch]) -> Iterator[str]:
        autopsy = self.trainer.autopsy(step.iteration, parts)
        network = self.trainer.network
        report = Report(step, autopsy, parts, network, self.dataset, self.origin)
        yield f"  it begins with {report.headline()}"
        try:
            yield f"  pictures and numbers: {report.write(self.beside)}"
        except OutputError as problem:
            yield f"  no report: {problem}"


def _table(title: str, looks: tuple[Look, ...], name) -> Iterator[str]:
    if not looks:
        return
    yield title
    for look in looks:
        mark = f"  NOT FINITE: {look.bad} of {look.size}" if look.bad else ""
        yield f"  {look.smallest:12.5g} to {look.largest:12.5g}  {name(look.layer)}{mark}"
    yield ""


def _strict(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become words."""
    if isinstance(value, dict):
        return {str(key): _strict(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
