"""The chapter on labels: wrong, missing and repeated rows, and how often each class occurs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from darkpy.cfg.text import decode_text
from darkpy.data.dataset import Dataset
from darkpy.data.labels import label_paths, said
from darkpy.doctor.pictures import Examined
from darkpy.doctor.report import NOTE, STOP, WARNING, Chapter, Remark
from darkpy.errors import number_of, place
from darkpy.inference.shown import class_name

_RARE = 10  # a class with so many times fewer objects than the most frequent one is rare
_MOST_BAD = 0.1  # share of wrong rows from which the labels as a whole cannot be trusted
_WIDEST_NAME = 24
_MOST_ROWS = 40  # classes in the table
_NAMED = 10  # classes without objects that are named


def label_chapter(lists: list[Examined], classes: int, names: Sequence[str]) -> Chapter:
    """Everything about the label files of train= and valid=."""
    lines: list[str] = []
    remarks: list[Remark] = []
    for examined in lists:
        dataset = examined.dataset
        counts = dataset.labels
        lines.append(
            f"{examined.role}: {number_of(len(dataset.classes), 'boxes')}; "
            f"{number_of(counts.labelled, 'pictures')} with "
            f"objects, {counts.empty} with an empty label file, {counts.missing} without one"
            + _ignored(dataset)
        )
        remarks += _without(examined)
        remarks += _bad_rows(examined)
        remarks += _repeated_rows(examined)
    histograms = {e.role: np.bincount(e.dataset.classes, minlength=classes) for e in lists}
    lines += _table(lists, histograms, classes, names)
    remarks += _balance(histograms, names)
    facts = {e.role: _facts(e, histograms[e.role]) for e in lists}
    return Chapter("labels", tuple(lines), facts, tuple(remarks))


def _ignored(dataset: Dataset) -> str:
    count = len(dataset.ignored.classes)
    return f"; {count} ignore boxes" if count else ""


def _facts(examined: Examined, histogram: np.ndarray) -> dict[str, object]:
    dataset = examined.dataset
    return {
        "boxes": len(dataset.classes),
        **dataset.labels._asdict(),
        "ignore_boxes": len(dataset.ignored.classes),
        "bad_rows": len(dataset.bad_rows),
        "boxes_of_class": histogram.tolist(),
        "pictures_with_class": pictures_with(dataset, len(histogram)).tolist(),
    }


def pictures_with(dataset: Dataset, classes: int) -> np.ndarray:
    """In how many pictures each class occurs, (classes,)."""
    picture = np.repeat(np.arange(len(dataset)), np.diff(dataset.offsets))
    both = np.unique(np.column_stack((picture, dataset.classes)), axis=0)
    return np.bincount(both[:, 1], minlength=classes)


def _without(examined: Examined) -> Iterator[Remark]:
    """Pictures without a label file, and a list without any object."""
    dataset, role = examined.dataset, examined.role
    if dataset.labels.missing:
        places = tuple(
            f"{path}: no {' and no '.join(label_paths(path))}"
            for path in (dataset.path(i) for i in dataset.unlabelled)
        )
        text = (
            f"{number_of(dataset.labels.missing, f'{role} pictures')} without a label file, taken "
            "for pictures without objects; write an empty file where that is meant"
        )
        yield Remark(WARNING, text, places)
    if not len(dataset.classes):
        severity = STOP if role == "train" else WARNING
        yield Remark(severity, f"the {role} list has no objects at all")


def _bad_rows(examined: Examined) -> Iterator[Remark]:
    every = examined.dataset.bad_rows
    for row, once in said(row for row in every if row.once):
        yield Remark(
            WARNING, f"{examined.role}: {once}", (f"{place(row.path, row.line)}: the first",)
        )
    rows = [row for row in every if not row.once]
    if not rows:
        return
    lost = sum(not row.kept for row in rows)
    total = lost + len(examined.dataset.classes)
    text = f"{len(rows)} {examined.role} label rows are wrong, {lost} of {total} are left out"
    severity = STOP if lost > _MOST_BAD * total else WARNING
    yield Remark(severity, text, tuple(f"{place(row.path, row.line)}: {row}" for row in rows))


def _repeated_rows(examined: Examined) -> Iterator[Remark]:
    """The same box of the same class twice in one picture: trained on twice."""
    dataset = examined.dataset
    picture = np.repeat(np.arange(len(dataset)), np.diff(dataset.offsets))
    rows = np.column_stack((picture, dataset.classes, dataset.boxes.view(np.int32)))
    _, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
    again = first[counts > 1]
    places = [text for i in np.unique(picture[again]) for text in _repeated_lines(dataset.path(i))]
    if len(again):
        # A picture that is listed twice has its labels twice, which is not what is meant here.
        places = list(dict.fromkeys(places))
        text = f"{len(places)} {examined.role} label rows say again what a row above them says"
        yield Remark(WARNING, text, tuple(places))


def _repeated_lines(picture: str) -> Iterator[str]:
    """`file:line: ...` for each row of a picture's label file that repeats an earlier one."""
    path = next(path for path in label_paths(picture) if os.path.exists(path))
    seen: dict[tuple[np.float32, ...], int] = {}
    with open(path, "rb") as file:
        lines = decode_text(file.read()).replace("\x00", "").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            row = tuple(np.float32(token) for token in line.split()[:5])
        except ValueError:
            continue  # a bad row, reported as one
        if row and row in seen:
            yield f"{place(path, number)}: the same box as in line {seen[row]}; delete one of them"
        seen.setdefault(row, number)


