"""Where moving pictures come from: cameras, streams, video files, pictures one after the other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from darkpy.data.pictures import read_picture
from darkpy.errors import DataError, PictureError
from darkpy.machine.opencv import cv2, quiet

_PATIENCE_MS = 5000  # for a stream to open and to give its next frame
_FPS = 25.0  # of what does not say, as get_stream_fps_cpp_cv(), Darknet's src/image_opencv.cpp
_MOST_FPS = 1000  # some containers say their time base in place of a rate
_EMPTY_READS = 20  # in a row that a camera may give while it wakes up


class FrameSource(Protocol):
    """Frames in order. live: they come when they come, whether anyone looks or not.

    promised: how many a file says that it has, which may be an estimate; 0 where nobody knows.
    """

    name: str
    live: bool
    fps: float
    promised: int

    def read(self) -> np.ndarray | None:
        """The next frame (H, W, 3) uint8 RGB; None when there is none any more.

        PictureError for one that is passed over: the next may be better.
        """

    def again(self) -> bool:
        """Open it once more after it broke; whether it gives frames now."""

    def close(self) -> None:
        """Let go of the camera, file or connection."""


class Capture:
    """What OpenCV opens: a camera's number, an address, a file. DataError if it cannot."""

    def __init__(self, what: int | str, *, live: bool) -> None:
        self.what = what
        self.name = f"camera {what}" if isinstance(what, int) else what
        self._capture, self._first = self._opened()
        if self._first is None:
            self._capture.release()
            raise DataError.at(self.name, None, self._fault())
        # A film that lies on a web server ends as a file does.
        self.promised = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.live = live and not self.promised
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= _MOST_FPS else _FPS

    def _opened(self) -> tuple[cv2.VideoCapture, np.ndarray | None]:
        with quiet():
            if isinstance(self.what, int):
                capture = cv2.VideoCapture(self.what)
            elif "://" in self.what:
                limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
                patience = [number for limit in limits for number in (limit, _PATIENCE_MS)]
                capture = cv2.VideoCapture(self.what, cv2.CAP_FFMPEG, patience)
            else:
                capture = cv2.VideoCapture(self.what)
            tries = _EMPTY_READS if isinstance(self.what, int) else 1
            first = None
            while capture.isOpened() and first is None and tries:
                tries -= 1
                first = _frame(capture)
        return capture, first

    def _fault(self) -> str:
        if isinstance(self.what, int):
            return "there is no such camera, or another program has it"
        if "://" in self.what:
            return f"no picture came from there within {_PATIENCE_MS // 1000} seconds"
        if os.path.isfile(self.what) and not os.path.getsize(self.what):
            return "the file is empty"
        return "this is no video that OpenCV can read; `ffprobe` may say what it is"

    def read(self) -> np.ndarray | None:
        if self._first is not None:
            frame, self._first = self._first, None
            return frame
        return _frame(self._capture)

    def again(self) -> bool:
        self._capture.release()
        self._capture, self._first = self._opened()
        return self._first is not None

    def close(self) -> None:
        self._capture.release()


class PictureFilm:
    """Picture files as the frames of a film."""

    live = False
    fps = _FPS
    promised = 0  # each picture that cannot be read is told by itself

    def __init__(self, name: str, paths: Sequence[str]) -> None:
        self.name = name
        self._left = iter(paths)

    def read(self) -> np.ndarray | None:
        path = next(self._left, None)
        return None if path is None else read_picture(path)

    def again(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is held."""


def is_stream(word: str) -> bool:
    """Whether a word is an address and no file: is_live_stream(), Darknet's image_opencv.cpp."""
    return "://" in word and not word.startswith("file://")


def open_video(word: str) -> Capture:
    """A video file or a stream. DataError if it is not there or cannot be read."""
    if "://" not in word and "%" not in word and not Path(word).exists():
        raise DataError.at(word, None, "there is no such file")
    return Capture(word, live=is_stream(word))


def open_camera(number: int) -> Capture:
    """A camera. DataError if there is none of this number."""
    return Capture(number, live=True)


def _frame(capture: cv2.VideoCapture) -> np.ndarray | None:
    """The next frame as RGB, whatever channels it has."""
    try:
        there, frame = capture.read()
    except cv2.error as problem:
        raise PictureError(f"a frame cannot be decoded: {problem.err}") from None
    if not there or frame is None or not frame.size:
        return None
    if frame.ndim == 2 or frame.shape[2] == 1:
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
    return cv2.cvtColor(frame[..., :3], cv2.COLOR_BGR2RGB)
