"""A classifier's training as the C program prints it: train_classifier(), src/classifier.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from darkpy.errors import shown_lines, shown_text
from darkpy.events import Aside, Began, Printed, Trained, Written

_SAID_EVERY = 10  # iterations, of when the next measurement comes


class ClassifierLog:
    """Remembers what the lines of the next iteration need from those before."""

    def __init__(self) -> None:
        self.run: Began | None = None
        self.top_k = 0.0

    def lines(self, event: object) -> Iterator[Printed]:
        """What Darknet would have printed when this happened."""
        if isinstance(event, Began):
            self.run = event
            yield Printed(self._head(event))
        elif isinstance(event, Written):
            name = event.path.replace("\\", "/").rpartition("/")[2]
            folder = shown_text(self._run.backup)
            yield Printed(f"Saving weights to {folder}/{name}\n", error=True)
        elif isinstance(event, Trained):
            yield from self._iteration(event)
        elif isinstance(event, str | Aside):
            text = event if isinstance(event, str) else event.text
            yield Printed(f"{shown_lines(text)}\n", error=True)

    def last_lines(self) -> Iterator[Printed]:
        """Nothing stands at the end."""
        return iter(())

    @property
    def _run(self) -> Began:
        assert self.run is not None
        return self.run

    @property
    def _facts(self) -> Any:
        return self._run.facts

    def _head(self, run: Began) -> str:
        net = run.plan.net
        return (
            f"{run.name}\n{run.facts.get('devices', 1)}\n"
            f"Learning Rate: {net.learning_rate:g}, Momentum: {net.momentum:g}, "
            f"Decay: {net.decay:g}\n{run.facts['pictures']['train']}\n"
        )

    def _iteration(self, told: Trained) -> Iterator[Printed]:
        step = told.step
        yield Printed(f"Loaded: {step.wait:f} seconds\n")
        top = self._facts["top"]
        if told.next_map is not None and step.iteration % _SAID_EVERY == 0:
            text = f"\n (next TOP{top} calculation at {told.next_map} iterations) "
            if self.top_k > 0:
                text += f" Last accuracy TOP{top} = {self.top_k * 100:2.2f} % \n"
            yield Printed(text, error=True)
        if told.report is not None:
            self.top_k = told.report.top_k
            yield Printed(f"\n accuracy top{top} = {self.top_k:f} \n")
        images = step.iteration * step.pictures
        epochs = images / self._facts["pictures"]["train"]
        yield Printed(
            f"{step.iteration}, {epochs:.3f}: {step.loss:f}, {step.average:f} avg, "
            f"{step.rate:f} rate, {step.compute:f} seconds, {images} images, "
            f"{told.seconds_left / 3600:f} hours left\n"
        )
