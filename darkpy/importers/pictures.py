"""Where the pictures of a source are, and how large."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from darkpy.data.pictures import read_picture
from darkpy.importers.annotated import PICTURE_ENDINGS


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
