"""`detector draw`: labels on their pictures."""

from __future__ import annotations

import numpy as np

from darkpy.data.pictures import read_picture


def test_all_pictures_of_the_train_list_are_drawn_with_their_boxes(project):
    status, out, _ = project.run("detector", "draw", project.data)

    assert status == 0
    assert "drawn: 8 pictures with 8 boxes" in out
    drawn = read_picture("drawn/0.jpg")
    bare = read_picture("images/0.png")
    assert drawn.shape == bare.shape
    assert not np.allclose(drawn, bare, atol=60)


def test_pictures_may_be_named_and_counted_and_the_network_of_the_c_program_is_passed_over(project):
    words = ("detector", "draw", project.data, "tiny.cfg", "a.weights", "images", "-first", 3)
    _, out, _ = project.run(*words, "-out", "seen")

    assert "seen: 3 pictures with 3 boxes" in out
    assert len(list((project.folder / "seen").iterdir())) == 3


def test_faults_of_labels_and_pictures_are_said(project):
    (project.folder / "images/0.txt").write_text("7 .5 .5 .1 .1\n")
    (project.folder / "images/1.txt").unlink()
    (project.folder / "images/2.png").write_bytes(b"nothing")
    status, out, _ = project.run("detector", "draw", project.data)

    assert status == 2
    assert "images/0.txt:1: " in out
    assert "images/1.png: no label file" in out
    assert "images/2.png: cannot be decoded" in out
    assert "drawn: 7 pictures with 5 boxes" in out


def test_pictures_of_the_same_name_keep_apart(project):
    (project.folder / "more").mkdir()
    for ending in ("png", "txt"):
        content = (project.folder / f"images/0.{ending}").read_bytes()
        (project.folder / f"more/0.{ending}").write_bytes(content)
    project.run("detector", "draw", project.data, "images/0.png", "more/0.png")

    assert {path.name for path in (project.folder / "drawn").iterdir()} == {"0.jpg", "0_2.jpg"}
