"""The labels of a data set as other trainers read them: COCO's JSON, VOC's XML, ultralytics' files.

Pictures are linked to, never copied. Boxes that are not judged (.ign) become COCO's crowds and
VOC's difficult objects where they have a class; ultralytics knows nothing of the kind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import OutputError
from darkpy.events import Progress
from darkpy.files import write_text

_REPORT_EVERY = 100
_FIRST_PIXEL = 1  # VOC counts from it


class Wh(NamedTuple):
    """Width and height of a picture, px."""

    w: int
    h: int


@dataclass(frozen=True)
class Labelling:
    """One picture with its objects. name: of its files, alone in the data set.

    boxes (M, 4) cxcywh in the unit square, classes (M,), ignored (M,) bool.
    """

    path: str
    name: str
    size: Wh
    boxes: np.ndarray
    classes: np.ndarray
    ignored: np.ndarray

    @property
    def xywh_px(self) -> np.ndarray:
        """From the picture's corner, px."""
        corner = self.boxes[:, :2] - self.boxes[:, 2:] / 2
        return np.concatenate((corner, self.boxes[:, 2:]), axis=1) * np.tile(self.size, 2)


Split = tuple[str, list[Labelling]]


def labellings(dataset: Dataset, taken: set[str]) -> Generator[Progress, None, list[Labelling]]:
    """All pictures of a list. taken: names of files that others have; these are added."""
    found = []
    for i in range(len(dataset)):
        boxes, classes = dataset.truths(i)
        others, kinds = dataset.ignored.of(i)
        known = kinds >= 0
        path = dataset.path(i)
        height, width = read_picture(path, 1).shape[:2]
        found.append(
            Labelling(
                os.path.abspath(path),
                _free_name(Path(path).stem, taken),
                Wh(width, height),
                np.concatenate((boxes, others[known])).astype(np.float64),
                np.concatenate((classes, kinds[known])),
                np.repeat([False, True], [len(classes), int(known.sum())]),
            )
        )
        if (i + 1) % _REPORT_EVERY == 0 or i + 1 == len(dataset):
            yield Progress(f"reading {dataset.source}", i + 1, len(dataset))
    return found


def _free_name(stem: str, taken: set[str]) -> str:
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


def write_coco(out: Path, names: Sequence[str], splits: Sequence[Split]) -> None:
    """annotations/instances_<split>.json beside <split>/ with the pictures."""
    for split, pictures in splits:
        annotations = [
            entry for number, one in enumerate(pictures, 1) for entry in _coco_objects(number, one)
        ]
        table = {
            "images": [
                {"id": number, "file_name": _file(one), "width": one.size.w, "height": one.size.h}
                for number, one in enumerate(pictures, start=1)
            ],
            "annotations": [{"id": n, **entry} for n, entry in enumerate(annotations, start=1)],
            "categories": [{"id": n, "name": name} for n, name in enumerate(names, start=1)],
        }
        _made(out / "annotations")
        write_text(out / "annotations" / f"instances_{split}.json", json.dumps(table) + "\n")
        _link(pictures, _made(out / split))


def _coco_objects(picture: int, one: Labelling) -> Iterator[dict[str, object]]:
    for box, kind, ignored in zip(one.xywh_px, one.classes, one.ignored, strict=True):
        yield {
            "image_id": picture,
            "category_id": int(kind) + 1,
            "bbox": [round(float(side), 3) for side in box],
            "area": round(float(box[2] * box[3]), 3),
            "iscrowd": int(ignored),
        }


def write_voc(out: Path, names: Sequence[str], splits: Sequence[Split]) -> None:
    """Annotations/, ImageSets/Main/ and JPEGImages/."""
    annotations, lists = _made(out / "Annotations"), _made(out / "ImageSets" / "Main")
    for split, pictures in splits:
        for one in pictures:
            write_text(annotations / f"{one.name}.xml", _voc_xml(one, names))
        called = "val" if split == "valid" else split
        write_text(lists / f"{called}.txt", "".join(f"{one.name}\n" for one in pictures))
        _link(pictures, _made(out / "JPEGImages"))


def _voc_xml(one: Labelling, names: Sequence[str]) -> str:
    objects = "".join(
        f"<object><name>{escape(names[kind])}</name><difficult>{int(ignored)}</difficult><bndbox>"
        + "".join(f"<{edge}>{px}</{edge}>" for edge, px in _voc_edges(box).items())
        + "</bndbox></object>\n"
        for box, kind, ignored in zip(one.xywh_px, one.classes, one.ignored, strict=True)
    )
    return (
        f"<annotation>\n<filename>{escape(_file(one))}</filename>\n<size><width>{one.size.w}</width>"
        f"<height>{one.size.h}</height><depth>3</depth></size>\n{objects}</annotation>\n"
    )


def _voc_edges(xywh: np.ndarray) -> dict[str, int]:
    x, y, w, h = xywh
    edges = {"xmin": x, "ymin": y, "xmax": x + w, "ymax": y + h}
    return {edge: round(float(px)) + _FIRST_PIXEL for edge, px in edges.items()}


def write_ultralytics(out: Path, names: Sequence[str], splits: Sequence[Split]) -> None:
    """images/<split>/, labels/<split>/ and data.yaml."""
    for split, pictures in splits:
        labels = _made(out / "labels" / split)
        for one in pictures:
            kept = ~one.ignored
            rows = zip(one.classes[kept], one.boxes[kept], strict=True)
            lines = [f"{kind} " + " ".join(f"{side:.8g}" for side in box) for kind, box in rows]
            write_text(labels / f"{one.name}.txt", "".join(f"{line}\n" for line in lines))
        _link(pictures, _made(out / "images" / split))
    known = {split for split, _ in splits}
    lines = [f"path: {out.resolve()}", f"train: images/{'train' if 'train' in known else 'valid'}"]
    lines += [f"val: images/{'valid' if 'valid' in known else 'train'}", "names:"]
    lines += [f"  {number}: {json.dumps(name)}" for number, name in enumerate(names)]
    write_text(out / "data.yaml", "\n".join([*lines, ""]))


WRITERS: dict[str, Callable[[Path, Sequence[str], Sequence[Split]], None]] = {
    "coco": write_coco,
    "voc": write_voc,
    "ultralytics": write_ultralytics,
}


def _file(one: Labelling) -> str:
    return one.name + Path(one.path).suffix


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = problem.strerror or problem
        raise OutputError.at(folder, None, f"cannot be made: {reason}") from None
    return folder


def _link(pictures: Sequence[Labelling], folder: Path) -> None:
    """A link to each picture in a folder."""
    for one in pictures:
        target = folder / _file(one)
        try:
            os.symlink(one.path, target)
        except OSError as problem:
            reason = problem.strerror or problem
            raise OutputError.at(target, None, f"no link can be made: {reason}") from None
