"""`detector valid`: all detections on the valid= list, in the files of five contests."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import Dataset, read_dataset
from darkpy.errors import DataError, PictureError, UsageError, clipped, number_of
from darkpy.events import Ended, Progress
from darkpy.files import writable_folder, write_text
from darkpy.flags.detector import ValidFlags
from darkpy.inference.detector import Detections, Detector
from darkpy.metrics.voc_files import (
    FORM_NAMES,
    bdd_entries,
    coco_entries,
    coco_file,
    coco_number,
    imagenet_lines,
    kitti_lines,
    picture_id,
    voc_lines,
)
from darkpy.session.measure import Seen, detect_all
from darkpy.session.project import open_detector

CONFIDENCE = 0.001  # validate_detector(), src/detector.c
NMS_THRESHOLD = 0.6  # same place; boxes are compared in pixels there
_VOC_PREFIX = "comp4_det_test_"
# eval= -> the first part of its files' names
_PREFIXES = {
    "": _VOC_PREFIX,
    "voc": _VOC_PREFIX,
    "coco": "coco_results",
    "imagenet": "imagenet-detection",
    "bdd": "bdd_results",
    "kitti": "kitti_results",
}
# Forms of one file: its suffix, a picture's entries, the whole text.
_ENTRIES: dict[str, tuple[str, Callable, Callable[[list[str]], str]]] = {
    "coco": (
        ".json",
        lambda data, it: coco_entries(data.path(it.index), it.detections, it.size_hw),
        coco_file,
    ),
    "bdd": (
        ".json",
        lambda data, it: bdd_entries(data.path(it.index), it.detections, it.size_hw),
        coco_file,
    ),
    "imagenet": (
        ".txt",
        lambda _, it: imagenet_lines(it.index + 1, it.detections, it.size_hw),
        lambda lines: "".join(f"{line}\n" for line in lines),
    ),
}
_IMAGENET_CLASSES = 200  # of its detection task: validate_detector()
_LONGEST_FILE_NAME = 255  # bytes: ext4, NTFS and others


def run(
    data: str,
    cfg: str,
    weights: str,
    **flags: Any,
) -> Iterator[object]:
    """Yield progress and the names of the files written to the results= folder.

    flags: those of ValidFlags.
    """
    asked = ValidFlags(**flags)
    project, detector = open_detector(data, cfg, weights, asked)
    yield from project.warnings
    options = project.data
    project.refuse_wrong_names()
    options.require("valid")
    if options.eval not in _PREFIXES:
        known = "voc, coco, imagenet, bdd or kitti"
        raise UsageError(f"{data}: eval={options.eval} is not supported; use {known}")
    yield from _classes_of_its_own(options, detector)
    dataset = read_dataset(options.file("valid"), options, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    folder = writable_folder(options.resolve(options.results), f"{data}: results=")
    prefix = asked.out or _PREFIXES[options.eval]
    writable_folder((folder / f"{prefix}.txt").parent, f"-out {prefix}:")
    found = _found(detector, dataset, project.network.plan.net.letter_box)
    if options.eval == "coco":
        for index in range(len(dataset)):
            coco_number(dataset.path(index))
    if options.eval in _ENTRIES:
        suffix, entries, text = _ENTRIES[options.eval]
        path = folder / f"{prefix}{suffix}"
        seen = yield from _write_whole(found, path, partial(entries, dataset), text)
    elif options.eval == "kitti":
        seen = yield from _write_kitti(found, dataset, folder / prefix / "data")
    else:
        _refuse_as_file_names(detector.names, str(options.file("names")), prefix)
        seen = yield from _write_voc(found, dataset, folder, prefix, detector.names)
    if options.measured_on:
        yield options.measured_on
    if seen < len(dataset):
        yield Ended(PictureError.exit_status)


def _classes_of_its_own(options: DataOptions, detector: Detector) -> Iterator[str]:
    """What there is to say about a form that knows its own classes. UsageError if too few."""
    names = FORM_NAMES.get(options.eval, ())
    most = _IMAGENET_CLASSES if options.eval == "imagenet" else len(names)
    if most and detector.classes > most:
        raise UsageError(
            f"{options.source}: eval={options.eval} has {most} classes, the network "
            f"{detector.classes}; take eval=voc"
        )
    own = tuple(name.lower() for name in detector.names)
    if names and own != names[: len(own)]:
        yield (
            f"{options.source}: warning: eval={options.eval} writes {', '.join(names[: len(own)])} "
            f"for the classes in their order, as the C program does; names= has "
            f"{', '.join(detector.names)}"
        )


def _refuse_as_file_names(names: tuple[str, ...], source: str, prefix: str) -> None:
    """DataError if a class's name cannot name its file, or two would name the same one."""
    first: dict[str, int] = {}
    for line, name in enumerate(names, start=1):
        if {"/", "\0", os.sep, os.altsep} & set(name):
            message = f"class '{name}' cannot name a file of results; take the {os.sep} out"
            raise DataError.at(source, line, message)
        if len(os.fsencode(f"{Path(prefix).name}{name}.txt")) > _LONGEST_FILE_NAME:
            raise DataError.at(source, line, f"class '{clipped(name)}' is too long for a file name")
        if name in first:
            message = f"class '{name}' stands in line {first[name]} already; their results would "
            raise DataError.at(source, line, message + "share a file: make the names differ")
        first[name] = line


