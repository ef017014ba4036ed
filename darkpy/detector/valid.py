"""`detector valid`: all detections on the valid= list, in the files of VOC, COCO or ImageNet."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import torch

from darkpy.data.dataset import Dataset, read_dataset
from darkpy.errors import DataError, PictureError, UsageError, clipped, number_of
from darkpy.events import Ended, Progress
from darkpy.files import writable_folder, write_text
from darkpy.flags.detector import ValidFlags
from darkpy.inference.detector import Detections, Detector
from darkpy.metrics.voc_files import (
    coco_entries,
    coco_file,
    coco_number,
    imagenet_lines,
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
        raise UsageError(f"{data}: eval={options.eval} is not supported; use voc, coco or imagenet")
    if options.eval == "imagenet" and detector.classes > _IMAGENET_CLASSES:
        raise UsageError(
            f"{data}: eval=imagenet has {_IMAGENET_CLASSES} classes, the network "
            f"{detector.classes}; take eval=voc"
        )
    dataset = read_dataset(options.resolve(options.valid), options, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    folder = writable_folder(options.resolve(options.results), f"{data}: results=")
    prefix = asked.out or _PREFIXES[options.eval]
    writable_folder((folder / f"{prefix}.txt").parent, f"-out {prefix}:")
    found = _found(detector, dataset, project.network.plan.net.letter_box)
    if options.eval == "coco":
        for index in range(len(dataset)):
            coco_number(dataset.path(index))
        seen = yield from _write_coco(found, dataset, folder / f"{prefix}.json")
    elif options.eval == "imagenet":
        seen = yield from _write_imagenet(found, folder / f"{prefix}.txt")
    else:
        _refuse_as_file_names(detector.names, str(options.resolve(options.names)), prefix)
        seen = yield from _write_voc(found, dataset, folder, prefix, detector.names)
    if options.measured_on:
        yield options.measured_on
    if seen < len(dataset):
        yield Ended(PictureError.exit_status)


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


def _write_coco(
    found: Iterator[Seen | Progress | str], dataset: Dataset, path: Path
) -> Generator[object, None, int]:
    """Returns how many pictures were seen."""
    pictures = 0
    entries: list[str] = []
    for seen in found:
        if isinstance(seen, Seen):
            pictures += 1
            entries += coco_entries(dataset.path(seen.index), seen.detections, seen.size_hw)
        else:
            yield seen
    write_text(path, coco_file(entries))
    yield f"{path}: {number_of(len(entries), 'detections')}"
    return pictures


def _write_imagenet(
    found: Iterator[Seen | Progress | str], path: Path
) -> Generator[object, None, int]:
    """Returns how many pictures were seen."""
    pictures = 0
    lines: list[str] = []
    for seen in found:
        if isinstance(seen, Seen):
            pictures += 1
            lines += imagenet_lines(seen.index + 1, seen.detections, seen.size_hw)
        else:
            yield seen
    write_text(path, "".join(line + "\n" for line in lines))
    yield f"{path}: {len(lines)} detections"
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
