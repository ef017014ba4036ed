"""The files of a new project: where they go, what stands in them, what to do with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.data.layout import TEST, TRAIN, VALID
from darkpy.errors import OutputError, UsageError
from darkpy.files import writable_folder, write_text

# Names of folders that say nothing about what is in them.
_PLAIN = ("images", "imgs", "img", "pictures", "obj", "data", "train", "labels", "jpegimages")
_STRANGE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class ProjectFiles:
    """The five files of a project: `<folder>/<name>.cfg` and so on."""

    folder: Path
    name: str

    @classmethod
    def at(cls, out: str, name: str, pictures: str) -> ProjectFiles:
        """Files below `out`, named after the pictures' folder unless a name is given."""
        return cls(Path(out), name or _named_after(pictures))

    @property
    def cfg(self) -> Path:
        return self.folder / f"{self.name}.cfg"

    @property
    def data(self) -> Path:
        return self.folder / f"{self.name}.data"

    @property
    def names(self) -> Path:
        return self.folder / f"{self.name}.names"

    @property
    def train(self) -> Path:
        return self.folder / f"{self.name}_train.txt"

    @property
    def valid(self) -> Path:
        return self.folder / f"{self.name}_valid.txt"

    @property
    def test(self) -> Path:
        """A list that no key names: for measuring once, at the end."""
        return self.folder / f"{self.name}_test.txt"

    def refuse(self, picture_folders: set[str], force: bool) -> None:
        """UsageError if the files would lie among pictures; OutputError if some are there."""
        here = self.folder.resolve()
        for folder in sorted(picture_folders):
            place = Path(folder).resolve()
            if here == place or place in here.parents:
                raise UsageError(
                    f"darkpy init: {self.folder} lies in the pictures' folder {folder}, where "
                    "nothing is written; name another folder with -out"
                )
        files = (self.cfg, self.data, self.names, self.train, self.valid, self.test)
        present = [str(path) for path in files if path.exists()]
        if present and not force:
            raise OutputError(
                f"{', '.join(present)}: already there; take another -name or -out, or write over "
                "them with -force"
            )

    def write(
        self, cfg: Sequence[str], pictures: Sequence[str], sides: np.ndarray, names: Sequence[str]
    ) -> None:
        """Write all files. sides: (P,), what each picture is for, as in data/layout.py."""
        writable_folder(self.folder, "the folder of -out")
        listed = [self._listed(path) for path in pictures]
        for path, side in ((self.train, TRAIN), (self.valid, VALID), (self.test, TEST)):
            wanted = np.flatnonzero(sides == side)
            if len(wanted):
                write_text(path, _text(listed[number] for number in wanted))
        write_text(self.names, _text(names))
        facts = {
            "classes": len(names),
            "train": self.train,
            "valid": self.valid,
            "names": self.names,
            "backup": self.folder / "backup",
        }
        write_text(self.data, _text(f"{key} = {value}" for key, value in facts.items()))
        write_text(self.cfg, _text(cfg))

    def _listed(self, picture: str) -> str:
        """As the user gave the path if the project lies where they are, else from the root."""
        return picture if self.folder.resolve() == Path.cwd() else os.path.abspath(picture)

    def next_steps(self, start: str, picture: str) -> Iterator[str]:
        """The commands to type. start: the weights that trainings begin with, if any are known."""
        best = self.folder / "backup" / f"{self.name}_best.weights"
        yield f"wrote {self.cfg}, {self.data}, {self.names}, {self.train}, {self.valid}"
        if start:
            yield f"Fetch {start} first, or leave it out to begin with random weights. Then:"
        else:
            yield "Next:"
        yield ""
        words = ("  darkpy detector train", self.data, self.cfg, start, "-map")
        yield " ".join(str(word) for word in words if word)
        yield f"  darkpy detector map {self.data} {self.cfg} {best}"
        yield f"  darkpy detector test {self.data} {self.cfg} {best} {picture}"


def _named_after(folder: str) -> str:
    """The last part of a path that says something."""
    parts = [part for part in reversed(Path(folder).resolve().parts) if part.strip("/")]
    telling = next((part for part in parts if part.lower() not in _PLAIN), "project")
    return _STRANGE.sub("-", telling).strip("-") or "project"


def _text(lines: Iterator[str] | Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
