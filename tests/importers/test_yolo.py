"""YOLO labels in the layouts of ultralytics, Roboflow, CVAT and labelling tools."""

from __future__ import annotations

import pytest

from darkpy.errors import DataError
from darkpy.importers import yolo
from tests.finished import finished

ROW = "1 0.2 0.3 0.2 0.4\n"


def brought(folder, **options):
    """Lists with the pictures' paths from the folder on, and what was collected."""
    found = finished(yolo.read_yolo(folder, **options))
    base = folder if folder.is_dir() else folder.parent
    lists = {
        name: [found.pictures[key].picture.relative_to(base).as_posix() for key in keys]
        for name, keys in found.lists.items()
    }
    return lists, found


@pytest.mark.parametrize(
    "yaml",
    [
        "path: ../sets/mine\ntrain: images/train\nval: images/val\nnames:\n  0: dog\n  1: cat\n",
        "train: ./images/train\nval: /old/place/images/val\nnc: 2\nnames: ['dog', \"cat\"]\n",
        "path: .\ntrain: [images/train]\nval: val.txt\nnames: [dog, cat]\n",
    ],
)
def test_ultralytics_layout_becomes_darknets(picture, text, bring, tmp_path, yaml):
    for part in ("train", "val"):
        picture(f"mine/images/{part}/{part}.jpg")
        text(f"mine/labels/{part}/{part}.txt", ROW)
    text("mine/val.txt", "./images/val/val.jpg\n")
    text("mine/data.yaml", yaml)

    bring("yolo", "mine")

    out = tmp_path / "out"
    assert (out / "out.names").read_text() == "dog\ncat\n"
    assert (out / "train.txt").read_text() == "images/train.jpg\n"
    assert (out / "val.txt").read_text() == "images/val.jpg\n"
    assert (out / "images/val.txt").read_text() == "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
    assert "valid = val.txt\n" in (out / "out.data").read_text()


def test_roboflows_paths_that_lead_a_folder_too_high_are_found(picture, text, tmp_path):
    for part in ("train", "valid"):
        picture(f"mine/{part}/images/{part}.jpg")
        text(f"mine/{part}/labels/{part}.txt", ROW)
    text(
        "mine/data.yaml",
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [a, b]\n",
    )

    lists, found = brought(tmp_path / "mine/data.yaml")

    assert lists == {"train": ["train/images/train.jpg"], "val": ["valid/images/valid.jpg"]}
    assert [str(finding) for finding in found.findings] == [
        f"{tmp_path}/mine/data.yaml:3: warning: test: ../test/images is not in {tmp_path}/mine; "
        "left out"
    ]


def test_cvats_zip_is_read_as_it_is(picture, text, tmp_path):
    picture("mine/obj_train_data/a.jpg")
    text("mine/obj_train_data/a.txt", ROW)
    text("mine/obj.names", "dog\ncat\n")
    text("mine/train.txt", "data/obj_train_data/a.jpg\n")
    text(
        "mine/obj.data",
        "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = b/\n",
    )

    lists, found = brought(tmp_path / "mine")

    assert lists == {"train": ["obj_train_data/a.jpg"]}
    assert found.names == ("dog", "cat")
    assert [box.name for one in found.pictures.values() for box in one.boxes] == ["cat"]


def test_roboflows_darknet_export_has_its_names_in_the_folders(picture, text, tmp_path):
    for part in ("train", "valid"):
        picture(f"mine/{part}/{part}.jpg")
        text(f"mine/{part}/{part}.txt", ROW)
        text(f"mine/{part}/_darknet.labels", "dog\ncat\n")

    lists, found = brought(tmp_path / "mine")

    assert lists == {"train": ["train/train.jpg"], "valid": ["valid/valid.jpg"]}
    assert found.names == ("dog", "cat")


@pytest.mark.parametrize("names", ["classes.txt", "_darknet.labels", "obj.names"])
def test_images_and_labels_with_a_file_of_names(picture, text, tmp_path, names):
    picture("mine/images/a.jpg"), picture("mine/images/b.jpg")
    text("mine/labels/a.txt", ROW)
    text(f"mine/{names}", "dog\ncat\n")

    lists, found = brought(tmp_path / "mine")

    assert lists == {"train": ["images/a.jpg", "images/b.jpg"]}
    assert found.names == ("dog", "cat")
    assert [finding.message for finding in found.findings] == [
        "1 pictures have no label file: taken for such without objects"
    ]


def test_labels_alone_with_their_pictures_elsewhere(picture, text, tmp_path):
    picture("pictures/a.jpg")
    text("mine/a.txt", ROW)

    found = finished(yolo.read_yolo(tmp_path / "mine", images=str(tmp_path / "pictures")))

    assert found.names == ("0", "1")
    assert [box.cxcywh for one in found.pictures.values() for box in one.boxes] == [
        (0.2, 0.3, 0.2, 0.4)
    ]
    assert "no file of class names (data.yaml, obj.names, classes.txt" in str(found.findings[0])


def test_polygons_bad_rows_and_names_twice_are_told(picture, text, tmp_path):
    picture("mine/a.jpg")
    # x .1 to .3, y .1 to .5; the second box hangs over the left edge: 0 to .1 of -.1 to .1 is left
    text("mine/a.txt", "0 .1 .1 .3 .1 .2 .5\n2 0.0001 .3 .2 .4\n3 .5 .5 .1 .1\n")
    text("mine/classes.txt", "dog\n\ndog\n")

    _, found = brought(tmp_path / "mine")

    (one,) = found.pictures.values()
    assert found.names == ("dog", "1")
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert one.boxes[1].cxcywh == pytest.approx((0.05005, 0.3, 0.1001, 0.4))
    assert [finding.message for finding in found.findings] == [
        "the row is a polygon: the box around it is used, where the C program stops reading",
        "class 3 does not exist; classes=3 allows 0 to 2",
        "'dog' is the name of several classes, which become one",
    ]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("names: [a]\n", "names no pictures with train:, val: or test:"),
        ("names: [a]\ntrain: i\0mages\n", "names no pictures with train:, val: or test:"),
        ("names: [a]\ntrain: /etc\n", r"data\.yaml: train: /etc is not in .*mine; left out"),
        ("train: images\n", "has no names: as a list"),
    ],
)
def test_a_data_yaml_that_leads_nowhere_is_refused(picture, text, tmp_path, yaml, message):
    picture("mine/images/a.jpg")
    text("mine/data.yaml", yaml)

    with pytest.raises(DataError, match=message):
        brought(tmp_path / "mine")


def test_nothing_outside_is_taken_by_a_list_or_a_linked_folder(picture, text, tmp_path):
    picture("far/secret.jpg"), picture("mine/images/a.jpg")
    (tmp_path / "mine/linked").symlink_to(tmp_path / "far")
    text("mine/train.txt", f"{tmp_path}/far/secret.jpg\nlinked/secret.jpg\nimages/a.jpg\n")
    text("mine/data.yaml", "train: train.txt\nval: linked\nnames: [a]\n")

    lists, found = brought(tmp_path / "mine")

    assert lists == {"train": ["images/a.jpg"]}
    told = [str(finding) for finding in found.findings]
    assert sum("from where nothing is taken" in line for line in told) == 2
    assert any("val: linked is not in" in line for line in told)