def _table(
    lists: list[Examined], histograms: dict[str, np.ndarray], classes: int, names: Sequence[str]
) -> Iterator[str]:
    """Boxes of each class, and the pictures they are in, list by list."""
    held = [(histograms[e.role], pictures_with(e.dataset, classes)) for e in lists]
    shown = np.arange(classes)
    if classes > _MOST_ROWS:
        counts = sum(boxes for boxes, _ in held)
        most = np.argsort(-counts, kind="stable")[:_MOST_ROWS]
        shown = np.sort(most[counts[most] > 0])
    named = [class_name(names, i)[:_WIDEST_NAME] for i in shown]
    width = max(len("class"), *map(len, named))
    yield f"{'class':{width}s}" + "".join(
        f"{e.role + ' boxes':>14s}{'share':>8s}{'pictures':>10s}" for e in lists
    )
    for number, name in zip(shown, named, strict=True):
        cells = "".join(
            f"{boxes[number]:14d}{boxes[number] / max(1, boxes.sum()):8.1%}{pictures[number]:10d}"
            for boxes, pictures in held
        )
        yield f"{name:{width}s}{cells}"
    if len(shown) < classes:
        yield f"... and the {classes - len(shown)} classes with the fewest boxes (-json has all)"


def _balance(histograms: dict[str, np.ndarray], names: Sequence[str]) -> Iterator[Remark]:
    """Classes without objects, and classes with few."""
    train = histograms["train"]
    for role, counts in histograms.items():
        # A class that cannot be learnt need not be measured.
        absent = np.flatnonzero((counts == 0) & ((role == "train") | (train > 0)))
        if len(absent) and counts.any():
            why = "cannot be learnt" if role == "train" else "have no average precision"
            shown = ", ".join(class_name(names, i) for i in absent[:_NAMED])
            more = ", ..." if len(absent) > _NAMED else ""
            text = f"{len(absent)} of {len(counts)} classes have no {role} object and {why}"
            yield Remark(WARNING, f"{text}: {shown}{more}")
    rare = np.flatnonzero((train > 0) & (train * _RARE < train.max(initial=0)))
    if len(rare):
        text = (
            f"{len(rare)} classes have less than a {_RARE}th of the most frequent one's objects; "
            "list their pictures more than once, or give every head "
            f"counters_per_class={','.join(map(str, train))}"
        )
        places = tuple(f"{class_name(names, i)}: {train[i]} of {train.max()}" for i in rare)
        yield Remark(NOTE, text, places)
