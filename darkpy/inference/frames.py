"""Frames of a film to detections, resized as the C program's demo does it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkpy.data.capturing import Frame
from darkpy.data.handoff import Handoff
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.heat import HEAT_THRESH, heat_of
from darkpy.inference.skipping import without_classes
from darkpy.machine.opencv import cv2, planes

_ROOM = 2  # frames with their detections that may wait to be shown, at least


class FrameDetector:
    """A detector for frames (H, W, 3) uint8 RGB. follow: what knows objects again, if asked for.

    Stretched frames go through OpenCV's resize in 8 bits, as get_image_from_stream_resize() of
    Darknet's src/image_opencv.cpp; letterboxed ones are resized as pictures of `test` are.
    """

    def __init__(
        self,
        detector: Detector,
        *,
        thresh: float,
        letter_box: bool,
        skipped: Sequence[int] = (),
        follow: Callable[[Detections], Detections] | None = None,
    ) -> None:
        self.detector = detector
        self.names = detector.names
        self.thresh = thresh
        self.letter_box = letter_box
        self.skipped = skipped
        self.follow = follow

    def __call__(self, frames: Sequence[np.ndarray]) -> list[Detections]:
        """The detections of frames that follow each other, from one pass of the network."""
        left = self._found(frames, self.thresh, None)
        return [self.follow(one) for one in left] if self.follow else left

    def heat(self, pixels: np.ndarray) -> np.ndarray:
        """Where in a frame the network looks, (H, W) float32: `heat_of` all its boxes."""
        return heat_of(self._found([pixels], HEAT_THRESH, 0)[0], pixels.shape[:2])

    def _found(
        self, frames: Sequence[np.ndarray], thresh: float, nms: float | None
    ) -> list[Detections]:
        how = {"thresh": thresh, "nms": nms, "letter_box": self.letter_box}
        found = self.detector.detect([self._resized(pixels) for pixels in frames], **how)
        return [without_classes(one, self.skipped) for one in found]

    def _resized(self, pixels: np.ndarray) -> np.ndarray:
        size = self.detector.input
        if size.c == 1:
            pixels = planes(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        if not self.letter_box and pixels.shape[:2] != (size.h, size.w):
            pixels = planes(cv2.resize(pixels, (size.w, size.h), interpolation=cv2.INTER_LINEAR))
        return pixels


@dataclass(frozen=True)
class FoundFrame:
    """A frame and what is on it. heat: where the network looks (H, W), if that was asked for."""

    frame: Frame
    detections: Detections
    heat: np.ndarray | None = None


class Detecting:
    """The thread that detects in the frames of a capture, ahead of whoever shows them.

    A context manager. at_once: frames that `find` is given together; a film is cut into as many.
    repeat: in the first frame again and again. heat: what tells where the network looks, if that
    is wanted. problem: what ended it early.
    """

    def __init__(
        self,
        frames: Handoff[Frame],
        find: Callable[[Sequence[np.ndarray]], Sequence[Detections]],
        *,
        at_once: int = 1,
        repeat: bool = False,
        heat: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.found: Handoff[FoundFrame] = Handoff(max(_ROOM, at_once))
        self.problem: Exception | None = None
        self._frames = frames
        self._find = find
        self.at_once = at_once
        self._repeat = repeat
        self._heat = heat
        self._thread = threading.Thread(target=self._run, name="detect", daemon=True)

    def __enter__(self) -> Detecting:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.found.close()
        self._frames.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            frames = self._taken(1 if self._repeat else self.at_once)
            while frames:
                found = self._find([frame.pixels for frame in frames])
                for frame, detections in zip(frames, found, strict=True):
                    heat = self._heat(frame.pixels) if self._heat else None
                    if not self.found.put(FoundFrame(frame, detections, heat)):
                        return
                frames = self._again(frames[-1]) if self._repeat else self._taken(self.at_once)
        except Exception as problem:  # told by the thread that asks for what was found
            self.problem = problem
        finally:
            self.found.close()

    def _taken(self, count: int) -> list[Frame]:
        """The next so many frames, fewer at the end."""
        frames: list[Frame] = []
        while len(frames) < count and (frame := self._frames.get()) is not None:
            frames.append(frame)
        return frames

    def _again(self, frame: Frame) -> list[Frame]:
        now, first = time.perf_counter(), frame.number + 1
        return [replace(frame, number=first + at, taken=now) for at in range(self.at_once)]
