"""Pictures of a source: where they are, and whether the size given is theirs."""

from __future__ import annotations

import pytest

from darkpy.importers.pictures import Pictures, misfit, size_of


def test_pictures_are_found_by_name_or_by_what_stands_before_the_ending(picture, tmp_path):
    one, other = picture("x/a.JPG"), picture("y/sub/b.c.png")
    (tmp_path / "y/a.txt").write_text("")
    found = Pictures([tmp_path / "x", tmp_path / "y", tmp_path / "none"])

    assert found.named("a.JPG") == found.stemmed("a") == one
    assert found.named("sub/b.c.png") == found.named("sub\\b.c.png") == other
    assert found.stemmed("sub/b.c") == other
    assert found.named(str(other)) == other
    assert found.named("b.c.png") is found.named("a.txt") is found.stemmed("") is None


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp"])
def test_a_size_that_is_not_the_pictures_is_told(picture, ending):
    path = picture(f"a.{ending}", 100, 50)

    assert size_of(path) == (100, 50)
    assert misfit(path, (100, 50)) == ""
    # A header of a BMP is not looked into.
    odd = "" if ending == "bmp" else "the size 50 x 100 is not the picture's, 100 x 50: look"
    assert misfit(path, (50, 100)).startswith(odd)


@pytest.mark.parametrize("size", [(200, 100), (1000, 500), (667, 333), (33, 17)])
def test_a_size_of_the_same_shape_is_as_good(picture, size):
    assert misfit(picture("a.jpg", 100, 50), size) == ""


def test_a_file_that_cannot_be_read_has_no_odd_size(tmp_path):
    assert misfit(tmp_path / "none.jpg", (10, 10)) == ""


@pytest.fixture
def inside(picture, tmp_path):
    """A folder `set` with a.jpg, a secret beside it, and links in it that lead there."""
    picture("set/a.jpg"), picture("set/images/b.jpg"), picture("secret.jpg"), picture("far/c.jpg")
    (tmp_path / "set/link.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "set/folder").symlink_to(tmp_path / "far")
    (tmp_path / "set/own.jpg").symlink_to("a.jpg")
    (tmp_path / "set/d.jpg").mkdir()
    return Pictures([tmp_path / "set", tmp_path / "set/folder"], [tmp_path / "set"])


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jpg",
        "{}/secret.jpg",
        "link.jpg",
        "folder/c.jpg",
        "c.jpg",
        "images/../../secret.jpg",
    ],
)
def test_nothing_outside_is_found_whatever_leads_there(inside, tmp_path, name):
    name = name.format(tmp_path)

    assert inside.named(name) is None
    secret = tmp_path / ("far/c.jpg" if "c.jpg" in name else "secret.jpg")
    assert inside.missing(name) == (
        f"leads to {secret}, outside {tmp_path / 'set'}, from where nothing is taken; "
        f"-images {secret.parent} takes it from there"
    )


def test_a_link_that_stays_inside_and_an_absolute_path_inside_are_found(inside, tmp_path):
    assert inside.named("own.jpg") == tmp_path / "set/own.jpg"
    assert inside.named(str(tmp_path / "set/a.jpg")) == tmp_path / "set/a.jpg"


def test_what_is_no_file_or_no_name_is_not_found(inside):
    for name in (
        "d.jpg",
        "/etc/hostname",
        "/a\0.jpg",
        "/\ud800.jpg",
        "x\0/a\0.jpg",
        "/" + "y" * 5000 + ".jpg",
    ):
        assert inside.named(name) is None


@pytest.mark.parametrize(
    "name", ["/data/upload/1/a.jpg", "C:\\old\\a.jpg", "../media/upload/1/a.jpg", "3f2b1c9a-a.jpg"]
)
def test_folders_of_another_machine_are_left_off(inside, tmp_path, name):
    assert inside.named(name) == tmp_path / "set/a.jpg"


def test_two_names_that_come_down_to_one_picture_are_told_apart(inside, tmp_path):
    a = tmp_path / "set/a.jpg"

    assert inside.named("cam1/a.jpg") == a
    assert inside.named("cam2/a.jpg") is None
    assert inside.missing("cam2/a.jpg") == f"is not there: {a} was taken for cam1/a.jpg"
    assert inside.named("a.jpg") is None
