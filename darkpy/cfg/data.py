"""`.data` and `.names` files: where the pictures, the names and the results are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from darkpy.cfg.foreign import CFG, DATA, LABELS, LIST, YAML
from darkpy.cfg.options import key, keys_of
from darkpy.cfg.text import nearest, read_lines, refuse_kinds
from darkpy.errors import DataError, Findings, clipped, place, shown_text
from darkpy.registry import did_you_mean

_STRAY = "\x00\ufeff\u200b"
_COMMENT = re.compile(r"\s[;#]")  # in a value; the C program takes it for a part of the value
_NO_VALID = "no valid=: the pictures of train= are measured instead"
_INPUTS = ("train", "valid", "names", "difficult")  # files that are there beforehand
_NO_DATA = {
    CFG: "",
    LABELS: "",
    LIST: "",
    YAML: ": `darkpy import yolo FOLDER OUT` makes Darknet's files of ultralytics' data.yaml",
}
_NO_NAMES = {
    CFG: "",
    LABELS: "",
    LIST: "",
    DATA: ": take the file of its names=",
    YAML: ": `darkpy import yolo FOLDER OUT` makes Darknet's files of ultralytics' data.yaml",
}


@dataclass(frozen=True)
class DataOptions:
    """Keys of a .data file; defaults from detector.c and classifier.c, except for backup=
    (Darknet's is the folder /backup/) and for what only some verbs need: those stay empty, and
    `require` asks for them.

    saveweights: 0 means that max_batches= decides. valid: the train list where it is not given.
    findings: what was odd about the text. lines: where each key stands.
    """

    source: Path
    classes: int = key(0, "number of classes; must agree with the heads of the cfg", minimum=1)
    train: str = key("", "list of the training pictures, a path a line")
    valid: str = key(
        "",
        "list of the pictures that mAP is measured on; default the train list",
        note="Pictures that were trained on say nothing about new ones: keep the lists apart, and "
        "frames of one video on one side.",
    )
    names: str = key("", "file of the class names, a line each, in the order of their numbers")
    labels: str = key(
        "", "classifiers: file of the words that paths of pictures contain, one a class"
    )
    backup: str = key(
        "backup",
        "folder of the weights files that a training writes; it is made if it is missing",
        note="Darknet's default is the folder /backup/.",
    )
    results: str = key("results", "folder of what `detector valid` writes")
    eval: str = key("", "what `detector valid` writes: voc (default), coco, imagenet, bdd or kitti")
    difficult: str = key(
        "",
        "list of pictures whose labels are difficult objects: need not be found, in `detector map` "
        "and in the mAP of a training",
        note="`recall` counts the objects of the label files alone, so it needs no such list; "
        "`valid` writes what is found and judges nothing.",
    )
    saveweights: int = key(
        0,
        "iterations between weights files that are kept; default 1000, or 10000 where max_batches= "
        "is 10000 or more",
        minimum=1,
    )
    savelast: int = key(100, "iterations between writings of _last.weights", minimum=1)
    top: int = key(1, "classifiers: a hit is among the first so many classes", minimum=1)
    findings: Findings = field(default_factory=Findings, compare=False, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def folder(self) -> Path:
        """The folder of the .data file."""
        return self.source.parent

    @property
    def measured_on(self) -> str:
        """A warning where pictures of the training are measured for want of others, or nothing."""
        if self.lines.get("valid") or not self.valid:
            return ""
        return f"{place(self.source)}: warning: {_NO_VALID}"

    def require(self, *keys: str) -> None:
        """DataError that names all `keys` which the file does not give."""
        absent = [f"{name}=" for name in keys if not getattr(self, name)]
        if absent:
            raise DataError.at(
                self.source, None, f"{' and '.join(absent)} missing; this command needs it"
            )

    def resolve(self, text: str) -> Path:
        """The file or folder that a value means: from the working directory, then from the
        folder of the .data file; where neither exists, the former.

        Darknet drops the blanks inside a value, so a path without them is tried as well.
        """
        path = Path(os.path.expanduser(text.replace("\\", "/")))
        blankless = Path("".join(str(path).split()))
        for candidate in (path, self.folder / path, blankless, self.folder / blankless):
            if os.path.exists(candidate):
                return candidate
        return path

    def file(self, key: str) -> Path:
        """The file that a key names. DataError, at the key's line, if there is none."""
        text = getattr(self, key)
        path = self.resolve(text)
        if os.path.exists(path):
            return path
        line = self.lines.get(key) or self.lines.get("train")  # which valid= defaults to
        hint = nearest(self.folder / path) or nearest(path)
        raise DataError.at(self.source, line, f"{key}={clipped(text)} does not exist{hint}")


_KEYS = keys_of(DataOptions)


def read_data(path: str | Path) -> DataOptions:
    """Read a .data file; of a repeated key the first one wins.

    DataError if it cannot be opened or a number in it is none; the rest goes to `findings`.
    """
    options = scan_data(path)
    options.findings.raise_errors(DataError)
    return options


def scan_data(path: str | Path) -> DataOptions:
    """Read a .data file and leave all its mistakes in `findings`. DataError if there is none."""
    source = Path(path)
    findings = Findings()
    values: dict[str, int | str] = {}
    lines: dict[str, int] = {}
    text_lines = read_lines(source, DataError, "the .data file")
    refuse_kinds(source, text_lines, _NO_DATA, "the .data file", DataError)
    for line, name, text in _entries(text_lines, source, findings):
        if name not in _KEYS:
            findings.note(path, line, f"{name}= is not used{did_you_mean(name, _KEYS)}")
        elif name in values:
            findings.warning(path, line, f"{name}={text} is not read: {name}= stands above already")
        elif _KEYS[name].type is int:
            values[name] = _whole_number(name, text, path, line, findings)
        else:
            values[name] = text
        lines.setdefault(name, line)
    if not lines and any(map(str.strip, text_lines)):
        findings.error(path, None, "holds no key=value line; a .data file has train=, names= …")
    for name in _INPUTS:
        if values.get(name):
            _find_moved(name, values, source, lines[name], findings)
            _note_other(name, str(values[name]), source, lines[name], findings)
    if not values.get("valid") and values.get("train"):
        values["valid"] = values["train"]
        findings.warning(path, None, _NO_VALID)
    return DataOptions(source, **values, findings=findings, lines=lines)


def read_names(path: str | Path) -> tuple[str, ...]:
    """Class names of a .names file, a line each; blank lines count unless they end the file.

    Control characters come as escapes: names reach the screen, pictures and files' names.
    DataError if it cannot be opened or holds no name.
    """
    lines = read_lines(path, DataError, "the .names file")
    refuse_kinds(path, lines, _NO_NAMES, "the .names file", DataError)
    names = [shown_text(line.replace("\x00", "").strip().strip(_STRAY)) for line in lines]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise DataError.at(path, None, "holds no class name; one a line is needed")
    return tuple(names)


def _find_moved(
    name: str, values: dict[str, int | str], source: Path, line: int, findings: Findings
) -> None:
    """Take the file beside the .data file where its first folders are of another machine.

    CVAT writes data/obj.names though the file lies beside obj.data.
    """
    text = str(values[name])
    if os.path.exists(DataOptions(source).resolve(text)):
        return
    parts = text.replace("\\", "/").split("/")
    for start in range(1, len(parts)):
        beside = source.parent.joinpath(*parts[start:])
        if os.path.isfile(beside):
            lost = "/".join(parts[:start])
            message = f"{name}={text} does not exist; {beside} is taken: take '{lost}/' off"
            findings.warning(source, line, message)
            values[name] = str(beside)
            return


def _note_other(name: str, text: str, source: Path, line: int, findings: Findings) -> None:
    """Say which file is taken where there are two: Darknet looks from the working directory."""
    taken, beside = DataOptions(source).resolve(text), source.parent / text
    if not (os.path.isfile(taken) and os.path.isfile(beside)) or os.path.samefile(taken, beside):
        return
    if taken.read_bytes() != beside.read_bytes():
        message = f"{name}={text} is {taken.absolute()}; {beside} is another file and is not read"
        findings.warning(source, line, message)


def _entries(lines: list[str], path: Path, findings: Findings) -> Iterator[tuple[int, str, str]]:
    """Line number, key and text of each `key=value`."""
    for number, raw in enumerate(lines, start=1):
        line = raw.replace("\x00", "").strip().strip(_STRAY)
        if not line or line[0] in "#;":
            continue
        name, equals, text = line.partition("=")
        if not equals or not text.strip():
            findings.warning(path, number, f"'{line[:40]}' is not key=value and is not read")
            continue
        value = _uncommented(text.strip(), path, number, findings)
        yield number, "".join(name.split()), _unquoted(value)


def _uncommented(text: str, source: Path, line: int, findings: Findings) -> str:
    """A value without the comment behind it, unless there is a file that is called so."""
    comment = _COMMENT.search(text)
    if not comment or text[:1] in "'\"" or os.path.exists(DataOptions(source).resolve(text)):
        return text
    shown = text[comment.start() + 1 :]
    message = f"'{shown[:40]}' is taken for a comment; the C program takes it into the value"
    findings.warning(source, line, message)
    return text[: comment.start()].strip()


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip()
    return text


def _whole_number(name: str, text: str, path: str | Path, line: int, findings: Findings) -> int:
    try:
        number = int("".join(text.split()))
    except ValueError:
        findings.error(path, line, f"{name}={text} is not int")
        return 0
    least = _KEYS[name].minimum
    if least is not None and number < least:
        findings.error(path, line, f"{name}={text} is below the smallest value, {least:g}")
    return number
