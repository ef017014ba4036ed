"""`darkpy export labels`: what is written comes back through `darkpy import`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from darkpy.cfg.data import read_data, read_names
from darkpy.data.dataset import read_dataset
from darkpy.errors import OutputError, UsageError
from darkpy.events import Progress
from darkpy.verbs import importing
from darkpy.verbs.export import labels as verb

# class cx cy w h on pictures of 100 x 80 px, whose edges are whole px
ROWS = {"a": ["0 .2 .5 .1 .25", "1 .7 .5 .2 .5"], "b": [], "c": ["1 .5 .5 1 1"]}
LISTS = {"train": ["a", "b"], "valid": ["c"]}


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, rows in ROWS.items():
        cv2.imwrite(f"{name}.png", np.zeros((80, 100, 3), np.uint8))
        Path(f"{name}.txt").write_text("".join(f"{row}\n" for row in rows))
    Path("a.ign").write_text("0 .5 .1 .2 .2\n")
    for name, pictures in LISTS.items():
        Path(f"{name}.lst").write_text("".join(f"{one}.png\n" for one in pictures))
    Path("x.names").write_text("cat & dog\nRBC\n")
    Path("x.data").write_text("classes=2\ntrain=train.lst\nvalid=valid.lst\nnames=x.names\n")
    return tmp_path


def said(events) -> list[str]:
    return [str(event) for event in events if not isinstance(event, Progress)]


@pytest.mark.parametrize("form", ["coco", "voc", "ultralytics"])
def test_labels_come_back_by_import(form, project):
    lines = said(verb.run("x.data", form, "out"))
    known = "yolo" if form == "ultralytics" else form
    said(importing.run(known, "out", "back", images=str(project)))  # where the links lead

    assert lines[-3:] == [
        "train: 2 pictures, 3 boxes",
        "valid: 1 picture, 1 box",
        f"out: written as {form}, with links to the pictures",
    ]
    data = read_data("back/back.data")
    names = read_names(data.resolve(data.names))
    assert sorted(names) == ["RBC", "cat & dog"]
    for which, pictures in LISTS.items():
        found = read_dataset(data.resolve(getattr(data, which)), data, 2)
        stems = {Path(found.path(i)).stem: i for i in range(len(found))}
        assert sorted(stems) == pictures
        for name, i in stems.items():
            boxes, classes = found.truths(i)
            wanted = [row.split() for row in ROWS[name]]
            own = sorted((names[k], *box) for k, box in zip(classes, boxes.tolist(), strict=True))
            asked = [("cat & dog" if k == "0" else "RBC", *map(float, box)) for k, *box in wanted]
            assert [row[0] for row in own] == [row[0] for row in sorted(asked)]
            for row, other in zip(own, sorted(asked), strict=True):
                assert row[1:] == pytest.approx(other[1:], abs=1e-4)
    ignored = read_dataset(data.resolve(data.train), data, 2).ignored
    assert len(ignored.classes) == (0 if form == "ultralytics" else 1)


def test_two_pictures_of_one_name_get_files_of_their_own(project):
    Path("more").mkdir()
    cv2.imwrite("more/a.png", np.zeros((80, 100, 3), np.uint8))
    Path("train.lst").write_text("a.png\nmore/a.png\n")

    said(verb.run("x.data", "voc", "out"))

    assert sorted(path.name for path in Path("out/Annotations").iterdir()) == [
        "a.xml",
        "a_2.xml",
        "c.xml",
    ]


def test_an_existing_folder_is_left_alone(project):
    Path("more").mkdir()

    with pytest.raises(OutputError, match="more: is there already; name a new folder"):
        said(verb.run("x.data", "coco", "more"))


def test_an_unknown_format_is_answered_with_the_known(project):
    with pytest.raises(UsageError, match="unknown format 'cocoa'; did you mean 'coco'"):
        said(verb.run("x.data", "cocoa", "out"))
