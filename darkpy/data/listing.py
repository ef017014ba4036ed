"""List files: one picture path a line, as other programs and other machines wrote them."""

from __future__ import annotations

import bisect
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from darkpy.cfg.foreign import CFG, DATA, LABELS, YAML
from darkpy.cfg.text import read_lines, refuse_kinds
from darkpy.errors import DataError, Findings
from darkpy.registry import did_you_mean

MISSING_SHOWN = 20
_MISSING_LOOKED_AT = 1000  # of so many missing pictures it is found out what may have been meant
_FOLDERS_LOOKED_AT = 100  # beside the list, for a picture whose folder does not exist
_NEIGHBOURS = 40  # names on each side, in the alphabet, that are compared with a missing one
_OTHER_NAME = "did you mean"
_NO_LIST = {CFG: "", LABELS: "", YAML: "", DATA: ": take the file of its train= or valid="}
_JOINT = re.compile(r"(?i:(?<=\.jpg)|(?<=\.png)|(?<=\.bmp)|(?<=\.jpeg))(?=\S)")
_LABEL_ENDING = ".txt"
_STRAY = str.maketrans("\\", "/", "\x00\ufeff\u200b")


@dataclass(frozen=True)
class Listing:
    """A list file, resolved.

    pictures: paths that exist, in order, repeats kept. missing: lines that lead nowhere, as they
    stand in the file. findings: the missing ones with the nearest existing name.
    """

    source: str
    pictures: list[str]
    missing: list[str]
    findings: Findings = field(default_factory=Findings)


def read_listing(path: str | Path, data_folder: str | Path = "") -> Listing:
    """Read a list file. A relative path is looked up from the working directory, then from the
    list's folder, then from `data_folder`, the folder of the .data file.

    DataError if the list cannot be read, is empty, or if none of its pictures exist.
    """
    search = _Search(["", *dict.fromkeys((os.path.dirname(path), str(data_folder)))])
    pictures: list[str] = []
    missing: list[tuple[int, str]] = []
    joined: list[int] = []
    for number, text in entries(path):
        found = [] if _is_label((number, text)) else search.all_of(text)
        if not found:
            missing.append((number, text))
        elif len(found) > 1:
            joined.append(number)
        pictures += found
    findings = _report(str(path), missing, len(pictures) + len(missing), search)
    if joined:
        findings.warning(path, joined[0], _ran_together(joined))
    if not pictures:
        what = "\n".join(str(item) for item in findings.items) or f"{path}: the list is empty"
        raise DataError(f"{what}\n{path}: there is no picture to work with")
    return Listing(str(path), pictures, [text for _, text in missing], findings)


def entries(path: str | Path) -> list[tuple[int, str]]:
    """Line number and path, as it stands there, of each entry of a list file.

    DataError if the list cannot be read.
    """
    lines = read_lines(path, DataError, "the list of pictures")
    refuse_kinds(path, lines, _NO_LIST, "the list of pictures", DataError)
    cleaned = ((number, clean(raw)) for number, raw in enumerate(lines, start=1))
    named = [(number, text) for number, text in cleaned if text]
    if named and all(map(_is_label, named)):
        number, text = named[0]
        message = f"{text} is a label file, as all lines name; a list holds the pictures' names"
        raise DataError.at(path, number, message)
    return named


def _is_label(entry: tuple[int, str]) -> bool:
    return entry[1].lower().endswith(_LABEL_ENDING)


def glance(path: str | Path, data_folder: str | Path, most: int) -> tuple[int, int, Findings]:
    """Pictures that a list file names, how many of the first `most` do not exist, and which.

    DataError if the list cannot be read.
    """
    named = entries(path)
    search = _Search(["", *dict.fromkeys((os.path.dirname(path), str(data_folder)))])
    looked = named[:most]
    missing = [entry for entry in looked if _is_label(entry) or not search.all_of(entry[1])]
    return len(named), len(missing), _report(str(path), missing, len(looked), search)


def clean(line: str) -> str:
    """A line of a list as a path: without blanks, quotes and BOM, with / for \\ and ~ expanded.

    >>> clean(' "data\\\\obj\\\\1.jpg" \\r')
    'data/obj/1.jpg'
    """
    text = line.translate(_STRAY).strip()
    if text[:1] in ("'", '"') and text[-1] == text[0]:
        text = text[1:-1].strip()
    return os.path.expanduser(text) if text[:1] == "~" else text


def _as_bytes(text: str) -> str:
    """A path whose bytes are no UTF-8, which a list can only be read as Latin-1, for the system."""
    try:
        return os.fsdecode(text.encode("latin-1"))
    except UnicodeEncodeError:
        return text


