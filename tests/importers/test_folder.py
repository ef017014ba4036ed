"""The new folder: Darknet's files, and nothing of the source touched."""

from __future__ import annotations

import os

import pytest

from darkpy.cfg.data import read_data
from darkpy.data.dataset import read_dataset
from darkpy.errors import OutputError, UsageError
from darkpy.importers import folder
from darkpy.importers.annotated import Annotated, Box, Collected

BOX = (0.5, 0.5, 0.2, 0.4)


@pytest.fixture
def collected(picture) -> Collected:
    """Two pictures with the same name in different folders, and one without objects."""
    pictures = {
        "1": Annotated(picture("src/x/a.jpg"), (Box("dog", BOX), Box("cat", BOX, ignored=True))),
        "2": Annotated(picture("src/y/A.png"), (Box("cat", BOX), Box(None, BOX, ignored=True))),
        "3": Annotated(picture("src/c d.jpg"), ()),
    }
    return Collected(pictures, {"train": ["1", "2", "3"], "val": ["3"]}, ("dog", "cat"))


def write(collected: Collected, out, *, copy=False) -> None:
    list(folder.write(collected, out, copy=copy))


def tree(root) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("copy", [False, True])
def test_darkpy_reads_the_folder_without_a_remark(collected, tmp_path, copy):
    write(collected, tmp_path / "new/out", copy=copy)

    data = read_data(tmp_path / "new/out/out.data")
    ds = read_dataset(data.resolve(data.train), data, data.classes)

    assert not data.findings.items
    (note,) = ds.findings.items
    assert "2 ignored boxes" in note.message
    assert ds.labels == (2, 1, 0)
    assert ds.classes.tolist() == [0, 1]
    assert ds.ignored.classes.tolist() == [1, -1]
    assert ds.ignored.boxes.tolist() == ds.boxes.tolist()
    assert len(read_dataset(data.resolve(data.valid), data, data.classes)) == 1


def test_pictures_are_links_unless_copies_are_asked_for(collected, tmp_path):
    write(collected, tmp_path / "links")
    write(collected, tmp_path / "copies", copy=True)

    assert os.readlink(tmp_path / "links/images/a.jpg") == str(tmp_path / "src/x/a.jpg")
    assert not (tmp_path / "copies/images/a.jpg").is_symlink()
    assert tree(tmp_path / "links") == {
        path.replace("copies", "links"): content
        for path, content in tree(tmp_path / "copies").items()
        if not path.endswith(("copies.data", "copies.names"))
    } | {
        str(tmp_path / f"links/links.{kind}"): (tmp_path / f"links/links.{kind}").read_bytes()
        for kind in ("data", "names")
    }


@pytest.mark.parametrize("possible", ["link", "copyfile"])
def test_where_there_are_no_symbolic_links_something_else_is_found(
    collected, tmp_path, monkeypatch, possible
):
    def refuse(*_):
        raise OSError("not here")

    monkeypatch.setattr(os, "symlink", refuse)
    if possible == "copyfile":
        monkeypatch.setattr(os, "link", refuse)
    write(collected, tmp_path / "out")

    made = tmp_path / "out/images/a.jpg"
    assert not made.is_symlink()
    assert made.samefile(tmp_path / "src/x/a.jpg") == (possible == "link")
    assert made.read_bytes() == (tmp_path / "src/x/a.jpg").read_bytes()


def test_names_that_differ_only_in_case_or_ending_get_labels_of_their_own(collected, tmp_path):
    write(collected, tmp_path / "out")

    lines = (tmp_path / "out/train.txt").read_text().splitlines()
    assert lines == ["images/a.jpg", "images/A_2.png", "images/c d.jpg"]
    assert (tmp_path / "out/images/A_2.txt").read_text().startswith("1 0.5")


def test_a_line_break_in_a_name_does_not_break_the_list(picture, tmp_path):
    one = {"1": Annotated(picture("src/a\nb.jpg"), ())}
    write(Collected(one, {"train": ["1"]}, ("dog",)), tmp_path / "out")

    assert (tmp_path / "out/train.txt").read_text() == "images/a_b.jpg\n"
    assert (tmp_path / "out/images/a_b.jpg").exists()


def test_the_source_stays_as_it_is(collected, tmp_path):
    before = tree(tmp_path / "src")
    write(collected, tmp_path / "out")

    assert tree(tmp_path / "src") == before


@pytest.mark.parametrize("kind", ["folder", "file", "dead link"])
def test_what_exists_is_left_alone(tmp_path, kind):
    out = tmp_path / "out"
    if kind == "folder":
        out.mkdir()
    elif kind == "file":
        out.write_text("mine")
    else:
        out.symlink_to(tmp_path / "nowhere")

    with pytest.raises(OutputError, match="out: exists already and is left alone"):
        folder.check_free(out)


def test_a_place_whose_labels_darknet_seeks_elsewhere_is_refused(tmp_path):
    folder.check_free(tmp_path / "images/mine")
    with pytest.raises(UsageError, match="labels of pictures below such a folder lie elsewhere"):
        folder.check_free(tmp_path / "JPEGImages/mine")


def test_a_failure_leaves_nothing_behind(collected, tmp_path):
    (tmp_path / "src/c d.jpg").unlink()

    with pytest.raises(OutputError, match="out: cannot be written: No such file"):
        write(collected, tmp_path / "out", copy=True)

    assert [path.name for path in tmp_path.iterdir()] == ["src"]


def test_a_folder_that_cannot_be_made_is_told(collected, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written: Not a directory"):
        write(collected, tmp_path / "file/out")
