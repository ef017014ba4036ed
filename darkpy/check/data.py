"""A .data file: what it names is there, and fits the network. Whole data sets: `darkpy doctor`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from darkpy.cfg.data import DataOptions, read_names, scan_data
from darkpy.cfg.text import nearest
from darkpy.check.subject import Subject
from darkpy.data.listing import glance
from darkpy.errors import DataError, Findings, clipped, number_of
from darkpy.registry import did_you_mean

_LOOKED_AT = 20  # pictures of a list that are looked for
_EVAL = ("voc", "coco", "imagenet", "bdd", "kitti")
_NEEDED = {
    "classes": "the number of classes",
    "train": "the list of pictures to train on",
    "names": "the file with a class name a line",
}


def check_data(path: str, subject: Subject | None, findings: Findings) -> None:
    """Report what is wrong with a .data file and the files it names."""
    try:
        data = scan_data(path)
    except DataError as problem:
        findings.error(path, None, str(problem).removeprefix(f"{path}: "))
        return
    findings.extend(data.findings)
    for key, what in _NEEDED.items():
        if key not in data.lines and not (key == "names" and data.labels):
            findings.warning(path, None, f"no {key}=, {what}")
    _check_classes(data, subject, findings)
    _check_names(data, subject, findings)
    _check_lists(data, findings)
    _check_folders(data, findings)
    if data.eval and data.eval not in _EVAL:
        hint = did_you_mean(data.eval, _EVAL) or f"; it can be {' or '.join(_EVAL)}"
        findings.warning(path, data.lines["eval"], f"eval={data.eval} is not known{hint}")


def _check_classes(data: DataOptions, subject: Subject | None, findings: Findings) -> None:
    if subject is None or not subject.heads or not data.classes:
        return
    head = subject.heads[-1].section
    if data.classes != subject.classes:
        findings.error(
            data.source,
            data.lines["classes"],
            f"classes={data.classes}, but {head.source}:{head.line_of('classes')} has "
            f"classes={subject.classes}; they must be the same",
        )


def _check_names(data: DataOptions, subject: Subject | None, findings: Findings) -> None:
    path = _existing(data, "names", findings)
    if path is None:
        return
    try:
        names = read_names(path)
    except DataError as problem:
        findings.error(path, None, str(problem).removeprefix(f"{path}: "))
        return
    classes = subject.classes if subject is not None and subject.heads else data.classes
    if classes and len(names) != classes:
        who = "the cfg" if subject is not None and subject.heads else str(data.source)
        message = f"{number_of(len(names), 'names')}, but {who} has classes={classes}"
        findings.warning(path, None, f"{message}; a name for each class is needed")
    counts = Counter(names)
    for number, name in enumerate(names, start=1):
        if not name:
            findings.warning(path, number, f"class {number - 1} has no name: the line is blank")
        elif counts[name] > 1 and names.index(name) != number - 1:
            first = names.index(name) + 1
            findings.warning(path, number, f"'{name}' is the name of line {first} too")


def _check_lists(data: DataOptions, findings: Findings) -> None:
    for key in dict.fromkeys(("train", "valid")):
        if key not in data.lines:
            continue
        path = _existing(data, key, findings)
        if path is not None:
            _glance(path, key, data, findings)
    _existing(data, "difficult", findings)
    both = [data.resolve(getattr(data, key)) for key in ("train", "valid") if key in data.lines]
    if len(both) > 1 and both[0] == both[1]:
        message = "valid= is the list of train=: the mAP measured on it says little"
        findings.note(data.source, data.lines["valid"], message)


def _glance(path: Path, key: str, data: DataOptions, findings: Findings) -> None:
    try:
        count, lost, missing = glance(path, data.folder, _LOOKED_AT)
    except DataError as problem:
        findings.error(path, None, str(problem).removeprefix(f"{path}: "))
        return
    looked = min(count, _LOOKED_AT)
    if not count:
        findings.error(path, None, "the list is empty; a picture a line is needed")
        return
    absent = [found for found in missing.items if found.line is not None]
    if lost == looked:
        first = absent[0]
        message = f"none of the first {looked} pictures exists: {first.message}"
        findings.error(path, first.line, message)
        return
    for found in absent:
        findings.warning(path, found.line, found.message)
    findings.note(path, None, f"{number_of(count, 'pictures')} for {key}=")


def _check_folders(data: DataOptions, findings: Findings) -> None:
    for key in ("backup", "results"):
        folder = data.resolve(getattr(data, key))
        line = data.lines.get(key)
        if os.path.isfile(folder):
            findings.error(data.source, line, f"{key}={folder} is a file; it must be a folder")
        elif not os.path.exists(folder) and line is not None:
            findings.note(data.source, line, f"{key}={folder} does not exist; it will be made")


def _existing(data: DataOptions, key: str, findings: Findings) -> Path | None:
    """The file that a key names, or an error that it is not there."""
    text = getattr(data, key)
    if not text:
        return None
    path = data.resolve(text)
    if os.path.isfile(path):
        return path
    if os.path.exists(path):
        findings.error(data.source, data.lines[key], f"{key}={text} is a folder, not a file")
        return None
    hint = nearest(data.folder / path) or nearest(path)
    findings.error(data.source, data.lines[key], f"{key}={clipped(text)} does not exist{hint}")
    return None
