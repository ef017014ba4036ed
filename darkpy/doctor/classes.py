"""The chapter on a classifier's classes: what the pictures' paths say, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from darkpy.data.classes import ClassDataset
from darkpy.doctor.pictures import Examined
from darkpy.doctor.report import NOTE, WARNING, Chapter, Remark
from darkpy.errors import clipped, number_of

_UNEVEN = 10  # times as many pictures of the largest class as of the smallest are said
_SHOWN = 3  # largest and smallest classes


def class_chapter(lists: Sequence[Examined], names: Sequence[str]) -> Chapter:
    """How many pictures of each class there are in train= and valid=."""
    counts = {one.role: _counts(one.dataset, len(names)) for one in lists}
    lines = tuple(_line(role, own, names) for role, own in counts.items())
    remarks = [remark for one in lists for remark in _paths(one)]
    remarks += _absent(counts, names)
    remarks += _uneven(counts, names)
    facts = {role: dict(zip(names, own.tolist(), strict=True)) for role, own in counts.items()}
    return Chapter("classes", lines, facts, tuple(remarks))


def _counts(dataset: ClassDataset, classes: int) -> np.ndarray:
    """Pictures whose path contains each class's label, (K,)."""
    found = [label for own in dataset.named for label in own]
    return np.bincount(np.array(found, np.int64), minlength=classes)


def _line(role: str, counts: np.ndarray, names: Sequence[str]) -> str:
    order = np.argsort(-counts, kind="stable")
    if len(names) <= 2 * _SHOWN:
        said = ", ".join(f"{clipped(names[k])} {counts[k]}" for k in order)
    else:
        ends = [
            ", ".join(f"{clipped(names[k])} {counts[k]}" for k in part)
            for part in (order[:_SHOWN], order[-_SHOWN:])
        ]
        said = f"{ends[0]}, ..., {ends[1]}"
    return f"{role}: {number_of(len(names), 'classes')}: {said}"


def _paths(examined: Examined) -> Iterator[Remark]:
    """What is wrong with what the paths say: no label, or several."""
    dataset: ClassDataset = examined.dataset
    for finding in dataset.findings.items:
        if finding.severity == "warning" and not finding.line:
            what, _, then = finding.message.rpartition(": ")
            text = finding.message if examined.role == "train" else what or then
            yield Remark(WARNING, f"{finding.source}: {text}", _odd(dataset, finding))


def _odd(dataset: ClassDataset, finding: object) -> tuple[str, ...]:
    several = "several labels" in finding.message
    return tuple(
        dataset.path(i)
        for i, own in enumerate(dataset.named)
        if (len(own) > 1 if several else not own)
    )


def _absent(counts: dict[str, np.ndarray], names: Sequence[str]) -> Iterator[Remark]:
    for role, own in counts.items():
        lacking = tuple(names[k] for k in np.flatnonzero(own == 0))
        if not lacking:
            continue
        severity, why = (
            (WARNING, "and cannot be learnt") if role == "train" else (NOTE, "and are not measured")
        )
        text = f"{number_of(len(lacking), 'classes')} of {len(names)} have no {role} picture {why}"
        yield Remark(severity, text, lacking)


def _uneven(counts: dict[str, np.ndarray], names: Sequence[str]) -> Iterator[Remark]:
    own = counts.get("train")
    if own is None or not own.any():
        return
    most, least = int(own.argmax()), int(np.where(own > 0, own, own.max() + 1).argmin())
    if own[most] < _UNEVEN * own[least]:
        return
    yield Remark(
        NOTE,
        f"uneven classes: {own[most]} train pictures of {clipped(names[most])}, {own[least]} of "
        f"{clipped(names[least])}; what is rare is seldom seen: list its pictures several times",
    )
