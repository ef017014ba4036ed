"""Which program's data set a folder is."""

from __future__ import annotations

import pytest

from darkpy.importers.sniffing import format_of

SOURCES = {
    "data.yaml": ("names: [a]\n", "yolo"),
    "obj.data": ("train = x\n", "yolo"),
    "labels/train/1.txt": ("0 .5 .5 .1 .1\n", "yolo"),
    "Annotations/sub/1.xml": ("<annotation>\n<folder>", "voc"),
    "train/1.xml": ("<?xml version='1.0'?>\n<annotation>", "voc"),
    "annotations.xml": ("<?xml version='1.0'?>\n<annotations>", "cvat"),
    "training.xml": ("<?xml version='1.0'?>\n<?xml-stylesheet x?>\n<dataset>", "imglab"),
    "annotations/instances_val.json": ("{}", "coco"),
    "valid/_annotations.coco.json": ("{}", "coco"),
    "result.json": ('{"images": []', "coco"),
    "project-1.json": (' [{"id": 1', "labelstudio"),
    "1.json": ('{"version": "5.0", "flags": {}, "shapes": []', "labelme"),
    "mine-export.json": ('{"name": "x", "securityToken": "y"', "vott"),
    "a-asset.json": ('{"asset": {', "vott"),
    "labels.csv": ("cat,1,2", "csv"),
    "readme.md": ("hello", ""),
    "notes.json": ("{}", ""),
}


@pytest.mark.parametrize(("name", "content"), SOURCES.items(), ids=SOURCES)
def test_a_folder_and_its_file_are_told_by_name_and_beginning(text, tmp_path, name, content):
    path = text(f"mine/{name}", content[0])

    assert format_of(tmp_path / "mine") == content[1]
    if not name.endswith(".txt"):
        assert format_of(path) == content[1]


def test_the_first_file_that_tells_is_enough(text, tmp_path):
    text("mine/a.json", "{}")
    text("mine/b.json", '{"shapes": []}')

    assert format_of(tmp_path / "mine") == "labelme"
