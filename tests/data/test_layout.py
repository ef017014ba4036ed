"""Folders that divide pictures already."""

from __future__ import annotations

import pytest

from darkpy.data.layout import TEST, TRAIN, VALID, side_by_folder


@pytest.mark.parametrize(
    ("folders", "sides"),
    [
        (["train", "valid", "test"], [TRAIN, VALID, TEST]),
        (["images/train2017", "images/val2017"], [TRAIN, VALID]),
        (["Train/images", "Validation/images"], [TRAIN, VALID]),
        (["training", "testing"], [TRAIN, VALID]),
        (["train", "val", "", "more/x"], [TRAIN, VALID, TRAIN, TRAIN]),
        (["train/test", "val"], [TRAIN, VALID]),
        (["train", "more"], None),
        (["valid", "test"], None),
        (["obj_train_data", "value"], None),
    ],
)
def test_the_first_telling_folder_says_the_side(folders, sides):
    paths = [f"/somewhere/valid/mine/{folder}/1.jpg" for folder in folders]

    found = side_by_folder(paths, "/somewhere/valid/mine")

    assert (None if found is None else found.tolist()) == sides
