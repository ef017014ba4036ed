"""List files of pictures."""

from __future__ import annotations

import os

import pytest

from darkpy.data.listing import MISSING_SHOWN, clean, read_listing
from darkpy.errors import DataError


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (" data/obj/1.jpg \t", "data/obj/1.jpg"),
        ('"data/my pictures/1.jpg"', "data/my pictures/1.jpg"),
        ("'1.jpg' ", "1.jpg"),
        ("data\\obj\\1.jpg", "data/obj/1.jpg"),
        ("1.jpg\x00\r", "1.jpg"),
        ("\ufeff1.jpg", "1.jpg"),
        ("it's.jpg", "it's.jpg"),
        ("   ", ""),
    ],
)
def test_a_line_is_cleaned(line, path):
    assert clean(line) == path


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")

    assert clean("~/1.jpg") == "/home/me/1.jpg"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Folders cwd/, list/ and data/; the working directory is the first."""
    for name in ("cwd", "list", "data"):
        (tmp_path / name / "obj").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path


def _listing(folders, text: str | bytes):
    path = folders / "list" / "train.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_listing(path, folders / "data")


def test_a_path_is_looked_up_from_cwd_then_list_then_data_file(folders):
    for folder, names in {"cwd": "a", "list": "ab", "data": "abc"}.items():
        for name in names:
            (folders / folder / "obj" / f"{name}.jpg").touch()

    listing = _listing(folders, "obj/a.jpg\nobj/b.jpg\nobj/c.jpg\n")

    assert listing.pictures == [
        "obj/a.jpg",
        str(folders / "list" / "obj" / "b.jpg"),
        str(folders / "data" / "obj" / "c.jpg"),
    ]
    assert not listing.missing


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_crlf_blank_lines_and_encodings_are_read(folders, encoding):
    (folders / "list" / "ö 1.jpg").touch()
    (folders / "list" / "2.jpg").touch()

    text = "2.jpg\r\n\r\n2.jpg \r\n" if encoding == "utf-16-le" else "ö 1.jpg\r\n\r\n2.jpg "
    listing = _listing(folders, text.encode(encoding))

    assert [os.path.basename(path) for path in listing.pictures][-1] == "2.jpg"
    assert len(listing.pictures) == 2


def test_an_absolute_path_and_a_repeated_line_are_kept(folders):
    picture = folders / "data" / "1.jpg"
    picture.touch()

    assert _listing(folders, f"{picture}\n{picture}\n").pictures == [str(picture)] * 2


def test_missing_pictures_are_left_out_and_the_nearest_name_is_told(folders):
    for name in ("car_001.jpg", "car_002.png", "other.jpg"):
        (folders / "list" / "obj" / name).touch()

    listing = _listing(folders, "obj/car_001.jpg\nobj/car_002.jpg\nobj/CAR_001.JPG\nobj/q\n")

    assert listing.missing == ["obj/car_002.jpg", "obj/CAR_001.JPG", "obj/q"]
    remarks = [found.message for found in listing.findings.items]
    assert remarks[0] == ("picture obj/car_002.jpg does not exist; did you mean 'car_002.png'?")
    assert "did you mean 'car_001.jpg'?" in remarks[1]
    assert "is like it" in remarks[2]
    assert remarks[3] == "3 of 4 pictures do not exist and are left out"


def test_a_data_set_that_was_moved_is_recognised(folders):
    (folders / "list" / "obj" / "1.jpg").touch()

    with pytest.raises(DataError) as caught:
        _listing(folders, "C:\\work\\obj\\1.jpg\n")

    found = folders / "list" / "obj" / "1.jpg"
    assert f"{found} exists: take 'C:/work/' off the lines" in str(caught.value)


def test_many_missing_pictures_are_counted_and_only_some_are_shown(folders):
    (folders / "list" / "1.jpg").touch()
    text = "1.jpg\n" + "".join(f"lost/{i}.jpg\n" for i in range(1000))

    listing = _listing(folders, text)

    assert len(listing.missing) == 1000
    assert len(listing.findings.items) == MISSING_SHOWN + 1
    assert listing.findings.items[0].line == 2
    assert "1000 of 1001" in listing.findings.items[-1].message


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_list_is_refused(folders, text):
    with pytest.raises(DataError, match="the list is empty"):
        _listing(folders, text)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(DataError, match="the list of pictures does not exist"):
        read_listing(tmp_path / "train.txt")


def test_every_odd_list_is_read_and_its_paths_are_clean(shared):
    lists = sorted((shared / "real" / "odd" / "lists").iterdir())
    for path in lists:
        with pytest.raises(DataError, match="there is no picture to work with"):
            read_listing(path, path.parent)

    assert len(lists) == 31
