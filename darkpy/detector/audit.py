"""`detector audit`: rank the labels that are likely wrong, by detectors that have not seen them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from darkpy.data.dataset import Dataset, read_dataset
from darkpy.detector.audit_files import write_review, write_sheets, write_table
from darkpy.detector.audit_ignore import apply_suggestions, write_suggestions
from darkpy.detector.train import train
from darkpy.errors import UsageError, number_of
from darkpy.events import Ended, Progress
from darkpy.files import writable_folder
from darkpy.flags.detector import AuditFlags
from darkpy.flags.shared import IOU_THRESH
from darkpy.inference.detector import Detector
from darkpy.machine.process import prepare_process
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.suspects import ADVICE, Suspect, suspects
from darkpy.metrics.suspicion import KINDS, suspicions
from darkpy.metrics.tables import aligned
from darkpy.session.halves import Half, divided, whole_list
from darkpy.session.measure import measure
from darkpy.session.project import Project, open_detector, open_project, stem
from darkpy.session.signals import Handlers

_LIKELY = 0.5  # score
_SHOWN = 10  # places that are told on the screen

# What detectors found in pictures that they have not seen, and the paths of the pictures.
_Seen = tuple[FlatDetections, tuple[str, ...]]


def run(data: str, cfg: str, start: str = "", **flags: Any) -> Iterator[object]:
    """Train on either half and look at the other one, or look with `weights`; yield what is found.

    start: weights that both trainings start from. flags: those of AuditFlags. The data set is only
    read: all that is written goes to `out`. Only with apply are labels written, as an earlier audit
    has suggested and someone has looked through.
    """
    asked = AuditFlags(**flags)
    if asked.apply:
        yield from apply_suggestions(Path(asked.out))
        return
    if asked.weights and start:
        raise UsageError(f"{start} and -weights {asked.weights}: one of them, or neither")
    prepare_process()
    project = open_project(data, cfg)
    yield from project.warnings
    project.refuse_wrong_names()
    folder = writable_folder(asked.out, "-out")
    pictures = whole_list(project, _lists(project, asked), folder / "pictures.txt")
    dataset = read_dataset(pictures, project.data, project.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    if asked.weights:
        _, detector = open_detector(data, cfg, asked.weights, asked)
        yield f"{asked.weights} is taken for a detector that has not seen these pictures"
        seen = yield from _looked(detector, dataset, project)
    else:
        halves = yield from divided(dataset, project, folder, asked.seed)
        for half in halves:
            if not (yield from _trained(half, cfg, start, asked)):
                return
        seen = yield from _crossed(halves, cfg, project, asked)
    yield from _told(*seen, project, dataset, folder, asked.top)


def _lists(project: Project, asked: AuditFlags) -> list[str]:
    """The lists whose pictures are looked at."""
    data = project.data
    if asked.list:
        return [asked.list]
    if asked.weights:
        data.require("valid")
        return [str(data.resolve(data.valid))]
    data.require("train")
    return [str(data.resolve(name)) for name in dict.fromkeys((data.train, data.valid))]


def _trained(half: Half, cfg: str, start: str, asked: AuditFlags) -> Generator[object, None, bool]:
    """Train on a half; whether it came to its end."""
    going_on = asked.resume and (half.backup / f"{stem(cfg)}_last.weights").is_file()
    flags = {
        "resume": asked.resume,
        "dont_show": True,
        "seed": asked.seed,
        "i": asked.i,
        "nogpu": asked.nogpu,
        "threads": asked.threads,
        "chart": str(half.folder / "chart.png"),
    }
    for event in train(str(half.data), cfg, "" if going_on else start, Handlers(), **flags):
        yield event
        if isinstance(event, Ended):
            return False
    return True


def _crossed(
    halves: tuple[Half, Half], cfg: str, project: Project, asked: AuditFlags
) -> Generator[object, None, _Seen]:
    """What each half's detector finds in the other half."""
    parts, paths = [FlatDetections.nothing()], []
    for half, other in zip(halves, halves[::-1], strict=True):
        weights = half.backup / f"{stem(cfg)}_final.weights"
        _, detector = open_detector(str(half.data), cfg, str(weights), asked)
        dataset = read_dataset(other.pictures, project.data, project.classes)
        found, own = yield from _looked(detector, dataset, project)
        parts.append(found)
        paths += own
    return FlatDetections.joined(parts), tuple(paths)


def _looked(
    detector: Detector, dataset: Dataset, project: Project
) -> Generator[object, None, _Seen]:
    """What a detector finds in pictures that it has not seen."""
    looking = measure(
        detector,
        dataset,
        iou_thresh=IOU_THRESH,
        thresh=0.0,
        points=0,
        letter_box=project.network.plan.net.letter_box,
    )
    while True:
        try:
            event = next(looking)
        except StopIteration as end:
            return end.value.all, end.value.pictures
        if isinstance(event, Progress):
            event = Progress("looking at what was not seen", event.done, event.total)
        yield event


def _told(
    all_: FlatDetections,
    pictures: Sequence[str],
    project: Project,
    dataset: Dataset,
    folder: Path,
    top: int,
) -> Iterator[str]:
    """Write the files, and say what is in them."""
    names = project.names or tuple(str(number) for number in range(project.classes))
    found = list(suspects(all_, suspicions(all_, project.classes), pictures))
    first = found[:top]
    write_table(folder / "audit.csv", found, names)
    drawn = list(write_sheets(folder / "sheets", first, names, dataset))
    review, reviewed = write_review(folder / "review", first, names)
    suggested = write_suggestions(folder / "ignore.csv", first)
    yield f"{number_of(len(pictures), 'pictures')} with {int(all_.counted.sum())} labels"
    yield from _summary(found)
    yield from _by_class(all_, found, names)
    for place in found[:_SHOWN]:
        name = os.path.basename(place.picture)
        yield f" {place.rank:3d}. {place.score:.2f} {place.kind}: {place.words(names)}, {name}"
    yield f"{folder / 'audit.csv'}: {number_of(len(found), 'places')}, the likeliest mistakes first"
    yield f"{folder / 'sheets'}: the first {len(first)} on {len(drawn)} contact sheets"
    yield (
        f"{review}: {reviewed} pictures with copies of their labels, for Yolo_mark, "
        "DarkMark or labelImg; what you mend there is yours to copy back"
    )
    if suggested:
        yield (
            f"{folder / 'ignore.csv'}: {number_of(suggested, 'ignore boxes')} for what is neither "
            "surely an object nor surely none; look through it (apply 1 or 0), then -apply takes "
            "it over"
        )


def _summary(found: Sequence[Suspect]) -> list[str]:
    likely = Counter(place.kind for place in found if place.score >= _LIKELY)
    perhaps = Counter(place.kind for place in found if place.score < _LIKELY)
    rows = [["kind", "likely", "perhaps", "what to do"]]
    rows += [[kind, str(likely[kind]), str(perhaps[kind]), ADVICE[kind]] for kind in KINDS]
    return aligned(rows)


def _by_class(all_: FlatDetections, found: Sequence[Suspect], names: Sequence[str]) -> list[str]:
    """Where likely mistakes gather: of each class how many there are."""
    counts = Counter(place.boxes[0].number for place in found if place.score >= _LIKELY)
    rows = [["class", "labels", "likely mistakes"]]
    for number, count in counts.most_common(_SHOWN):
        labels = int((all_.counted & (all_.truth_classes == number)).sum())
        rows.append([names[number], str(labels), str(count)])
    return aligned(rows) if counts else []
