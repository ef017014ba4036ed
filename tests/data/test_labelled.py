"""A folder of labelled pictures is read as people have it."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.data.labelled import bad_rows_said, names_for, read_labelled
from darkpy.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """a.jpg with classes 0 and 2, b.jpg without objects, c.jpg without a label file."""
    (tmp_path / "set").mkdir()
    for name in "abc":
        (tmp_path / "set" / f"{name}.jpg").write_bytes(b"")
    (tmp_path / "set/a.txt").write_text("0 .5 .5 .1 .2\n2 .5 .5 .3 .4\n")
    (tmp_path / "set/b.txt").write_text("")
    return tmp_path / "set"


def test_pictures_with_and_without_labels_are_told_apart(folder):
    labelled = read_labelled(folder)

    assert [path[-5:] for path in labelled.paths] == ["a.jpg", "b.jpg"]
    assert [path[-5:] for path in labelled.unlabelled] == ["c.jpg"]
    assert labelled.counts(3).tolist() == [[1, 0, 1], [0, 0, 0]]


def test_labels_are_found_in_a_labels_folder_too(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "images/x.png").write_bytes(b"")
    (tmp_path / "labels/x.txt").write_text("1 .5 .5 .1 .1\n")

    assert read_labelled(tmp_path).counts(2).tolist() == [[0, 1]]


def test_only_keeps_the_rows_of_the_pictures_that_stay(folder):
    (folder / "c.txt").write_text("1 .5 .5 .1 .1\n")
    kept = read_labelled(folder).only(np.array([False, True, True]))

    assert kept.counts(3).tolist() == [[0, 0, 0], [0, 1, 0]]


def test_rows_that_are_wrong_are_left_out_and_said(folder):
    (folder / "b.txt").write_text("0 .5 .5 .1\n" * 7)
    labelled = read_labelled(folder)

    assert len(labelled.rows) == 2
    said = bad_rows_said(labelled.bad)
    assert said[0].endswith("b.txt:1: warning: 4 values; a row is: class cx cy w h")
    assert said[-1] == "and 2 more label rows like these"


@pytest.mark.parametrize("place", ["set/classes.txt", "obj.names", "set/mine.names"])
def test_names_are_taken_from_the_files_that_programs_leave(folder, place):
    (folder.parent / place).write_text("cat\ndog\ncow\n")
    names, source = names_for(read_labelled(folder), folder, "")

    assert names == ("cat", "dog", "cow")
    assert source.endswith(place)


def test_without_names_the_classes_are_numbered_up_to_the_largest(folder):
    names, source = names_for(read_labelled(folder), folder, "")

    assert (names, source) == (("class0", "class1", "class2"), "")


def test_a_number_of_classes_will_do(folder):
    assert len(names_for(read_labelled(folder), folder, "5")[0]) == 5
    names = names_for(read_labelled(folder), folder, "cat, big dog,,cow")[0]
    assert names == ("cat", "big dog", "cow")


def test_a_class_without_a_name_is_an_error(folder):
    with pytest.raises(DataError, match="a label has class 2, but -classes 2 allows 0 to 1"):
        names_for(read_labelled(folder), folder, "2")


def test_what_is_no_folder_of_labelled_pictures_is_explained(folder, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_labelled(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no picture in or below it"):
        read_labelled(tmp_path / "empty")
    for label in folder.glob("*.txt"):
        label.unlink()
    with pytest.raises(DataError, match=r"3 pictures, but none has a label file; .*a.txt would"):
        read_labelled(folder)
