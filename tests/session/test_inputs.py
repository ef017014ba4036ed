"""What `detector test` takes as pictures."""

from __future__ import annotations

import io
import os

import pytest

from darkpy.errors import DataError
from darkpy.session.inputs import picture_paths, typed_paths


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("b.JPG", "a.png", "a.txt", "sub/c.jpg", "sub/[x].jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "list.txt").write_bytes(b'\xef\xbb\xbf"a.png" \r\n\r\nsub\\c.jpg\r\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.png"], ["a.png"]),
        (["b.JPG", "a.png", "b.JPG"], ["b.JPG", "a.png", "b.JPG"]),
        (["."], ["./a.png", "./b.JPG"]),
        (["sub", "a.png"], ["sub/[x].jpg", "sub/c.jpg", "a.png"]),
        (["list.txt"], ["a.png", "sub/c.jpg"]),
        (["*.[pJ]*"], ["a.png", "b.JPG"]),
        (["**/*.jpg"], ["sub/[x].jpg", "sub/c.jpg"]),
        (["sub/[x].jpg"], ["sub/[x].jpg"]),
        ([], []),
    ],
)
def test_words_are_pictures_folders_lists_and_patterns(folder, words, expected):
    assert [path.replace(os.sep, "/") for path in picture_paths(words)] == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("a.pmg", r"a\.pmg: there is no such file; did you mean 'a\.png'\?"),
        ("zzzzz.gif", r"zzzzz\.gif: there is no such file$"),
        ("absent/a.png", r"there is no folder absent either"),
        ("*.gif", r"\*\.gif: no file has a name like this"),
    ],
)
def test_a_word_that_leads_nowhere_is_an_error_before_the_first_picture(folder, word, message):
    with pytest.raises(DataError, match=message):
        picture_paths(["a.png", word])


def test_a_folder_without_pictures_says_so(folder):
    (folder / "empty").mkdir()

    with pytest.raises(DataError, match=r"empty: no picture in this folder \(\.jpg"):
        picture_paths(["empty"])


def test_lost_lines_of_a_list_come_last_and_a_list_of_nothing_is_refused(folder):
    (folder / "list.txt").write_text("lost.jpg\na.png\n")
    assert list(picture_paths(["list.txt"])) == ["a.png", "lost.jpg"]

    (folder / "list.txt").write_text("lost.jpg\n")
    with pytest.raises(DataError, match="there is no picture to work with"):
        picture_paths(["list.txt"])


def test_typed_paths_are_asked_for_until_the_input_ends(folder):
    screen = io.StringIO()

    paths = list(typed_paths(io.StringIO("'a.png'\n\nsub/c.jpg\r\n"), screen))

    assert paths == ["a.png", "sub/c.jpg"]
    assert screen.getvalue() == "Enter Image Path: " * 4


def test_a_path_typed_wrongly_is_asked_for_again(folder):
    screen = io.StringIO()

    wrong, right = typed_paths(io.StringIO("a.pgn\na.png\n"), screen)

    assert right == "a.png"
    assert isinstance(wrong, DataError)
    assert str(wrong).startswith("a.pgn: there is no such file; did you mean")
    assert screen.getvalue() == "Enter Image Path: " * 3


def test_the_next_path_is_asked_for_only_when_the_last_one_is_done(folder):
    screen = io.StringIO()
    paths = typed_paths(io.StringIO("a.png\nb.JPG\n"), screen)

    assert next(paths) == "a.png"
    assert screen.getvalue().count("Enter") == 1


def test_a_link_that_leads_nowhere_says_where_it_leads(tmp_path):
    link = tmp_path / "a.jpg"
    link.symlink_to("gone.jpg")

    with pytest.raises(DataError) as refused:
        picture_paths([str(link)])
    words = "there is no such file: it links to gone.jpg, which does not exist"
    assert str(refused.value) == f"{link}: {words}"
