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
