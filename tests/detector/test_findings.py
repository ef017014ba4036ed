"""What the verbs say of a .data file, and what they refuse before the first picture."""

from __future__ import annotations

import io
import sys

import pytest


@pytest.fixture
def trained(project):
    """The tiny project with final weights."""
    assert project.train()[0] == 0
    return project


def run(project, verb: str, *words: object) -> tuple[int, str, str]:
    return project.run("detector", verb, project.data, project.cfg, project.final, *words, "-nogpu")


def data_says(project, old: str, new: str) -> None:
    text = project.data.read_text()
    assert old in text
    project.data.write_text(text.replace(old, new))


NO_VALID = "obj.data: warning: no valid=: the pictures of train= are measured instead"


def test_a_typo_in_the_data_file_is_said_by_every_verb_and_stays_in_view(trained):
    data_says(trained, "valid=train.txt", "valie=train.txt")

    for verb in ("map", "valid", "recall"):
        status, out, _ = run(trained, verb)
        assert status == 0
        assert "valie= is not used; did you mean 'valid'?" in out
        assert out.splitlines()[-1].endswith(NO_VALID), verb
    _, out, _ = run(trained, "test", "images/0.png", "-dont_show")
    assert "valie= is not used; did you mean 'valid'?" in out


def test_every_map_of_a_training_says_that_its_pictures_are_the_trainings(project):
    data_says(project, "valid=train.txt\n", "")
    _, out, _ = project.train("-map")

    measured = [line for line in out.splitlines() if "mAP@0.50" in line and "iteration" in line]
    assert measured
    assert all("no valid=: measured on the training pictures" in line for line in measured)


def test_a_valid_list_that_is_given_draws_no_such_warning(trained):
    assert "no valid=" not in run(trained, "map")[1]


@pytest.mark.parametrize("verb", ["map", "valid"])
def test_a_wrong_count_of_names_is_refused_before_the_first_picture(trained, verb):
    (trained.folder / "obj.names").write_text("square\n")
    status, out, err = run(trained, verb)

    assert status == 2
    assert err.strip().endswith("classes=2: a line for each class is needed, in their order")
    assert "obj.names: 1 name, but" in err
    assert "mean average precision" not in out
    assert not (trained.folder / "results").exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("square\nsquare\n", "obj.names:2: class 'square' stands in line 1 already"),
        ("square\ncar/van\n", "obj.names:2: class 'car/van' cannot name a file of results"),
        ("x/../../../y\nbar\n", "obj.names:1: class 'x/../../../y' cannot name a file"),
        (f"{'x' * 250}\nbar\n", "is too long for a file name"),
    ],
)
def test_names_that_cannot_name_files_are_refused_by_valid_only(trained, names, said):
    (trained.folder / "obj.names").write_text(names)
    status, _, err = run(trained, "valid")

    assert status == 2
    assert said in err
    assert not list((trained.folder / "results").glob("*.txt"))
    assert run(trained, "map")[0] == 0


def test_a_place_for_results_that_cannot_be_is_found_before_the_detections(trained):
    (trained.folder / "results").mkdir()
    (trained.folder / "results/file").touch()
    status, out, err = run(trained, "valid", "-out", "file/part_")

    assert status == 2
    assert err.startswith("-out file/part_: ")
    assert "cannot be written" in err
    assert "detections" not in out
    assert run(trained, "valid", "-out", "new/part_")[0] == 0
    assert (trained.folder / "results/new/part_square.txt").exists()


@pytest.mark.parametrize("verb", ["map", "valid", "recall"])
def test_pictures_that_cannot_be_read_give_status_2_as_in_test(trained, verb):
    (trained.folder / "images/3.png").write_bytes(b"no picture")
    status, out, _ = run(trained, verb)

    assert status == 2
    assert "(left out)" in out


def test_a_missing_path_on_standard_input_has_a_status(trained, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("images/nowhere.png\nimages/0.png\n"))
    status, out, err = run(trained, "test", "-dont_show")

    assert status == 2
    assert "images/nowhere.png: there is no such file" in out
    assert "images/0.png: Predicted in" in out
    assert not err


def test_closed_standard_input_without_pictures_ends_in_order(trained, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)

    assert run(trained, "test", "-dont_show")[0] == 0
