"""The examination: one chapter after the other, as far as what is there allows. Writes nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from darkpy.data.classes import ClassDataset, read_class_dataset
from darkpy.data.dataset import Dataset, read_dataset
from darkpy.doctor.boxes import box_chapter
from darkpy.doctor.classes import class_chapter
from darkpy.doctor.labels import label_chapter
from darkpy.doctor.machine import machine_chapter
from darkpy.doctor.pictures import Examined, picture_chapter
from darkpy.doctor.project import OpenedProject, open_files
from darkpy.doctor.report import STOP, Chapter, Remark
from darkpy.doctor.scan import scan
from darkpy.doctor.speed import measure_speed, speed_chapter
from darkpy.errors import DarkpyError, InputError
from darkpy.events import Progress
from darkpy.session.project import stem

_MOST_CLASSES = 100_000  # where neither cfg nor .data nor .names says how many there are


@dataclass(frozen=True)
class Questions:
    """What is to be examined. quick: do not measure speed. threads: of the loader; None: all."""

    data: str
    cfg: str
    weights: str
    quick: bool
    threads: int | None
    device: torch.device


def diagnose(asked: Questions) -> Iterator[Progress | Chapter]:
    """Yield progress and the chapters."""
    project = open_files(asked.data, asked.cfg, asked.weights)
    yield project.chapter
    lists: list[Examined] = []
    for role in ("train", "valid") if project.data else ():
        found = yield from _examined(project, role)
        if found is not None:
            lists.append(found)
    if lists and lists[0].role == "train":
        yield from _pictures(project, lists)
    yield from _machine(asked, project, lists)


def _examined(
    project: OpenedProject, role: str
) -> Generator[Progress | Chapter, None, Examined | None]:
    """One list with its labels and pictures; a chapter that says why where there is none."""
    data = project.data
    assert data is not None
    text = getattr(data, role)
    path = data.resolve(text)
    # That a list is missing was said of the .data file already.
    if not text or not path.is_file() or (role == "valid" and text == data.train):
        return None
    try:
        dataset = _read(path, project)
    except InputError as problem:
        first, *more = str(problem).splitlines()
        remark = Remark(STOP, f"the {role} list cannot be used: {first}", tuple(more))
        yield Chapter(f"{role} list", remarks=(remark,))
        return None
    return Examined(role, dataset, (yield from scan(dataset, f"opening {role} pictures")))


def _read(path: Path, project: OpenedProject) -> Dataset | ClassDataset:
    assert project.data is not None
    if project.classifies and project.names:
        return read_class_dataset(path, project.data, project.names, 0.0)
    return read_dataset(path, project.data, project.classes or _MOST_CLASSES)


def _pictures(project: OpenedProject, lists: list[Examined]) -> Iterator[Chapter]:
    plan = project.plan
    sized = plan is not None and plan.net.width > 0 and plan.net.height > 0
    aspect = None
    if plan is not None and sized and not plan.net.letter_box and not project.classifies:
        aspect = plan.net.width / plan.net.height
    channels = plan.net.channels if plan is not None else 3
    yield picture_chapter(lists, channels=channels, aspect=aspect)
    if isinstance(lists[0].dataset, ClassDataset):
        yield class_chapter(lists, project.names)
        return
    classes = project.classes or max(1, *(int(e.dataset.classes.max(initial=0)) + 1 for e in lists))
    yield label_chapter(lists, classes, project.names)
    if plan is not None and sized and project.head is not None:
        yield box_chapter(lists, plan, project.names)


def _machine(asked: Questions, project: OpenedProject, lists: list[Examined]) -> Iterator[Chapter]:
    """Memory and disk, and the speed if the training could begin at all."""
    plan, network, data = project.plan, project.network, project.data
    if plan is None or data is None or (project.head is None and not project.classifies):
        return
    if not (plan.net.width and plan.net.height):
        return  # no picture fits, which was said
    random = plan.picture_keys.random
    chapter = machine_chapter(plan, random, data, asked.device, stem(asked.cfg))
    yield chapter
    fits = all(remark.severity != STOP for remark in chapter.remarks)
    if asked.quick or network is None or not fits or not lists or lists[0].role != "train":
        return
    try:
        speed = measure_speed(lists[0].dataset, network, asked.device, threads=asked.threads)
    except (DarkpyError, RuntimeError, MemoryError) as problem:
        reason = (str(problem) or repr(problem)).splitlines()[0]
        yield Chapter("speed", remarks=(Remark(STOP, f"a training step fails: {reason}"),))
        return
    score = "accuracy" if project.classifies else "mAP"
    yield speed_chapter(speed, plan.net, project.first, asked.device, score)
