"""Frames written as a film, and as the JPEGs of a stream."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkpy.errors import OutputError
from darkpy.machine.opencv import cv2, quiet

# By a file's ending; whatever else OpenCV's FFmpeg knows is tried with the C program's DIVX.
_CODES = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".webm": "VP80"}
_OTHERS = ("DIVX", "MJPG")


class VideoFile:
    """A film that is written frame by frame, all of the first one's size.

    OutputError if it cannot be made: the folder is missing, or nothing here writes such a file.
    """

    def __init__(self, path: str, fps: float, size_hw: tuple[int, int]) -> None:
        self.path = path
        self._hw = size_hw
        if not Path(path).resolve().parent.is_dir():
            raise OutputError.at(path, None, "there is no such folder")
        codes = (_CODES.get(Path(path).suffix.lower(), _OTHERS[0]), *_OTHERS)
        height, width = size_hw
        with quiet():
            for code in codes:
                number = cv2.VideoWriter_fourcc(*code)
                self._writer = cv2.VideoWriter(path, number, fps, (width, height))
                if self._writer.isOpened():
                    return
        raise OutputError.at(path, None, "no such video can be written; use .avi or .mp4")

    def write(self, pixels: np.ndarray) -> None:
        """Add a frame (H, W, 3) uint8 RGB; one of another size is stretched."""
        if pixels.shape[:2] != self._hw:
            pixels = cv2.resize(pixels, self._hw[::-1], interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """The film is complete."""
        self._writer.release()
