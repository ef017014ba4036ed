"""The chart of a training, redrawn while it runs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from darkpy.cfg.net import NetOptions
from darkpy.events import Trained, time_words
from darkpy.training.history import TrainingHistory
from darkpy.view.charts.training import save_figure, training_figure

_LEAST_SECONDS = 10.0
# Drawing may take this share of the training's time at most.
_LARGEST_SHARE = 0.02


class ChartFile:
    """PNG files that show a history, a consumer of iterations that draws only when it is time.

    shown: is given every figure too, once it was drawn for the file, whether that was written or
    not.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        history: TrainingHistory,
        net: NetOptions,
        title: str,
        shown: Callable[[Figure], None] | None = None,
    ) -> None:
        self.shown = shown
        self.paths, self.history, self.net, self.title = paths, history, net, title
        self._next = 0.0

    def take(self, told: Trained) -> None:
        """Draw if the last drawing is long enough ago."""
        if time.monotonic() >= self._next:
            self._draw(time_words(told.seconds_left))

    def finish(self) -> list[str]:
        """Draw what there is at the end."""
        self._draw("")
        return [f"chart: {', '.join(str(path) for path in self.paths)}"]

    def _draw(self, left: str) -> None:
        began = time.monotonic()
        figure = training_figure(
            self.history.read(),
            max_batches=self.net.max_batches,
            title=self.title,
            max_loss=self.net.max_chart_loss,
            left=left,
        )
        try:
            save_figure(figure, *self.paths)
        finally:
            if self.shown is not None:
                self.shown(figure)
            del figure
        gc.collect()  # its parts hold each other, some MiB that would wait for many more of them
        now = time.monotonic()
        self._next = now + max(_LEAST_SECONDS, (now - began) / _LARGEST_SHARE)
