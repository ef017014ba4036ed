"""Where the frames of a demo come from, by the word of the command line."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from darkpy.data.picture_content import SUFFIXES
from darkpy.data.video import FrameSource, PictureFilm, open_camera, open_video
from darkpy.session.inputs import picture_paths

_LISTS = (".txt",)
_FILMS = (".gif",)  # a kind of picture file that may hold many


def source_of(word: str, camera: int) -> FrameSource:
    """What the word of the command line means. DataError if it is not there."""
    if not word:
        return open_camera(camera)
    if "://" not in word and _means_pictures(word):
        return PictureFilm(word, list(picture_paths([word])))
    return open_video(word)


def _means_pictures(word: str) -> bool:
    if os.path.exists(word):
        ending = Path(word).suffix.lower()
        return os.path.isdir(word) or ending in {*SUFFIXES, *_LISTS} - {*_FILMS}
    return glob.has_magic(word)
