"""The list of difficult= in a .data file."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.difficult import read_measured
from darkpy.errors import DataError


@pytest.fixture
def measured(make_dataset, tmp_path):
    """Read a data set of a, b and c with a difficult list of these lines."""

    def read(lines: str, valid: str = "a.png\nb.png\nc.png\n"):
        make_dataset(dict.fromkeys("abc", "0 .5 .5 .1 .2\n"))
        (tmp_path / "train.txt").write_text(valid)
        (tmp_path / "hard.txt").write_text(lines)
        data = DataOptions(tmp_path / "x.data", valid=str(tmp_path / "train.txt"))
        return read_measured(DataOptions(**{**vars(data), "difficult": "hard.txt"}), 2)

    return read


def test_labels_of_a_line_are_the_difficult_objects_of_that_line(measured, tmp_path):
    """As voc_label_difficult.py of Darknet names them: the pictures do not exist."""
    (tmp_path / "hard").mkdir()
    (tmp_path / "hard/a.txt").write_text("1 .5 .5 .1 .2\n")
    (tmp_path / "hard/b.txt").write_text("")
    (tmp_path / "hard/c.txt").write_text("0 .25 .5 .5 1\n1 .5 .5 .1 .2\n")

    ds = measured("hard/a.jpg\r\nhard/b.jpg\r\n\r\nhard/c.jpg\r\n")

    np.testing.assert_array_equal(ds.difficult.offsets, [0, 1, 1, 3])
    np.testing.assert_array_equal(ds.difficult.of(2)[1], [0, 1])
    np.testing.assert_array_equal(ds.classes, [0, 0, 0])
    assert not ds.findings.items


def test_lines_of_pictures_that_are_missing_are_left_out(measured, tmp_path):
    (tmp_path / "hard_b.txt").write_text("0 .5 .5 .1 .1\n")
    (tmp_path / "hard_c.txt").write_text("1 .5 .5 .1 .1\n")

    ds = measured("x.png\nhard_b.png\nhard_c.png\n", valid="lost.png\nb.png\nc.png\n")

    assert len(ds) == 2
    np.testing.assert_array_equal(ds.difficult.classes, [0, 1])


def test_lists_of_different_length_are_refused(measured):
    words = r"hard\.txt: difficult= has 2 pictures, but .*train\.txt has 3"
    with pytest.raises(DataError, match=words):
        measured("a.png\nb.png\n")


def test_missing_and_wrong_labels_are_told(measured, tmp_path):
    (tmp_path / "hard_a.txt").write_text("7 .5 .5 .1 .1\n")

    ds = measured("hard_a.png\nhard_b.png\nhard_c.png\n")

    assert [str(item).split("; ")[0] for item in ds.findings.items] == [
        f"{tmp_path / 'hard_a.txt'}:1: warning: class 7 does not exist",
        f"{tmp_path / 'hard.txt'}: warning: 2 of 3 pictures have no label file, such as hard_b.txt",
    ]
    assert len(ds.difficult.classes) == 0


def test_without_the_key_nothing_is_difficult(make_dataset, tmp_path):
    make_dataset({"a": "0 .5 .5 .1 .2"})
    data = DataOptions(tmp_path / "x.data", valid=str(tmp_path / "train.txt"))

    assert read_measured(data, 2).difficult is None
