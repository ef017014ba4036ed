"""Where the pictures of a source are, and how large."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from darkpy.data.picture_file import PictureFile, inspect
from darkpy.data.pictures import read_picture
from darkpy.importers.annotated import PICTURE_ENDINGS

_HEADS = (2**15, 2**19)  # bytes that are looked at for the size, the second if the first do not do


class Pictures:
    """Finds pictures in some folders by their name or by what stands before its ending.

    Each folder is read once.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(dict.fromkeys(folders))
        self._names: dict[Path, dict[str, str]] = {}
        self._stems: dict[Path, dict[str, str]] = {}

    def named(self, name: str) -> Path | None:
        """The picture with this name, which may hold folders; None if there is none."""
        path = Path(name.replace("\\", "/"))
        if path.is_absolute():
            return path if path.is_file() else None
        return self._look(path.parent, path.name, self._names)

    def stemmed(self, stem: str) -> Path | None:
        """The picture that is called so but for its ending."""
        path = Path(stem.replace("\\", "/"))
        return self._look(path.parent, path.name, self._stems)

    def _look(self, inside: Path, name: str, table: dict[Path, dict[str, str]]) -> Path | None:
        for base in self.folders:
            folder = base / inside
            self._read(folder)
            if name in table[folder]:
                return folder / table[folder][name]
        return None

    def _read(self, folder: Path) -> None:
        if folder in self._names:
            return
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            names = []
        kept = [name for name in names if Path(name).suffix.lower() in PICTURE_ENDINGS]
        self._names[folder] = {name: name for name in kept}
        self._stems[folder] = {Path(name).stem: name for name in reversed(kept)}

    def __str__(self) -> str:
        return " or ".join(map(str, self.folders))


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height in px, turned upright as training sees it. PictureError if unreadable."""
    height, width = read_picture(picture, 1).shape[:2]
    return width, height


def misfit(picture: Path, size: tuple[int, int]) -> str:
    """What is odd about the (width, height) that an annotation gives a picture; empty if nothing.

    A size of the same shape is not: shares of it are shares of the picture. Only the file's header
    is read.
    """
    file = _header(picture)
    own = file.width, file.height
    # Sides of a resized picture are rounded to whole px.
    apart = abs(size[0] * own[1] - size[1] * own[0])
    if not min(own) or apart <= max(*size, *own):
        return ""
    turned = ", turned by EXIF" if file.orientation > 1 else ""
    return (
        f"the size {size[0]} x {size[1]} is not the picture's, {own[0]} x {own[1]}{turned}: look "
        "whether its boxes fit"
    )


def _header(picture: Path) -> PictureFile:
    """What the header says; nothing if the file cannot be read."""
    file = PictureFile()
    for length in _HEADS:
        try:
            with open(picture, "rb") as handle:
                file = inspect(handle.read(length))
        except OSError:
            break
        if file.width:
            break
    return file
