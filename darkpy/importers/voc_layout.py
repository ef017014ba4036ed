"""Where a VOC data set keeps its annotations, lists and pictures: the layouts that are about.

Annotations/ and JPEGImages/ with ImageSets/Main, several of those (VOCdevkit), annotations/ and
images/, folders in them, XML beside pictures, train/ valid/ test/ of Roboflow, images/train.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from darkpy.cfg.text import read_lines
from darkpy.errors import DataError
from darkpy.importers.annotated import PICTURE_ENDINGS, TRAIN, VALID

_ANNOTATIONS = "annotations"
_CLASS_LIST_MARKS = {"1", "-1", "0"}  # second word of the lists that are about one class
_PICTURE_FOLDERS = ("JPEGImages", "images")

List = tuple[Path, str, list[tuple[int | None, str]]]  # its file, name, and (line, picture)s


@dataclass(frozen=True)
class Year:
    """One folder with annotations. prefix: of its pictures' keys, where there are several."""

    folder: Path
    annotations: Path
    prefix: str = ""

    @property
    def picture_folders(self) -> list[Path]:
        """Where its pictures may lie, the usual place first."""
        return [*(self.folder / name for name in _PICTURE_FOLDERS), self.annotations, self.folder]

    def stems(self) -> dict[str, Path]:
        """All annotations in and below the folder: path without ending, from the folder on."""
        found = {}
        for place, folders, names in os.walk(self.annotations):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(".xml"):
                    path = Path(place, name)
                    found[path.relative_to(self.annotations).with_suffix("").as_posix()] = path
        return found

    def lists(self) -> list[List]:
        """Every list that is not about one class; failing such, what those of the classes make."""
        whole: list[List] = []
        of_classes: dict[str, List] = {}
        for path in sorted((self.folder / "ImageSets/Main").glob("*.txt")):
            lines = enumerate(read_lines(path, DataError, "the list of pictures"), start=1)
            entries = [(number, words) for number, line in lines if (words := line.split())]
            if not any(len(words) == 2 and words[1] in _CLASS_LIST_MARKS for _, words in entries):
                named = [(number, _bare(" ".join(words))) for number, words in entries]
                whole.append((path, path.stem, named))
                continue
            # VoTT writes cat_train.txt and cat_val.txt only; each names all pictures of its side.
            side = path.stem.rpartition("_")[2]
            known = of_classes.setdefault(side, (path, side, []))[2]
            there = {stem for _, stem in known}
            named = [(number, _bare(words[0])) for number, words in entries]
            known += [entry for entry in named if entry[1] not in there]
        sides = [of_classes[side] for side in of_classes if side.lower() in (*TRAIN, *VALID)]
        return whole or sides

    def list_of(self, stem: str) -> str:
        """The list that a picture's folders name, as train/a and images/valid/a do, or nothing."""
        parts = (self.folder.name if self.prefix else "", *stem.split("/")[:-1])
        return next((part for part in parts if part.lower() in (*TRAIN, *VALID)), "")


def years(source: Path) -> list[Year]:
    """The folders of a source that hold annotations. DataError if there is none."""
    apart = _apart(source)
    if apart is not None:
        return [Year(source, apart)]
    if any(source.glob("*.xml")):
        return [Year(source, source)]
    inside = [folder for folder in sorted(source.glob("*/")) if folder.is_dir()]
    several = [(folder, apart) for folder in inside if (apart := _apart(folder))]
    if several:
        prefixed = len(several) > 1
        return [Year(f, apart, f"{f.name}_" if prefixed else "") for f, apart in several]
    if Year(source, source).stems():
        return [Year(source, source)]
    raise DataError.at(source, None, "holds no Annotations/ folder and no *.xml file")


def picture_stems(stem: str) -> Iterator[str]:
    """The stems under which the picture of an annotation may lie.

    >>> list(picture_stems("cam1/annotations/a"))
    ['cam1/annotations/a', 'cam1/JPEGImages/a', 'cam1/images/a']
    """
    yield stem
    parts = stem.split("/")
    at = [number for number, part in enumerate(parts[:-1]) if part.lower() == _ANNOTATIONS]
    if at:
        for folder in _PICTURE_FOLDERS:
            yield "/".join([*parts[: at[-1]], folder, *parts[at[-1] + 1 :]])


def _apart(folder: Path) -> Path | None:
    """The folder of annotations in this one, however it is written; none of COCO's."""
    try:
        named = [entry for entry in sorted(folder.iterdir()) if entry.name.lower() == _ANNOTATIONS]
    except OSError:
        return None
    found = [entry for entry in named if entry.is_dir()]
    return next((entry for entry in found if not any(entry.glob("*.json"))), None)


def _bare(name: str) -> str:
    """An entry of a list without the ending of a picture, which some programs write."""
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in PICTURE_ENDINGS else name