def _found(
    detector: Detector, dataset: Dataset, letter_box: bool
) -> Iterator[Seen | Progress | str]:
    """Detections after suppression in pixels, with progress between them."""
    for done, seen in enumerate(
        detect_all(detector, dataset, thresh=CONFIDENCE, letter_box=letter_box, nms=0), start=1
    ):
        if isinstance(seen, PictureError):
            yield f"{seen} (left out)"
            continue
        height, width = seen.size_hw
        boxes = seen.detections.boxes * torch.tensor((width, height, width, height))
        probs = detector.suppress(boxes, seen.detections.probs, detector.nms(NMS_THRESHOLD))
        found = Detections(seen.detections.boxes, seen.detections.objectness, probs)
        yield Seen(seen.index, seen.size_hw, found)
        yield Progress("detecting", done, len(dataset))


def _write_whole(
    found: Iterator[Seen | Progress | str],
    path: Path,
    entries_of: Callable[[Seen], Iterable[str]],
    text: Callable[[list[str]], str],
) -> Generator[object, None, int]:
    """One file of all entries. Returns how many pictures were seen."""
    pictures = 0
    entries: list[str] = []
    for seen in found:
        if isinstance(seen, Seen):
            pictures += 1
            entries += entries_of(seen)
        else:
            yield seen
    write_text(path, text(entries))
    yield f"{path}: {number_of(len(entries), 'detections')}"
    return pictures


def _write_kitti(
    found: Iterator[Seen | Progress | str], dataset: Dataset, folder: Path
) -> Generator[object, None, int]:
    """A file a picture. Returns how many pictures were seen."""
    writable_folder(folder, "results=")
    pictures = detections = 0
    for seen in found:
        if not isinstance(seen, Seen):
            yield seen
            continue
        pictures += 1
        lines = list(kitti_lines(seen.detections, seen.size_hw))
        detections += len(lines)
        name = f"{picture_id(dataset.path(seen.index))}.txt"
        write_text(folder / name, "".join(f"{line}\n" for line in lines))
    yield f"{folder}: {number_of(detections, 'detections')} in {number_of(pictures, 'files')}"
    return pictures


def _write_voc(
    found: Iterator[Seen | Progress | str],
    dataset: Dataset,
    folder: Path,
    prefix: str,
    names: tuple[str, ...],
) -> Generator[object, None, int]:
    """Returns how many pictures were seen."""
    pictures = 0
    texts: list[list[str]] = [[] for _ in names]
    for seen in found:
        if isinstance(seen, Seen):
            pictures += 1
            for number, line in voc_lines(dataset.path(seen.index), seen.detections, seen.size_hw):
                texts[number].append(line)
        else:
            yield seen
    for name, lines in zip(names, texts, strict=True):
        path = folder / f"{prefix}{name}.txt"
        write_text(path, "".join(line + "\n" for line in lines))
        yield f"{path}: {number_of(len(lines), 'detections')}"
    return pictures
