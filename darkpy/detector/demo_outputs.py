"""Where the frames of `detector demo` go: files, ports, a web hook, a window."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from darkpy.detector.demo_text import crossing_lines, crossings_json, post_text
from darkpy.detector.outputs import JsonFile, json_record
from darkpy.flags.detector import DemoFlags
from darkpy.inference.detector import Detections
from darkpy.inference.frames import FoundFrame
from darkpy.inference.heat import heat_picture
from darkpy.serve.posting import Poster
from darkpy.serve.streams import JsonStream, MjpegStream, Stream
from darkpy.tracking.zones import IN, OUT, crossings, read_zones
from darkpy.view.draw import draw_detections
from darkpy.view.encoding import jpeg
from darkpy.view.video import VideoFile
from darkpy.view.windows import FilmWindow
from darkpy.view.zones import draw_zone

_FILE_QUALITY = 95  # OpenCV's default, which the C program's save_cv_jpg() takes
_LONGEST_GAP = 250  # frames that are made up for where a stream dropped them
_QUALITY = 40  # of the MJPEG stream; demo(), Darknet's src/demo.c


class DemoOutputs:
    """All that was asked for, opened before the first frame: a context manager.

    OutputError for a port that is taken, a file that cannot be written.
    """

    def __init__(self, asked: DemoFlags) -> None:
        self.asked = asked
        self.thresh = asked.thresh  # of what is shown; less where objects are followed
        self.zones = read_zones(asked.zones) if asked.zones else []
        self.notes: list[str] = []
        self._posted = False
        self._drawn: np.ndarray | None = None
        self._written = 0  # number of the frame that the film ends with
        self._video: VideoFile | None = None
        with contextlib.ExitStack() as held:
            self._json = self._hold(held, JsonStream, asked.json_port, "JSON")
            self._mjpeg = self._hold(held, MjpegStream, asked.mjpeg_port, "MJPEG")
            self._file = self._poster = self._window = None
            if asked.json_file_output:
                self._file = held.enter_context(JsonFile(asked.json_file_output))
            if asked.http_post_host:
                self._poster = Poster(asked.http_post_host)
                held.callback(self._poster.close)
            if not (asked.dont_show or asked.prefix or asked.benchmark):
                self._window = FilmWindow("Demo")
                held.callback(self._window.close)
                if not self._window.open:
                    self.notes.append("no window: there is no screen (-dont_show says so before)")
            self._held = held.pop_all()  # where something fails before, all of it is closed

    @property
    def watched(self) -> bool:
        """Whether somebody may look on, for whom frames in pairs or fours would be jerky."""
        return bool(self._json or self._mjpeg or (self._window and self._window.open))

    def _hold(
        self, held: contextlib.ExitStack, kind: type[Stream], port: int, what: str
    ) -> Stream | None:
        if port <= 0:
            return None
        stream = kind(self.asked.http_host, port)
        held.callback(stream.close)
        self.notes.append(f"{what} stream: {stream.server.told}")
        return stream

    def __enter__(self) -> DemoOutputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def records(
        self, number: int, found: Detections, names: tuple[str, ...], source: str
    ) -> Iterator[str]:
        """Hand the detections of frame `number` on; yields the C program's word on it."""
        crossed = crossings(self.zones, found)
        listened = self._json is not None and self._json.followed
        if listened or self._file:
            record = json_record(number, None, found, names, crossings_json(crossed, names))
            if self._json:
                self._json.publish(record)
            if self._file:
                self._file.append(record)
        if self._json:
            yield " JSON-stream sent. "
        yield from crossing_lines(crossed, names)
        if self._poster and not self._posted:
            text = post_text(found, names, self.thresh, source)
            if text:
                self._poster.post(text)
                self._posted = self.asked.time_limit_sec > 0

    @property
    def _looked_at(self) -> bool:
        """Whether anyone gets to see the pixels."""
        watched = self._mjpeg is not None and self._mjpeg.followed
        window = self._window is not None and self._window.open
        return bool(watched or window or self.asked.prefix or self.asked.out_filename)

    def picture(
        self, number: int, found: FoundFrame, names: tuple[str, ...], fps: float
    ) -> Generator[str, None, bool]:
        """Draw a frame, the `number`-th that is shown, hand it on; yields the C program's words.

        Its value is whether to go on: the window may say no.
        """
        asked = self.asked
        if asked.benchmark or not self._looked_at:
            return True
        if self._drawn is None or (number - 1) % (asked.s + 1) == 0:
            self._drawn = self._draw(found, names)
        drawn = self._drawn
        going_on = self._window is None or self._window.show(drawn)
        if asked.prefix:
            Path(f"{asked.prefix}_{number:08d}.jpg").write_bytes(jpeg(drawn, _FILE_QUALITY))
        if self._mjpeg and self._mjpeg.followed:
            self._mjpeg.publish(jpeg(drawn, _QUALITY))
            yield " MJPEG-stream sent. "
        if asked.out_filename:
            self._film(asked.out_filename, found.frame.number, drawn, fps)
            yield "\n cvWriteFrame "
        return going_on

    def _film(self, path: str, number: int, drawn: np.ndarray, fps: float) -> None:
        """Write a frame in place of those before it that were dropped too: the film keeps time."""
        if self._video is None:
            self._video = VideoFile(path, fps, drawn.shape[:2])
            self._held.callback(self._video.close)
            self._written = number - 1
        for _ in range(min(number - self._written, _LONGEST_GAP)):
            self._video.write(drawn)
        self._written = number

    def _draw(self, found: FoundFrame, names: tuple[str, ...]) -> np.ndarray:
        """A frame as people see it; heat, boxes and zones on a copy."""
        pixels = found.frame.pixels
        if found.heat is not None:
            pixels = heat_picture(pixels, found.heat)
        if self.asked.dontdraw_bbox:
            return pixels
        drawn = draw_detections(pixels, found.detections, names, self.thresh)
        for zone in self.zones:
            draw_zone(drawn, zone.points, f"{zone.name} {zone.total(IN)} in {zone.total(OUT)} out")
        return drawn

    def told(self) -> Iterator[str]:
        """What there is to say meanwhile."""
        while self._poster and self._poster.notes:
            yield self._poster.notes.popleft()
