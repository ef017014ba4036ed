"""`classifier demo`: what a film, a camera or a stream shows, frame by frame."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from darkpy.classifier.demo_outputs import ClassDemoOutputs
from darkpy.data.capturing import Capturing
from darkpy.data.resize import stretch
from darkpy.errors import shown_text
from darkpy.events import Cleared, Ended
from darkpy.flags.classifier import ClassifierDemoFlags
from darkpy.inference.classifier import top
from darkpy.inference.frames import Detecting, FoundFrame
from darkpy.machine.opencv import cv2, planes
from darkpy.session.answers import leaf_mask
from darkpy.session.classifying import ClassProject, open_classifier
from darkpy.session.showing import Showing
from darkpy.session.signals import Handlers
from darkpy.session.sources import source_of

_OLD = 0.9  # of the running rate that is shown


def run(data: str, cfg: str, weights: str, input: str = "", **flags: Any) -> Iterator[object]:
    """Yield Darknet's lines for each frame: demo_classifier(), src/classifier.c.

    Without an input the frames come from camera `c`. flags: those of ClassifierDemoFlags.
    """
    asked = ClassifierDemoFlags(**flags)
    yield "Classifier Demo"
    with contextlib.ExitStack() as held:
        signals = held.enter_context(Handlers())
        outputs = held.enter_context(ClassDemoOutputs(asked))
        yield from outputs.notes
        project = open_classifier(data, cfg, weights, asked)
        yield from (str(finding) for finding in project.data.findings.items)
        capturing = Capturing(source_of(input, asked.c), retry_seconds=asked.retry_sec)
        held.enter_context(capturing)
        find = _FrameClassifier(project)
        detecting = Detecting(capturing.frames, find, repeat=asked.benchmark)  # type: ignore[arg-type]
        held.enter_context(detecting)
        showing = _Showing(project, asked, capturing, detecting, outputs, find)
        yield from showing.frames(signals)
    yield showing.summary()
    if signals.stop or capturing.broken or capturing.fault:
        yield Ended(signals.status or capturing.fault or 1)


class _FrameClassifier:
    """Probabilities (K,) of a frame, which is stretched as a whole. seconds: the last one took."""

    def __init__(self, project: ClassProject) -> None:
        self.classifier = project.classifier
        self.seconds = 0.0
        tree = self.classifier.tree
        self._kept = None if tree is None else leaf_mask(self.classifier)

    def __call__(self, frames: Sequence[np.ndarray]) -> list[torch.Tensor]:
        return [self._probs(pixels) for pixels in frames]

    def _probs(self, pixels: np.ndarray) -> torch.Tensor:
        began = time.perf_counter()
        c, h, w = self.classifier.input
        if c == 1:
            pixels = planes(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        image = stretch(pixels, h, w)[None]
        (probs,) = self.classifier.classify_crops(image)
        self.seconds = time.perf_counter() - began
        return probs if self._kept is None else probs * self._kept


class _Showing(Showing):
    """Prints Darknet's lines, draws, hands on."""

    def __init__(
        self,
        project: ClassProject,
        asked: ClassifierDemoFlags,
        capturing: Capturing,
        detecting: Detecting,
        outputs: ClassDemoOutputs,
        find: _FrameClassifier,
    ) -> None:
        super().__init__(capturing, detecting, asked.time_limit_sec)
        self._project, self._asked, self._outputs = project, asked, outputs
        self._find = find
        self._top = project.top(asked.t)
        self._rate = 0.0

    def frame(self, found: FoundFrame) -> Generator[object, None, bool]:
        now = 1 / max(self._find.seconds, 1e-9)
        self._rate = _OLD * self._rate + (1 - _OLD) * now if self._frames > 1 else now
        yield Cleared()
        if self._asked.benchmark:
            average = self._frames / (time.perf_counter() - self._began)
            yield f"FPS: {self._rate:.2f} \t AVG_FPS = {average:.2f} "
            return True
        hint = "(use -benchmark command line flag for correct measurement)"
        yield f"FPS: {self._rate:.2f}  {hint}"
        lines = self._lines(found.detections)  # type: ignore[arg-type]
        yield from lines
        yield ""
        fps = self._capturing.source.fps
        return self._outputs.picture(found.frame, lines, fps)

    def _lines(self, probs: torch.Tensor) -> list[str]:
        """`98.1%: dog`, the likeliest first."""
        (best,) = top(probs[None], self._top)
        names = self._project.names
        return [f"{100 * probs[k]:.1f}%: {shown_text(names[k])}" for k in best.tolist()]
