"""`detector demo`: find objects in a film while it runs, and hand on what is found.

Three things happen at once: a thread reads frames, one detects, this one prints, draws and hands
on. Between them there is room for a few frames only, so that what is seen is fresh and memory flat.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from typing import Any

from darkpy.data.capturing import Capturing
from darkpy.detector.demo_outputs import DemoOutputs
from darkpy.detector.demo_text import FrameRate, object_lines
from darkpy.events import Aside, Cleared, Ended
from darkpy.flags.detector import DemoFlags
from darkpy.inference.frames import Detecting, FoundFrame, FrameDetector
from darkpy.inference.passes import frames_at_once
from darkpy.inference.skipping import class_numbers
from darkpy.session.project import open_detector
from darkpy.session.showing import Showing
from darkpy.session.signals import Handlers, Signals
from darkpy.session.sources import source_of
from darkpy.tracking.following import follower_for


def run(data: str, cfg: str, weights: str, input: str = "", **flags: Any) -> Iterator[object]:
    """Yield Darknet's lines for each frame. flags: those of DemoFlags.

    Without an input the frames come from camera `c`. A film ends the run; a camera or stream that
    breaks is opened again for `retry_sec`, after which the exit status is 1.
    """
    asked = DemoFlags(**flags)
    yield "Demo"
    with contextlib.ExitStack() as held:
        signals = held.enter_context(Handlers())
        outputs = held.enter_context(DemoOutputs(asked))
        yield from outputs.notes
        project, detector = open_detector(data, cfg, weights, asked)
        yield from project.warnings
        yield Aside(f"Done! Loaded {len(project.network.plan.layers)} layers from weights-file ")
        yield f"video file: {input}" if input else f"Webcam index: {asked.c}"
        letter_box = asked.letter_box or project.network.plan.net.letter_box
        follower = follower_for(asked, detector, asked.thresh)
        outputs.thresh = follower.low if follower else asked.thresh
        find = FrameDetector(
            detector,
            thresh=outputs.thresh,
            letter_box=letter_box,
            skipped=class_numbers(asked.skipclasses, detector.names),
            follow=follower,
        )
        source = source_of(input, asked.c)
        alone = source.live or outputs.watched or asked.heatmaps
        at_once = 1 if alone else frames_at_once(detector)
        capturing = Capturing(source, retry_seconds=asked.retry_sec, ahead=at_once)
        held.enter_context(capturing)
        detecting = _detecting(capturing, find, at_once, asked)
        held.enter_context(detecting)
        showing = _Showing(asked, capturing, detecting, outputs, find.names)
        yield from showing.frames(signals)
    yield "input video stream closed. "
    if asked.out_filename:
        yield "output_video_writer closed. "
    for zone in outputs.zones:
        yield from zone.told(find.names)
    yield showing.summary()
    if signals.stop or capturing.broken or capturing.fault:
        yield Ended(signals.status or capturing.fault or 1)


def _detecting(
    capturing: Capturing, find: FrameDetector, at_once: int, asked: DemoFlags
) -> Detecting:
    heat = find.heat if asked.heatmaps else None
    return Detecting(capturing.frames, find, at_once=at_once, repeat=asked.benchmark, heat=heat)


class _Showing(Showing):
    """Prints Darknet's lines, draws, hands on."""

    def __init__(
        self,
        asked: DemoFlags,
        capturing: Capturing,
        detecting: Detecting,
        outputs: DemoOutputs,
        names: tuple[str, ...],
    ) -> None:
        super().__init__(capturing, detecting, asked.time_limit_sec)
        self._asked = asked
        self._outputs = outputs
        self._names = names
        self._rate = FrameRate(self._began, detecting.at_once)

    def frames(self, signals: Signals) -> Generator[object, None, bool]:
        ended = yield from super().frames(signals)
        if ended:
            yield "Stream closed."
        return ended

    def notes(self) -> Iterator[str]:
        yield from super().notes()
        yield from self._outputs.told()

    def frame(self, found: FoundFrame) -> Generator[object, None, bool]:
        asked, pixels = self._asked, found.frame.pixels
        size_hw = pixels.shape[:2]
        if self._frames == 1:
            yield f"Video stream: {size_hw[1]} x {size_hw[0]} "
        yield Cleared()
        yield "Objects:\n"
        source = self._capturing.source
        number, names = self._frames, self._names
        yield from self._outputs.records(number, found.detections, names, source.name)
        if not (asked.dontdraw_bbox or asked.benchmark):
            yield from object_lines(
                found.detections,
                names,
                self._outputs.thresh,
                size_hw=size_hw,
                ext_output=asked.ext_output,
            )
        yield f"\n{self._rate}"
        late = time.perf_counter() - found.frame.taken
        dropped = self._capturing.frames.dropped
        yield f"({1000 * late:.0f} ms old" + f", {dropped} dropped" * bool(dropped) + ")"
        going_on = yield from self._outputs.picture(number, found, names, source.fps)
        self._rate.frame(time.perf_counter())
        return going_on