class _Search:
    """Looks paths up in the names of their folders, each folder read once."""

    def __init__(self, bases: list[str]) -> None:
        self.bases = list(dict.fromkeys(bases))
        self._names: dict[str, frozenset[str] | None] = {}
        self._sorted: dict[str, list[str]] = {}
        self._places: dict[str, list[tuple[str, frozenset[str]]]] = {}

    def find(self, text: str) -> str | None:
        """The path under which `text` can be opened, or None."""
        head, slash, name = text.rpartition("/")
        head += slash
        places = self._places.get(head)
        if places is None:
            folders = dict.fromkeys(os.path.join(base, head) for base in self.bases)
            known = ((folder, self.names(folder)) for folder in folders)
            places = self._places[head] = [(folder, names) for folder, names in known if names]
        for folder, names in places:
            if name in names:
                return folder + name if folder.endswith("/") else os.path.join(folder, name)
        # A file system may ignore case, or let a folder be entered but not listed.
        spelled = dict.fromkeys((text, _as_bytes(text)))
        paths = (os.path.join(base, path) for path in spelled for base in self.bases)
        return next((path for path in paths if os.path.exists(path)), None)

    def all_of(self, text: str) -> list[str]:
        """The picture of a line, or those of lines that ran together, where all of them exist."""
        found = self.find(text)
        if found is not None:
            return [found]
        parts = _JOINT.split(text)
        several = [self.find(part) for part in parts] if len(parts) > 1 else [None]
        return [part for part in several if part] if all(several) else []

    def names(self, folder: str) -> frozenset[str] | None:
        """Names in a folder; None if there is no such folder or it cannot be listed."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder or "."))
            except (OSError, ValueError):
                self._names[folder] = None
        return self._names[folder]

    def hint(self, text: str, slash: str = "/") -> str:
        """What may have been meant by a path that leads nowhere. slash: as the list writes it."""
        head, between, name = text.rpartition("/")
        folders = [os.path.join(base, head + between) for base in self.bases]
        folders = [folder for folder in folders if self.names(folder)]
        near = next((hint for folder in folders if (hint := self._nearest(folder, name))), "")
        if folders:
            return near or self._nothing_like_it(folders[-1])
        for tail in _tails(text):
            for base in self.bases:
                if os.path.exists(os.path.join(base, tail)):
                    lost = text[: len(text) - len(tail)].replace("/", slash)
                    return f"; {os.path.join(base, tail)} exists: take '{lost}' off the lines"
        for tail in _tails(head):
            for base in self.bases:
                folder = os.path.join(base, tail)
                if self.names(folder):
                    return self._nothing_like_it(folder)
        head += between
        return self._in_another_folder(head, name) or f"; there is no folder {head}"

    def _in_another_folder(self, head: str, name: str) -> str:
        """A hint at a folder beside the list that has the picture which is looked for in `head`."""
        for base in self.bases:
            for entry in sorted(self.names(base) or ())[:_FOLDERS_LOOKED_AT]:
                found = os.path.join(base, entry, name)
                if name in (self.names(os.path.join(base, entry)) or ()):
                    return f"; {found} exists: write '{entry}/' in place of '{head}'"
        return ""

    def _nothing_like_it(self, folder: str) -> str:
        shown = folder or "."
        if all(name.endswith(_LABEL_ENDING) for name in self.names(folder) or ()):
            return f"; {shown} holds label files but no picture: put the pictures there"
        return f"; no name in {shown} is like it"

    def _nearest(self, folder: str, name: str) -> str:
        """A hint at the name in `folder` that is most like `name`, if any is."""
        if folder not in self._sorted:
            self._sorted[folder] = sorted(self._names[folder] or ())
        names = self._sorted[folder]
        if not name.endswith(_LABEL_ENDING):
            names = [other for other in names if not other.endswith(_LABEL_ENDING)]
        at = bisect.bisect(names, name)
        around = names[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        stem = os.path.splitext(name)[0]
        alike = [other for other in around if os.path.splitext(other)[0] == stem]
        alike += [other for other in names if other.lower() == name.lower()]
        return f"; {_OTHER_NAME} '{alike[0]}'?" if alike else did_you_mean(name, around)


def _ran_together(lines: list[int]) -> str:
    more = f" (so in {len(lines)} lines)" if len(lines) > 1 else ""
    return f"lines ran together: read as the pictures they name{more}; the C program cannot"


def _tails(text: str) -> Iterator[str]:
    """`a/b/c.jpg` -> `b/c.jpg`, `c.jpg`."""
    parts = text.split("/")
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def _report(path: str, missing: list[tuple[int, str]], total: int, search: _Search) -> Findings:
    findings = Findings()
    lines = read_lines(path, DataError, "the list of pictures") if missing else []
    told: dict[str, list[tuple[int, str]]] = {}  # what would be right -> line and fault of each
    for number, text in missing[:_MISSING_LOOKED_AT]:
        fault = remedy = "is no picture but a label file"
        if not _is_label((number, text)):
            hint = search.hint(text, "\\" if "\\" in lines[number - 1] else "/")
            fault = f"does not exist{hint}"
            remedy = text if _OTHER_NAME in hint else hint.rpartition(": ")[2]
        told.setdefault(remedy, []).append((number, f"picture {text} {fault}"))
    for same in list(told.values())[:MISSING_SHOWN]:
        more = f" (so in {len(same)} lines)" if len(same) > 1 else ""
        findings.warning(path, same[0][0], f"{same[0][1]}{more}")
    if missing:
        findings.warning(
            path, None, f"{len(missing)} of {total} pictures do not exist and are left out"
        )
    return findings
