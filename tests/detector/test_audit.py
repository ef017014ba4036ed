"""`detector audit`: two halves, neither looked at by the detector that has seen it."""

from __future__ import annotations

import csv
import hashlib
import os

import pytest

from darkpy.data.pictures import read_picture
from darkpy.errors import number_of


def digests(folder) -> dict[str, str]:
    """What is in every file of a folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def audited(project, *words):
    return project.run("detector", "audit", project.data, project.cfg, "-nogpu", *words)


def test_each_half_is_looked_at_by_the_other_ones_detector(project):
    before = digests(project.folder / "images")
    status, out, _ = audited(project, "-threads", 0)

    assert status == 0, out
    halves = [(project.folder / f"audit/half_{n}/pictures.txt").read_text() for n in (1, 2)]
    own = [set(text.split()) for text in halves]
    assert own[0] & own[1] == set()
    assert len(own[0] | own[1]) == 8
    for number in (1, 2):
        data = (project.folder / f"audit/half_{number}/half.data").read_text()
        assert f"train={project.folder}/audit/half_{number}/pictures.txt" in data
        assert f"valid={project.folder}/audit/half_{3 - number}/pictures.txt" in data
        assert (project.folder / f"audit/half_{number}/chart.png").is_file()
    assert digests(project.folder / "images") == before
    assert not list(project.folder.glob("chart*"))


def test_a_stopped_audit_goes_on(project):
    audited(project, "-threads", 0)
    status, out, _ = audited(project, "-threads", 0, "-resume")

    assert status == 0
    assert out.count("this training is finished") == 2


@pytest.fixture
def looked(project):
    """An audit by a trained detector, of labels one of which is there twice."""
    project.train()
    label = project.folder / "images/3.txt"
    label.write_text(label.read_text() * 2)
    status, out, _ = audited(project, "-weights", project.final, "-top", 5)
    assert status == 0, out
    return project.folder / "audit", out


def test_the_table_begins_with_the_label_that_is_there_twice(looked):
    folder, out = looked
    with open(folder / "audit.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert rows[0]["kind"] == "duplicate"
    assert rows[0]["picture"].endswith("images/3.png")
    assert [float(row["score"]) for row in rows] == sorted(
        (float(row["score"]) for row in rows), reverse=True
    )
    assert f"audit.csv: {number_of(len(rows), 'places')}, the likeliest mistakes first" in out


def test_a_contact_sheet_shows_it(looked):
    folder, _ = looked

    assert read_picture(folder / "sheets/duplicate_1.jpg").shape[2] == 3


def test_the_folder_to_mend_in_has_links_copies_and_names(looked):
    folder, _ = looked
    review = folder / "review"

    assert (review / "classes.txt").read_text() == "square\nbar\n"
    assert (review / "obj.names").read_text() == "square\nbar\n"
    listed = (review / "train.txt").read_text().split()
    assert listed[0] == f"{review}/3.png"
    assert all(os.path.isfile(path) for path in listed)
    assert (review / "3.txt").read_text() == (folder.parent / "images/3.txt").read_text()
    assert not (review / "3.txt").is_symlink()


def test_labels_that_were_mended_are_not_written_over(looked, project):
    folder, _ = looked
    (folder / "review/3.txt").write_text("mended\n")
    _, out, _ = audited(project, "-weights", project.final, "-top", 5)

    assert (folder / "review/3.txt").read_text() == "mended\n"
    assert "review_2: " in out


def test_a_list_names_the_pictures_to_look_at_whose_names_may_be_equal(project):
    project.train()
    other = project.folder / "other"
    other.mkdir()
    for ending in ("png", "txt"):
        raw = (project.folder / f"images/3.{ending}").read_bytes()
        (other / f"3.{ending}").write_bytes(raw * (2 if ending == "txt" else 1))
    label = project.folder / "images/3.txt"
    label.write_text(label.read_text() * 2)
    (project.folder / "some.txt").write_text("images/3.png\nother/3.png\n")
    status, out, _ = audited(project, "-weights", project.final, "-list", "some.txt")

    assert status == 0
    assert "2 pictures with 4 labels" in out
    review = project.folder / "audit/review"
    assert (review / "train.txt").read_text() == f"{review}/3.png\n{review}/3_2.png\n"
    assert {(review / name).resolve().parent.name for name in ("3.png", "3_2.png")} == {
        "images",
        "other",
    }


def test_weights_to_look_with_and_to_start_from_are_one_too_many(project):
    status, _, err = audited(project, "some.weights", "-weights", "other.weights")

    assert status == 2
    assert "one of them, or neither" in err
