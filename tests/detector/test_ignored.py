"""Ignored boxes and difficult objects from end to end."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from darkpy.cfg.data import read_data
from darkpy.console.cli import main
from darkpy.data.dataset import read_dataset
from darkpy.inference.detector import Detections
from darkpy.inference.prepared import Prepared
from darkpy.sections.base import Shape
from darkpy.session.measure import measure
from tests.finished import finished

EVERYTHING = "-1 .5 .5 1 1\n"
ORACLE = Path(__file__).parent.parent / "oracle/difficult/bccd_every_third.txt"


def write_ignored(project, text: str) -> None:
    """The same .ign beside every picture's labels."""
    for label in (project.folder / "images").glob("*.txt"):
        label.with_suffix(".ign").write_text(text)


def numbers(text: str) -> list[str]:
    """Darknet's lines of a report."""
    return re.findall(r"^ ?(?:class_id|for conf|mean|detections).*?$", text, re.M)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["", "mosaic=1\n"])
def test_empty_ignore_files_leave_the_training_as_it_was_to_the_last_bit(project, recipe):
    project.change_cfg("hue=.02\n", f"hue=.02\n{recipe}")
    project.train()
    without = project.final.read_bytes()

    write_ignored(project, "")
    project.train("-clear")

    assert project.final.read_bytes() == without


@pytest.mark.slow
def test_ignored_boxes_change_the_training_and_are_counted(project):
    project.train()
    without = project.final.read_bytes()

    write_ignored(project, EVERYTHING)
    _, out, _ = project.train("-clear")

    assert project.final.read_bytes() != without
    assert "train.txt: note: 8 ignored boxes" in out


class Painter:
    """A detector that finds the same two boxes in every picture, both of class 0."""

    classes = 2
    network = SimpleNamespace(layers=(), reset_state=lambda: None)
    input = Shape(3, 64, 64)
    device = torch.device("cpu")

    def prepared(self, pixels, letter_box):
        return Prepared(pixels, pixels.shape[:2], letter_box)

    def detect_prepared(self, pictures, **_):
        boxes = torch.tensor([[0.25, 0.25, 0.2, 0.2], [0.75, 0.75, 0.2, 0.2]])
        probs = torch.tensor([[0.9, 0], [0.8, 0]])
        return [Detections(boxes, probs[:, 0], probs) for _ in pictures]


@pytest.mark.parametrize(
    ("ignored", "wrong"),
    [
        ("", 2),
        ("-1 .5 .5 1 1\n", 0),
        ("0 .5 .5 1 1\n", 0),
        ("1 .5 .5 1 1\n", 2),  # of the other class
        ("-1 .75 .75 .25 .25\n", 1),
        ("-1 .75 .75 .05 .05\n", 2),  # a sixteenth of the box lies inside
    ],
)
def test_detections_in_ignored_boxes_are_not_wrong(project, ignored, wrong):
    """In eight pictures whose only objects are of class 1."""
    for label in (project.folder / "images").glob("*.txt"):
        label.write_text("1 .1 .9 .1 .1\n")
        label.with_suffix(".ign").write_text(ignored)
    data = read_data(project.data)
    dataset = read_dataset(data.resolve(data.valid), data, 2)

    options = {"iou_thresh": 0.5, "thresh": 0.25, "points": 0, "letter_box": False}
    report = finished(measure(Painter(), dataset, **options)).report()

    assert (report.tp, report.fp, report.fn) == (0, 8 * wrong, 8)
    assert report.detections_count == 8 * wrong


def test_a_training_that_measures_reads_the_difficult_objects_too(project):
    (project.folder / "hard.txt").write_text("images/0.png\n")
    with open(project.data, "a") as file:
        file.write("difficult=hard.txt\n")

    status, _, problem = project.train("-map")

    assert status == 2
    assert "hard.txt: difficult= has 1 pictures, but train.txt has 8" in problem


@pytest.mark.oracle
@pytest.mark.slow
def test_difficult_objects_count_as_in_the_c_program(shared, tmp_path, monkeypatch, capsys):
    """Every third box of bccd's valid list is difficult."""
    bccd = shared / "real/bccd"
    stems = [Path(name).stem for name in (bccd / "valid.txt").read_text().split()]
    for folder in ("easy", "hard"):
        (tmp_path / folder).mkdir()
        (tmp_path / f"{folder}.txt").write_text("".join(f"{folder}/{s}.jpg\n" for s in stems))
    for stem in stems:
        (tmp_path / f"easy/{stem}.jpg").symlink_to(bccd / f"images/{stem}.jpg")
        rows = (bccd / f"images/{stem}.txt").read_text().splitlines(keepends=True)
        hard = rows[2::3]
        (tmp_path / f"hard/{stem}.txt").write_text("".join(hard))
        (tmp_path / f"easy/{stem}.txt").write_text(
            "".join(row for at, row in enumerate(rows) if at % 3 != 2)
        )
    (tmp_path / "d.data").write_text(
        f"classes=3\ntrain=easy.txt\nvalid=easy.txt\nnames={bccd}/bccd.names\ndifficult=hard.txt\n"
    )
    monkeypatch.chdir(tmp_path)

    main(["detector", "map", "d.data", f"{bccd}/bccd-tiny.cfg", f"{bccd}/bccd-tiny.weights"])

    assert numbers(capsys.readouterr().out) == numbers(ORACLE.read_text())
