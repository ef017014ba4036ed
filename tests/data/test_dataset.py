"""Data sets as flat arrays."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.cfg.data import DataOptions, read_data
from darkpy.data.dataset import read_dataset, write_bad_lists
from darkpy.data.pictures import write_picture
from darkpy.errors import DataError


def test_boxes_of_all_pictures_lie_one_after_the_other(make_dataset):
    ds = make_dataset({"a": "0 .5 .5 .1 .2\n1 .25 .5 .5 1\n", "b": "", "c": None, "d": "1 1 1 1 1"})

    assert len(ds) == 4
    np.testing.assert_array_equal(ds.offsets, [0, 2, 2, 2, 3])
    boxes, classes = ds.truths(0)
    np.testing.assert_array_equal(boxes, np.float32([[0.5, 0.5, 0.1, 0.2], [0.25, 0.5, 0.5, 1]]))
    np.testing.assert_array_equal(classes, [0, 1])
    assert ds.truths(1)[0].shape == ds.truths(2)[0].shape == (0, 4)
    assert ds.boxes.dtype == np.float32
    assert ds.classes.dtype == ds.offsets.dtype == np.int64


def test_a_picture_is_described_by_its_rows_which_nobody_writes_to(make_dataset):
    ds = make_dataset({"a": "0 .5 .5 .1 .2", "b": "", "c": "1 .25 .5 .5 1\n0 1 1 1 1"})
    source = ds.described(2, np.zeros((1, 1, 3), np.uint8))

    np.testing.assert_array_equal(source.truths, [[0.25, 0.5, 0.5, 1, 1], [1, 1, 1, 1, 0]])
    assert ds.described(1, source.pixels).truths.shape == source.ignored.shape == (0, 5)
    assert source.truths.dtype == source.ignored.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        source.truths[0] = 0


def test_labelled_empty_and_missing_are_counted_and_missing_is_said(make_dataset):
    ds = make_dataset({"a": "0 .5 .5 .1 .2", "b": " \n", "c": None, "d": None})

    assert ds.labels == (1, 1, 2)
    assert list(ds.unlabelled) == [2, 3]
    (remark,) = ds.findings.items
    assert "2 without one" in remark.message
    assert "c.txt" in remark.message


def test_paths_come_back_as_they_are(make_dataset, tmp_path):
    ds = make_dataset({"a b": None, "größe": None})

    assert [ds.path(i) for i in range(2)] == [
        str(tmp_path / "a b.png"),
        str(tmp_path / "größe.png"),
    ]


def test_bad_rows_are_remarked_on_with_file_and_line(make_dataset, tmp_path):
    ds = make_dataset({"a": "0 .5 .5 .1 .2\n7 .5 .5 .1 .1\n", "b": "0 .5 .5 .1 .1"})

    assert list(ds.offsets) == [0, 1, 2]
    assert str(ds.findings.items[0]).startswith(f"{tmp_path / 'a.txt'}:2: warning: class 7")


def test_labels_in_a_labels_folder_are_found(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "images" / "1.jpg").touch()
    (tmp_path / "labels" / "1.txt").write_text("0 .5 .5 .1 .1\n")
    (tmp_path / "train.txt").write_text("images/1.jpg\n")

    ds = read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 1)

    assert ds.labels == (1, 0, 0)


def test_more_pictures_than_one_chunk_keep_their_order(make_dataset, tmp_path):
    make_dataset({"a": "0 .5 .5 .1 .1", "b": "1 .5 .5 .1 .1\n1 .5 .5 .2 .2", "c": None})
    (tmp_path / "train.txt").write_text("a.png\nb.png\nc.png\n" * 300)

    ds = read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 2)

    np.testing.assert_array_equal(np.diff(ds.offsets), [1, 2, 0] * 300)
    assert ds.path(898).endswith("b.png")
    np.testing.assert_array_equal(ds.truths(898)[1], [1, 1])


def test_a_label_that_is_a_folder_is_remarked_on(make_dataset, tmp_path):
    (tmp_path / "a.txt").mkdir()
    ds = make_dataset({"a": None, "b": "0 .5 .5 .1 .1"})

    assert ds.labels == (1, 0, 1)
    assert "cannot be read" in ds.findings.items[0].message


def test_a_list_without_pictures_is_refused(tmp_path):
    (tmp_path / "train.txt").write_text("1.jpg\n")

    with pytest.raises(DataError, match="no picture to work with"):
        read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 1)


def test_bad_lists_hold_what_darknet_writes(make_dataset, tmp_path):
    make_dataset({"a": "5 .5 .5 .1 .1\n0 0 0 .1 .1\n", "b": None})
    (tmp_path / "train.txt").write_text("a.png\nb.png\nlost.png\n")
    ds = read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 2)
    out = tmp_path / "out"
    out.mkdir()

    written = write_bad_lists(ds, out, broken=["a.png"])

    assert written == [out / "bad.list", out / "bad_label.list"]
    assert written[0].read_text() == f"lost.png\na.png\n{tmp_path / 'b.txt'}\n"
    label = tmp_path / "a.txt"
    assert written[1].read_text() == (
        f"{label} Wrong annotation: class_id = 5. But class_id should be [from 0 to 1]\n"
        f"{label} Wrong annotation: x = 0 or y = 0\n"
    )


def test_a_clean_data_set_leaves_no_bad_lists(make_dataset, tmp_path):
    ds = make_dataset({"a": "0 .5 .5 .1 .1"})
    (tmp_path / "out").mkdir()

    assert write_bad_lists(ds, tmp_path / "out") == []
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("key", "pictures"), [("train", 292), ("valid", 72)])
def test_bccd_is_read_without_a_remark(shared, key, pictures):
    data = read_data(next((shared / "real" / "bccd").glob("*.data")))

    ds = read_dataset(data.resolve(getattr(data, key)), data, data.classes)

    assert ds.labels == (pictures, 0, 0)
    assert not ds.findings.items


def test_boxes_that_are_not_judged_lie_beside_the_labels(make_dataset, tmp_path):
    (tmp_path / "a.ign").write_text("-1 .5 .5 1 1\n1 .25 .5 .5 1\n")
    (tmp_path / "d.ign").write_text("0 .5 .5 .2 .2\n")
    ds = make_dataset({"a": "0 .5 .5 .1 .2", "b": "", "c": None, "d": None})

    np.testing.assert_array_equal(ds.ignored.offsets, [0, 2, 2, 2, 3])
    boxes, classes = ds.ignored.of(0)
    np.testing.assert_array_equal(boxes, np.float32([[0.5, 0.5, 1, 1], [0.25, 0.5, 0.5, 1]]))
    np.testing.assert_array_equal(classes, [-1, 1])
    np.testing.assert_array_equal(ds.ignored.of(3)[1], [0])
    assert ds.truths(0)[0].shape == (1, 4)
    # A picture with an .ign file alone still has no label file.
    assert ds.labels == (1, 1, 2)


def test_without_ignore_files_the_table_is_empty(make_dataset):
    ds = make_dataset({"a": "0 .5 .5 .1 .2", "b": None})

    assert ds.ignored.boxes.shape == (0, 4)
    assert list(ds.ignored.offsets) == [0, 0, 0]


def test_wrong_rows_of_an_ignore_file_are_remarked_on(make_dataset, tmp_path):
    (tmp_path / "a.ign").write_text("-1 .5 .5 .1 .1\r\n-2 .5 .5 .1 .1\r\n2 .5 .5 .1 .1\n")
    ds = make_dataset({"a": "-1 .5 .5 .1 .1\n"})

    place = tmp_path / "a.ign"
    *wrong, counted = (str(item).split(";")[0] for item in ds.findings.items)
    assert wrong == [
        f"{tmp_path / 'a.txt'}:1: warning: class -1 does not exist",
        f"{place}:2: warning: class -2 does not exist",
        f"{place}:3: warning: class 2 does not exist",
    ]
    assert "note: 1 ignored boxes" in counted
    assert len(ds.ignored.boxes) == 1
    assert "allows -1 to 1" in ds.findings.items[1].message


def test_ignore_files_are_looked_for_where_the_labels_are(tmp_path):
    """In labels/ where the labels lie there; beside the picture too if it has none."""
    for name in ("with", "without"):
        picture = tmp_path / "images" / f"{name}.png"
        picture.parent.mkdir(exist_ok=True)
        write_picture(picture, np.zeros((24, 32, 3), np.uint8))
        (tmp_path / "images" / f"{name}.ign").write_text("0 .5 .5 .1 .1\n")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/with.txt").write_text("0 .5 .5 .1 .1\n")
    (tmp_path / "labels/with.ign").write_text("-1 .5 .5 .1 .1\n" * 2)
    (tmp_path / "train.txt").write_text("images/with.png\nimages/without.png\n")

    ds = read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 2)

    np.testing.assert_array_equal(ds.ignored.classes, [-1, -1, 0])


def test_boxes_are_things_by_their_sixth_number_or_by_picture_and_row(make_dataset, tmp_path):
    row = "0 .5 .5 .5 .5"
    make_dataset({"a": f"{row}\n{row}\n", "b": f"{row} 7\n{row} .9\n", "c": "", "d": f"{row} 7"})
    options = DataOptions(tmp_path / "obj.data")

    ds = read_dataset(tmp_path / "train.txt", options, 2, tracks=True)

    # 4096 * (1 + picture) + row; a sixth number with a point is a confidence.
    assert ds.tracks.tolist() == [4096, 4097, 7, 2 * 4096 + 1, 7]
    assert ds.described(1, np.zeros((1, 1, 3), np.uint8)).truths[:, 4:].tolist() == [
        [0, 7],
        [0, 2 * 4096 + 1],
    ]
    assert ds.described(2, np.zeros((1, 1, 3), np.uint8)).truths.shape == (0, 6)
    assert read_dataset(tmp_path / "train.txt", options, 2).tracks is None
