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
    assert f"{found} exists: take 'C:\\work\\' off the lines" in str(caught.value)


def test_many_missing_pictures_are_counted_and_only_some_are_shown(folders):
    (folders / "list" / "1.jpg").touch()
    text = "1.jpg\n" + "".join(f"lost{i}/{i}.jpg\n" for i in range(1000))

    listing = _listing(folders, text)

    assert len(listing.missing) == 1000
    assert len(listing.findings.items) == MISSING_SHOWN + 1
    assert listing.findings.items[0].line == 2
    assert "1000 of 1001" in listing.findings.items[-1].message


def test_lines_with_one_remedy_are_told_once(folders):
    (folders / "list" / "pics").mkdir()
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        (folders / "list" / "pics" / name).touch()

    with pytest.raises(DataError) as caught:
        _listing(folders, "lost/1.jpg\nlost/2.jpg\nother/4.jpg\nlost/3.jpg\n")

    source, found = folders / "list" / "train.txt", folders / "list" / "pics" / "1.jpg"
    assert str(caught.value).splitlines() == [
        f"{source}:1: warning: picture lost/1.jpg does not exist; {found} exists: write 'pics/' in "
        "place of 'lost/' (so in 3 lines)",
        f"{source}:3: warning: picture other/4.jpg does not exist; there is no folder other/",
        f"{source}: warning: 4 of 4 pictures do not exist and are left out",
        f"{source}: there is no picture to work with",
    ]


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


def test_lines_that_ran_together_are_read_as_the_pictures_they_name(folders):
    for name in ("a.jpg", "b.PNG", "c.jpeg"):
        (folders / "list" / "obj" / name).touch()

    listing = _listing(folders, "obj/a.jpg\nobj/a.jpgobj/b.PNGobj/c.jpeg\nobj/a.jpgobj/none.jpg\n")

    assert [os.path.basename(path) for path in listing.pictures] == [
        "a.jpg",
        "a.jpg",
        "b.PNG",
        "c.jpeg",
    ]
    assert listing.missing == ["obj/a.jpgobj/none.jpg"]
    last = listing.findings.items[-1]
    assert (last.line, last.message) == (
        2,
        "lines ran together: read as the pictures they name; the C program cannot",
    )


def test_a_picture_whose_name_holds_an_ending_is_itself(folders):
    for name in ("a.jpg", "b.jpg", "a.jpgb.jpg"):
        (folders / "list" / name).touch()

    assert [os.path.basename(p) for p in _listing(folders, "a.jpgb.jpg").pictures] == ["a.jpgb.jpg"]


def test_an_export_without_pictures_is_told_in_place_of_its_labels(folders):
    for name in ("t_1.txt", "t_2.txt"):
        (folders / "list" / "obj" / name).touch()

    with pytest.raises(DataError) as caught:
        _listing(folders, "obj/t_1.jpg\n")

    folder = folders / "list" / "obj"
    assert str(caught.value).splitlines()[0] == (
        f"{folders}/list/train.txt:1: warning: picture obj/t_1.jpg does not exist; {folder}/ holds "
        "label files but no picture: put the pictures there"
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"[net]\nbatch=1\n", "a cfg"),
        (
            b"classes=2\ntrain=t.txt\n",
            "a .data file; the list of pictures is wanted here: take the",
        ),
        (b"names: [a]\nnc: 1\n", "a YAML file"),
        (b"0 0.5 0.5 0.1 0.1\n1 .5 .5 .1 .1\n", "a label file"),
        (b"\0\0\0\0\2\0\0\0\5\0\0\0", "a Darknet weights file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (bytes(range(256)) * 4, "a binary file"),
    ],
)
def test_another_file_in_place_of_a_list_is_named(folders, content, kind):
    with pytest.raises(DataError, match=f"this is {kind}"):
        _listing(folders, content)


def test_an_export_without_pictures_is_told_where_the_lines_name_a_folder_more(folders):
    (folders / "list" / "obj" / "t_1.txt").touch()

    with pytest.raises(
        DataError, match=r"t_1\.jpg does not exist; .*/list/obj holds label files but"
    ):
        _listing(folders, "data/obj/t_1.jpg\n")


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes there")
def test_names_of_files_that_are_no_utf8_are_found(folders):
    (folders / "cwd" / os.fsdecode(b"caf\xe9.png")).touch()
    (folders / "cwd" / "na\u00efve.png").touch()
    listing = _listing(folders, b"caf\xe9.png\nna\xc3\xafve.png\n")

    assert [os.fsencode(path) for path in listing.pictures] == [b"caf\xe9.png", b"na\xc3\xafve.png"]


def test_a_list_of_label_files_is_refused_and_one_among_pictures_is_named(tmp_path):
    (tmp_path / "1.jpg").touch()
    (tmp_path / "1.txt").touch()
    path = tmp_path / "train.txt"

    path.write_text("1.txt\n1.TXT\n")
    with pytest.raises(DataError, match=r"train.txt:1: 1.txt is a label file, as all lines name"):
        read_listing(path)
    path.write_text("1.txt\n1.jpg\n")
    listing = read_listing(path)
    assert (len(listing.pictures), listing.missing) == (1, ["1.txt"])
    assert "train.txt:1: warning: picture 1.txt is no picture but a label file" in (
        str(listing.findings.items[0])
    )
