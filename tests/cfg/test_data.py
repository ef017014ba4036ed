"""`.data` and `.names` files."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from darkpy.cfg.data import read_data, read_names
from darkpy.errors import DataError


def _data(folder: Path, text: str | bytes) -> Path:
    path = folder / "obj.data"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_blanks_carriage_returns_and_a_bom_do_not_count(tmp_path):
    path = _data(tmp_path, b"\xef\xbb\xbfclasses = 2 \r\n\r\n train=a/train.txt\t\r\n# note\r\n")

    data = read_data(path)

    assert (data.classes, data.train) == (2, "a/train.txt")
    assert data.source == path


def test_a_utf16_file_is_read(tmp_path):
    assert read_data(_data(tmp_path, "classes=3\ntrain=t.txt\n".encode("utf-16"))).classes == 3


def test_keys_that_are_not_given_have_darknets_defaults(tmp_path):
    data = read_data(_data(tmp_path, "names=obj.names\n"))

    assert (data.classes, data.train, data.valid, data.eval) == (0, "", "", "")
    assert (data.results, data.savelast, data.saveweights, data.top) == ("results", 100, 0, 1)


def test_without_valid_the_train_list_is_measured_and_that_is_said(tmp_path):
    data = read_data(_data(tmp_path, "train=t.txt\n"))

    assert data.valid == "t.txt"
    assert "no valid=" in data.findings.warnings[0].message


def test_of_a_repeated_key_the_first_one_wins(tmp_path):
    data = read_data(_data(tmp_path, "classes=2\nclasses=5\n"))

    assert data.classes == 2
    assert data.findings.warnings[0].line == 2


def test_an_unknown_key_and_a_line_without_equals_are_remarked_on(tmp_path):
    data = read_data(_data(tmp_path, "trian=t.txt\nvalid\nnames=\n"))

    remarks = [(found.line, found.message) for found in data.findings.items]
    assert remarks == [
        (1, "trian= is not used; did you mean 'train'?"),
        (2, "'valid' is not key=value and is not read"),
        (3, "'names=' is not key=value and is not read"),
    ]


def test_all_numbers_that_are_none_are_reported_at_once(tmp_path):
    path = _data(tmp_path, "classes=two\ntrain=t.txt\nsavelast=0\n")

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value) == (
        f"{path}:1: classes=two is not int\n{path}:3: savelast=0 is below the smallest value, 1"
    )


def test_require_names_every_key_that_is_missing(tmp_path):
    data = read_data(_data(tmp_path, "names=obj.names\n"))

    data.require("names")
    with pytest.raises(DataError, match=r"obj\.data: train= and classes= missing"):
        data.require("names", "train", "classes")


def test_a_missing_data_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no\.data: the \.data file does not exist"):
        read_data(tmp_path / "no.data")


def test_a_path_is_looked_up_from_the_working_directory_first(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "both.txt").touch()
    (there / "one.txt").touch()
    monkeypatch.chdir(here)
    data = read_data(_data(there, "classes=1\n"))

    assert data.resolve("both.txt") == Path("both.txt")
    assert data.resolve("one.txt") == there / "one.txt"
    assert data.resolve("none.txt") == Path("none.txt")


def test_a_path_may_hold_blanks_quotes_backslashes_and_a_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "My Drive").mkdir()
    (tmp_path / "My Drive" / "t.txt").touch()
    data = read_data(_data(tmp_path, 'train="My Drive\\t.txt"\nvalid=~/My Drive/t.txt\n'))

    assert data.resolve(data.train) == tmp_path / "My Drive" / "t.txt"
    assert data.resolve(data.valid) == tmp_path / "My Drive" / "t.txt"


def test_blanks_inside_a_path_are_dropped_where_only_that_exists(tmp_path):
    (tmp_path / "train.txt").touch()

    assert read_data(_data(tmp_path, "a=b")).resolve("tra in.txt") == tmp_path / "train.txt"


def test_names_keep_their_place_and_lose_blank_lines_at_the_end(tmp_path):
    path = tmp_path / "obj.names"
    path.write_bytes("\ufeffNo Mask \r\n\r\nMask\r\n\r\n \r\n".encode())

    assert read_names(path) == ("No Mask", "", "Mask")


def test_a_names_file_without_names_is_refused(tmp_path):
    path = tmp_path / "obj.names"
    path.write_text("\n\n")

    with pytest.raises(DataError, match="holds no class name"):
        read_names(path)


def test_every_odd_data_and_names_file_is_read(shared):
    read = {"data": 0, "names": 0}
    with open(shared / "real" / "odd.tsv", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            path = os.path.join(shared, "real", "odd", row["kind"], row["file"])
            if row["kind"] == "data":
                data = read_data(path)
                assert data.train
                assert (data.classes == 0) == ("no-classes" in row["flags"])
            elif row["kind"] == "names":
                assert all(name == name.strip("\ufeff\r ") for name in read_names(path))
            else:
                continue
            read[row["kind"]] += 1

    assert read == {"data": 56, "names": 42}


def test_control_characters_of_names_become_escapes(tmp_path):
    path = tmp_path / "obj.names"
    path.write_bytes(b"\x1b[31mred cat\nbell\x07\nordinary dog\n")

    assert read_names(path) == (r"\x1b[31mred cat", r"bell\x07", "ordinary dog")


WEIGHTS = b"\0\0\0\0\2\0\0\0\5\0\0\0"
YAML = b"path: .\ntrain: images/train\nnames:\n  0: cat\n"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WEIGHTS, "a Darknet weights file; the .names file is wanted here"),
        (b"[net]\nbatch=1\n", "a cfg; the .names file is wanted here"),
        (
            b"classes = 2\ntrain = t.txt\n",
            "a .data file; the .names file is wanted here: take the file of its names=",
        ),
        (
            YAML,
            "a YAML file; the .names file is wanted here: `darkpy import yolo FOLDER OUT` makes "
            "Darknet's files of ultralytics' data.yaml",
        ),
        (b"data/a.jpg\ndata/b.png\n", "a list of pictures; the .names file is wanted here"),
        (b"0 .5 .5 .1 .1\n", "a label file; the .names file is wanted here"),
    ],
)
def test_another_file_in_place_of_names_is_named(tmp_path, content, kind):
    path = tmp_path / "obj.names"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_names(path)

    assert str(caught.value) == f"{path}: this is {kind}"


@pytest.mark.parametrize(
    "names", ["1\n2\n", "a=b\n", "cat: tabby\ndog: pug\n", "[cat]\n", "PK\n", "a.jpg\nb\n"]
)
def test_odd_names_are_names(tmp_path, names):
    (tmp_path / "obj.names").write_text(names)

    assert read_names(tmp_path / "obj.names") == tuple(names.split("\n")[:-1])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WEIGHTS, "a Darknet weights file; the .data file is wanted here"),
        (b"# mine\n\n[net]\nbatch=1\n", "a cfg; the .data file is wanted here"),
        (
            YAML,
            "a YAML file; the .data file is wanted here: `darkpy import yolo FOLDER OUT` makes ",
        ),
        (b'{"images": []}', "a JSON file; the .data file is wanted here"),
        (b"data/a.jpg\n", "a list of pictures; the .data file is wanted here"),
    ],
)
def test_another_file_in_place_of_a_data_file_is_named(tmp_path, content, kind):
    path = _data(tmp_path, content)

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value).startswith(f"{path}: this is {kind}")


def test_comments_in_and_behind_values_are_none_of_them(tmp_path):
    text = "; mine\nclasses = 2 ; two\ntrain = t.txt # list\nnames = obj.names\t;x\nbackup=a;b#c\n"
    data = read_data(_data(tmp_path, text))

    assert (data.classes, data.train, data.names, data.backup) == (2, "t.txt", "obj.names", "a;b#c")
    assert [(found.line, found.message) for found in data.findings.items[:3]] == [
        (2, "'; two' is taken for a comment; the C program takes it into the value"),
        (3, "'# list' is taken for a comment; the C program takes it into the value"),
        (4, "';x' is taken for a comment; the C program takes it into the value"),
    ]


def test_a_file_that_is_called_like_a_comment_is_a_file(tmp_path):
    (tmp_path / "t ;1.txt").touch()

    assert read_data(_data(tmp_path, "train=t ;1.txt\nvalid='t ;1.txt'\n")).train == "t ;1.txt"


def test_files_that_lie_beside_the_data_file_are_found_as_cvat_zips_them(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    for name in ("obj.names", "train.txt"):
        (tmp_path / name).touch()
    path = _data(
        tmp_path, "classes=1\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n"
    )

    data = read_data(path)

    assert (data.train, data.names) == (f"{tmp_path}/train.txt", f"{tmp_path}/obj.names")
    assert str(data.findings.items[0]) == (
        f"{path}:2: warning: train=data/train.txt does not exist; {tmp_path}/train.txt is taken: "
        "take 'data/' off"
    )
    assert data.valid == data.train


@pytest.mark.parametrize("text", ["cat\ndog\n", "x: 1\nnames: [a]\n"])
def test_a_file_without_any_key_is_no_data_file(tmp_path, text):
    path = _data(tmp_path, text)

    with pytest.raises(DataError) as caught:
        read_data(path)

    assert str(caught.value) == (
        f"{path}: holds no key=value line; a .data file has train=, names= …"
    )


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("classes=1\ntrain=lost.txt\n", "train", "obj.data:2: train=lost.txt does not exist"),
        ("train=lost.txt\n", "valid", "obj.data:1: valid=lost.txt does not exist"),
        ("train=train.tx\n", "train", r"train=train.tx does not exist; .*train.txt"),
    ],
)
def test_a_file_that_is_not_there_is_missed_at_the_line_of_its_key(tmp_path, text, key, message):
    (tmp_path / "train.txt").write_text("a.png\n")
    path = tmp_path / "obj.data"
    path.write_text(text)

    with pytest.raises(DataError, match=message):
        read_data(path).file(key)


def test_of_two_files_of_a_name_the_one_that_is_taken_is_said(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "obj.data").write_text("train=train.txt\nvalid=valid.txt\n")
    for name, here, beside in (("train.txt", "a.png", "b.png"), ("valid.txt", "c.png", "c.png")):
        (tmp_path / name).write_text(here)
        (folder / name).write_text(beside)

    monkeypatch.chdir(tmp_path)
    said = [str(found) for found in read_data("project/obj.data").findings.items]

    other = "project/train.txt is another file and is not read"
    taken = f"warning: train=train.txt is {tmp_path}/train.txt; {other}"
    assert said == [f"project/obj.data:1: {taken}"]  # the same content is as good
    monkeypatch.chdir(folder)
    assert read_data("obj.data").findings.items == []
