"""`darkpy init`: from a folder of labelled pictures to files that a training can start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from darkpy.data.alike import hashed
from darkpy.data.groups import Groups, group_pictures
from darkpy.data.labelled import Labelled, bad_rows_said, names_for, read_labelled
from darkpy.data.layout import TEST, TRAIN, VALID, side_by_folder
from darkpy.data.split import Split, split_by_group
from darkpy.errors import DataError, UsageError, first_of, number_of
from darkpy.flags.verbs import InitFlags
from darkpy.verbs.init_cfg import Template, fit_cfg
from darkpy.verbs.init_files import ProjectFiles

_SHOWN = 5  # pictures named one by one
_CLASSES_SHOWN = 100


def run(folder: str, **flags: Any) -> Iterator[object]:
    """Write cfg, data, names and lists for the pictures below a folder; yield what was decided.

    flags: those of InitFlags. InputError for what is missing or does not fit.
    """
    asked = InitFlags(**flags)
    if not 0 < asked.valid < 1:
        raise UsageError(f"darkpy init: -valid {asked.valid:g} is no share between 0 and 1")
    template = Template.read(asked.cfg, asked.size)
    labelled = read_labelled(folder)
    files = ProjectFiles.at(asked.out, asked.name, folder)
    files.refuse(labelled.folders, asked.force)
    if not len(labelled.rows):
        found = [*bad_rows_said(labelled.bad), f"{len(labelled.paths)} pictures have a label file"]
        raise DataError.at(folder, None, "\n".join([*found, "no label holds an object"]))
    names, source = names_for(labelled, folder, asked.names or asked.classes)
    yield from _found(labelled, names, source)

    hashes = yield from hashed(labelled.paths)
    decoded = np.array([found is not None for found in hashes])
    yield from _undecoded(labelled, decoded)
    labelled = labelled.only(decoded)
    if len(labelled.paths) < 2:
        raise DataError(f"{folder}: a training and a validation need two pictures at least")
    known = np.array([found for found in hashes if found is not None], dtype=np.uint64)
    groups = group_pictures(labelled.paths, known)
    counts = labelled.counts(len(names))
    sides = side_by_folder(labelled.paths, folder)
    if sides is None:
        split = split_by_group(
            groups.group, known, counts, share=asked.valid, rng=np.random.default_rng(asked.seed)
        )
        sides = np.where(split.valid, VALID, TRAIN)
        yield from _divided(groups, split)
    else:
        yield from _kept_apart(groups, sides)
    yield from _sides(sides, counts, names)

    train = labelled.only(sides == TRAIN)
    fitted = fit_cfg(template, train, len(names), asked.memory, asked.seed)
    yield from fitted.decisions
    files.write(fitted.lines, labelled.paths, sides, names)
    yield from files.next_steps(fitted.start, labelled.paths[int((sides == VALID).argmax())])


def _found(labelled: Labelled, names: Sequence[str], source: str) -> Iterator[str]:
    pictures = number_of(len(labelled.paths), "labelled pictures")
    yield f"{pictures}, {number_of(len(labelled.rows), 'objects')}"
    if labelled.unlabelled:
        yield (
            f"warning: {len(labelled.unlabelled)} pictures without a label file are left out "
            f"({', '.join(labelled.unlabelled[:_SHOWN])}…); an empty label file says that a "
            "picture has no object"
        )
    yield from bad_rows_said(labelled.bad)
    if source:
        yield f"{number_of(len(names), 'classes')} from {source}"
    else:
        yield (
            f"warning: no file of class names found; the {len(names)} classes are called "
            f"{', '.join(names[:_SHOWN])}: edit the .names file"
        )


def _undecoded(labelled: Labelled, decoded: np.ndarray) -> Iterator[str]:
    broken = [labelled.paths[number] for number in np.flatnonzero(~decoded)]
    lines = [f"{path}: warning: cannot be decoded and is left out" for path in broken]
    yield from first_of(lines, _SHOWN, "and {} more pictures that cannot be decoded")


def _divided(groups: Groups, split: Split) -> Iterator[str]:
    """What belongs together, and what had to be torn apart."""
    yield (
        f"{number_of(len(split.valid), 'pictures')} in {number_of(groups.count, 'groups')} that "
        f"stay together: {number_of(groups.videos, 'videos')} by name and look, "
        f"{number_of(groups.alike, 'pictures')} nearly the same as another"
    )
    if groups.series:
        yield (
            f"{groups.series} series of numbered names have nothing in common but the name: not "
            "taken for videos"
        )
    if split.cut:
        yield (
            f"warning: {split.cut} groups were cut in two, for no choice of whole ones came near "
            "-valid; pictures on both sides of a cut are alike, so that mAP will be flattering"
        )


def _kept_apart(groups: Groups, sides: np.ndarray) -> Iterator[str]:
    """That folders divide the pictures already, and what of it flatters mAP."""
    tested = f", {(sides == TEST).sum()} to test on" if (sides == TEST).any() else ""
    yield f"the folders divide the pictures already, and that is kept; -valid is not used{tested}"
    shared = np.isin(groups.group, groups.group[sides == TRAIN]) & (sides == VALID)
    if shared.any():
        yield (
            f"warning: {shared.sum()} pictures to validate on are nearly the same as one to train "
            "on, so that mAP will be flattering"
        )


def _sides(sides: np.ndarray, counts: np.ndarray, names: Sequence[str]) -> Iterator[str]:
    """How many pictures and objects of each class there are on either side."""
    training, validation = sides == TRAIN, sides == VALID
    chosen, pictures = int(validation.sum()), int(training.sum() + validation.sum())
    yield f"{pictures - chosen} to train on, {chosen} ({chosen / pictures:.0%}) to validate on"
    yield "  objects of each class    training  validation"
    trained, validated = counts[training].sum(axis=0), counts[validation].sum(axis=0)
    for name, t, v in list(zip(names, trained, validated, strict=True))[:_CLASSES_SHOWN]:
        lacking = " or ".join(w for w, n in (("training", t), ("validation", v)) if not n)
        remark = f"  warning: none in {lacking}" if lacking else ""
        yield f"  {name[:24]:24s} {t:8d}  {v:10d}{remark}"
