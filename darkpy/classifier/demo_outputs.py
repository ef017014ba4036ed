"""Where the frames of `classifier demo` go: a film, a port, a window."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from darkpy.data.capturing import Frame
from darkpy.flags.classifier import ClassifierDemoFlags
from darkpy.serve.streams import MjpegStream
from darkpy.view.caption import captioned
from darkpy.view.encoding import jpeg
from darkpy.view.video import VideoFile
from darkpy.view.windows import FilmWindow

_QUALITY = 40  # of the MJPEG stream, as `detector demo` has it


class ClassDemoOutputs:
    """All that was asked for, opened before the first frame: a context manager.

    OutputError for a port that is taken, a film that cannot be written.
    """

    def __init__(self, asked: ClassifierDemoFlags) -> None:
        self.asked = asked
        self.notes: list[str] = []
        self._video: VideoFile | None = None
        self._mjpeg: MjpegStream | None = None
        self._window: FilmWindow | None = None
        with contextlib.ExitStack() as held:
            if asked.mjpeg_port > 0:
                self._mjpeg = MjpegStream(asked.http_host, asked.mjpeg_port)
                held.callback(self._mjpeg.close)
                self.notes.append(f"MJPEG stream: {self._mjpeg.server.told}")
            if not (asked.dont_show or asked.benchmark):
                self._window = FilmWindow("Classifier")
                held.callback(self._window.close)
                if not self._window.open:
                    self.notes.append("no window: there is no screen (-dont_show says so before)")
            self._held = held.pop_all()  # where something fails before, all of it is closed

    def __enter__(self) -> ClassDemoOutputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def picture(self, frame: Frame, lines: Sequence[str], fps: float) -> bool:
        """Draw a frame with its lines and hand it on; whether to go on: the window may say no."""
        watched = self._mjpeg is not None and self._mjpeg.followed
        window = self._window is not None and self._window.open
        if not (watched or window or self.asked.out_filename):
            return True
        drawn = captioned(frame.pixels, lines)
        if self.asked.out_filename:
            if self._video is None:
                self._video = VideoFile(self.asked.out_filename, fps, drawn.shape[:2])
                self._held.callback(self._video.close)
            self._video.write(drawn)
        if watched and self._mjpeg is not None:
            self._mjpeg.publish(jpeg(drawn, _QUALITY))
        return self._window is None or self._window.show(drawn)
