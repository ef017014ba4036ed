"""Where the frames of `detector demo` go: files, ports, a web hook, a window."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from darkpy.data.pictures import write_picture
from darkpy.detector.demo_text import crossing_lines, crossings_json, post_text
from darkpy.detector.outputs import JsonFile, json_record
from darkpy.flags.detector import DemoFlags
from darkpy.inference.detector import Detections
from darkpy.serve.posting import Poster
from darkpy.serve.streams import JsonStream, MjpegStream
from darkpy.tracking.zones import IN, OUT, crossings, read_zones
from darkpy.view.draw import draw_detections
from darkpy.view.video import VideoFile, jpeg
from darkpy.view.windows import FilmWindow
from darkpy.view.zones import draw_zone

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
        self._held = contextlib.ExitStack()
        self._json = self._hold(JsonStream, asked.json_port, "JSON")
        self._mjpeg = self._hold(MjpegStream, asked.mjpeg_port, "MJPEG")
        self._file = self._poster = self._video = None
        if asked.json_file_output:
            self._file = self._held.enter_context(JsonFile(asked.json_file_output))
        if asked.http_post_host:
            self._poster = Poster(asked.http_post_host)
            self._held.callback(self._poster.close)
        self._posted = False
        self._window: FilmWindow | None = None
        if not (asked.dont_show or asked.prefix or asked.benchmark):
            self._window = FilmWindow("Demo")
            self._held.callback(self._window.close)
            if not self._window.open:
                self.notes.append("no window: there is no screen (-dont_show says so beforehand)")
        self._drawn: np.ndarray | None = None

    def _hold(self, kind: type, port: int, what: str) -> JsonStream | MjpegStream | None:
        if port <= 0:
            return None
        stream = kind(self.asked.http_host, port)
        self._held.callback(stream.close)
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
        asked = self.asked
        crossed = crossings(self.zones, found)
        if self._json or self._file:
            record = json_record(number, None, found, names, crossings_json(crossed, names))
            if self._json:
                self._json.publish(record)
                yield " JSON-stream sent. "
            if self._file:
                self._file.append(record)
        yield from crossing_lines(crossed, names)
        if self._poster and not self._posted:
            text = post_text(found, names, self.thresh, source)
            if text:
                self._poster.post(text)
                self._posted = asked.time_limit_sec > 0

    @property
    def _looked_at(self) -> bool:
        """Whether anyone gets to see the pixels."""
        watched = self._mjpeg is not None and self._mjpeg.followed
        window = self._window is not None and self._window.open
        return bool(watched or window or self.asked.prefix or self.asked.out_filename)

    def picture(
        self, number: int, pixels: np.ndarray, found: Detections, names: tuple[str, ...], fps: float
    ) -> Generator[str, None, bool]:
        """Draw frame `number` and hand it on; yields the C program's words.

        Its value is whether to go on: the window may say no.
        """
        asked = self.asked
        if asked.benchmark or not self._looked_at:
            return True
        if self._drawn is None or (number - 1) % (asked.s + 1) == 0:
            self._drawn = self._draw(pixels, found, names)
        drawn = self._drawn
        going_on = self._window is None or self._window.show(drawn)
        if asked.prefix:
            write_picture(Path(f"{asked.prefix}_{number:08d}.jpg"), drawn)
        if self._mjpeg and self._mjpeg.followed:
            self._mjpeg.publish(jpeg(drawn, _QUALITY))
            yield " MJPEG-stream sent. "
        if asked.out_filename:
            if self._video is None:
                self._video = VideoFile(asked.out_filename, fps, drawn.shape[:2])
                self._held.callback(self._video.close)
            self._video.write(drawn)
            yield "\n cvWriteFrame "
        return going_on

    def _draw(self, pixels: np.ndarray, found: Detections, names: tuple[str, ...]) -> np.ndarray:
        """A frame as people see it; boxes and zones on a copy."""
        if self.asked.dontdraw_bbox:
            return pixels
        drawn = draw_detections(pixels, found, names, self.thresh)
        for zone in self.zones:
            draw_zone(drawn, zone.points, f"{zone.name} {zone.total(IN)} in {zone.total(OUT)} out")
        return drawn

    def told(self) -> Iterator[str]:
        """What there is to say meanwhile."""
        while self._poster and self._poster.notes:
            yield self._poster.notes.popleft()
