"""Where the pictures of a source are, and how large."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from darkpy.data.picture_file import PictureFile, inspect
from darkpy.data.pictures import read_picture
from darkpy.importers.annotated import PICTURE_ENDINGS

_HEADS = (2**15, 2**19)  # bytes that are looked at for the size, the second if the first do not do
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # Label Studio's, before the name of an uploaded file

_Table = dict[Path, dict[str, str]]  # names in a folder


class Pictures:
    """Finds pictures in some folders by their name or by what stands before its ending.

    Each folder is read once. A name may come from anyone's file: nothing is found outside the
    folders `inside` (by default the same), wherever `..`, an absolute path or a link leads.
    """

    def __init__(self, folders: Iterable[Path], inside: Iterable[Path] = ()) -> None:
        self.folders = tuple(dict.fromkeys(folders))
        self.inside = tuple(dict.fromkeys(inside)) or self.folders
        self._roots = tuple(os.path.join(os.path.realpath(folder), "") for folder in self.inside)
        self._names: _Table = {}
        self._stems: _Table = {}
        self._reals: dict[Path, str] = {}
        self._called: dict[Path, tuple[str, bool]] = {}
        self._why: dict[str, str] = {}

    def named(self, name: str) -> Path | None:
        """The picture with this name, which may hold folders; None if there is none.

        Folders of another machine are left off from the left until the rest is found; what two
        names would come down to is taken for the first of them only.
        """
        path = Path(name.replace("\\", "/"))
        if path.is_absolute():
            exact = path if path.suffix.lower() in PICTURE_ENDINGS else None
        else:
            exact = self._look(path, self._names)
        return self._first(path, exact, self._names)

    def stemmed(self, stem: str) -> Path | None:
        """The picture that is called so but for its ending."""
        path = Path(stem.replace("\\", "/"))
        return self._first(path, self._look(path, self._stems), self._stems)

    def missing(self, name: str) -> str:
        """Why `name`, which was looked for, was not found; it follows the picture's name."""
        return self._why.get(Path(name.replace("\\", "/")).as_posix(), f"is not in {self}")

    def _first(self, path: Path, exact: Path | None, table: _Table) -> Path | None:
        """What may be taken of what was found under the whole path, then under its tails."""
        name = path.as_posix()
        if exact is not None and self._may_be_taken(exact, name, shortened=False):
            return exact
        for tail in _tails(path):
            found = self._look(tail, table)
            if found is not None and self._may_be_taken(found, name, shortened=True):
                return found
        return None

    def _look(self, path: Path, table: _Table) -> Path | None:
        for base in self.folders:
            folder = base / path.parent
            self._read(folder)
            if path.name in table[folder]:
                return folder / table[folder][path.name]
        return None

    def _may_be_taken(self, found: Path, name: str, *, shortened: bool) -> bool:
        """Whether it is a file, lies inside, and was not found for another name."""
        try:
            real = self._real(found)
        except ValueError:  # NUL and half letters, which JSON can hold
            return False
        if not os.path.isfile(real):
            return False
        if not any(f"{real}{os.sep}".startswith(root) for root in self._roots):
            reason = f"leads to {real}, outside {self.inside[0]}, from where nothing is taken"
            self._why.setdefault(
                name, f"{reason}; -images {os.path.dirname(real)} takes it from there"
            )
            return False
        first, roughly = self._called.setdefault(found, (name, shortened))
        if first != name and (shortened or roughly):
            self._why.setdefault(name, f"is not there: {found} was taken for {first}")
            return False
        return True

    def _real(self, found: Path) -> str:
        """The path without links; a folder is looked at once."""
        if os.path.islink(found) or found.name in ("", ".."):
            return os.path.realpath(found)
        folder = self._reals.get(found.parent)
        if folder is None:
            folder = self._reals[found.parent] = os.path.realpath(found.parent)
        return os.path.join(folder, found.name)

    def _read(self, folder: Path) -> None:
        if folder in self._names:
            return
        try:
            names = sorted(os.listdir(folder))
        except (OSError, ValueError):
            names = []
        kept = [name for name in names if Path(name).suffix.lower() in PICTURE_ENDINGS]
        self._names[folder] = {name: name for name in kept}
        self._stems[folder] = {Path(name).stem: name for name in reversed(kept)}

    def __str__(self) -> str:
        return " or ".join(map(str, self.folders))


def _tails(path: Path) -> Iterator[Path]:
    """`a/b/c.jpg` -> `b/c.jpg`, `c.jpg`, and what Label Studio put before a name taken off."""
    parts = path.parts
    yield from (Path(*parts[start:]) for start in range(1, len(parts)))
    bare = _UPLOADED.sub("", path.name)
    if bare and bare != path.name:
        yield Path(bare)


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height in px, turned upright as training sees it. PictureError if unreadable."""
    height, width = read_picture(picture, 1).shape[:2]
    return width, height


def misfit(picture: Path, picture_wh: tuple[int, int]) -> str:
    """What is odd about the (width, height) that an annotation gives a picture; empty if nothing.

    A size of the same shape is not: shares of it are shares of the picture. Only the file's header
    is read.
    """
    file = _header(picture)
    own = file.width, file.height
    # Sides of a resized picture are rounded to whole px.
    apart = abs(picture_wh[0] * own[1] - picture_wh[1] * own[0])
    if not min(own) or apart <= max(*picture_wh, *own):
        return ""
    turned = ", turned by EXIF" if file.orientation > 1 else ""
    return (
        f"the size {picture_wh[0]} x {picture_wh[1]} is not the picture's, "
        f"{own[0]} x {own[1]}{turned}: look whether its boxes fit"
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
