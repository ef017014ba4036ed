"""`classifier predict` and `classifier valid` beside what the C program printed.

The network is that of tests/oracle/nets/classifier with the weights after its training; the numbers
are those of `darknet classifier predict` and `classifier valid` (59596d78) on the same four PNGs.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from darkpy.console.cli import main
from tests.conftest import ROOT

NET = ROOT / "tests/oracle/nets/classifier"
LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIZES_HW = {"zero": (40, 64), "one": (75, 33), "two": (32, 32), "three": (20, 90)}
PRINTED = {
    "zero": ("nine: 0.185493", "zero: 0.124835", "two: 0.116831"),
    "one": ("nine: 0.274340", "zero: 0.134192", "two: 0.101395"),
    "two": ("nine: 0.247368", "zero: 0.131015", "two: 0.128853"),
    "three": ("nine: 0.292353", "zero: 0.141663", "two: 0.123030"),
}
VALID = """0: top 1: 0.000000, top 3: 1.000000
1: top 1: 0.000000, top 3: 0.500000
2: top 1: 0.000000, top 3: 0.666667
3: top 1: 0.000000, top 3: 0.500000
"""


def picture(number: int, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    planes = (x * (number + 3)) % 256, (y * 5 + number * 40) % 256, (x * y // 7) % 256
    return np.stack(planes, axis=2).astype(np.uint8)


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    """A folder with a .data file, a network and four pictures whose names say their class."""
    monkeypatch.chdir(tmp_path)
    for number, (name, size_hw) in enumerate(SIZES_HW.items()):
        cv2.imwrite(f"{name}.png", picture(number, *size_hw)[..., ::-1])
    Path("labels.txt").write_text("\n".join(LABELS) + "\n")
    Path("valid.txt").write_text("".join(f"{name}.png\n" for name in SIZES_HW))
    Path("c.data").write_text("classes=10\nlabels=labels.txt\nvalid=valid.txt\ntop=3\n")
    return tmp_path


def classifier(verb: str, *words: object) -> int:
    files = "c.data", NET / "net.cfg", NET / "after_train.weights"
    return main(["classifier", verb, *map(str, (*files, *words))])


def test_predict_prints_the_c_programs_classes_and_digits(project, capsys):
    assert classifier("predict", *(f"{name}.png" for name in SIZES_HW)) == 0

    out = capsys.readouterr().out.splitlines()
    told = [line for line in out if "Predicted in" not in line]
    assert told == [line for name in SIZES_HW for line in PRINTED[name]]
    assert [line.split(":")[0] for line in out if "Predicted" in line] == [
        f"{name}.png" for name in SIZES_HW
    ]


def test_t_says_how_many_classes_are_printed(project, capsys):
    assert classifier("predict", "zero.png", "-t", 1) == 0

    assert capsys.readouterr().out.splitlines()[1:] == ["nine: 0.185493"]


def test_valid_prints_the_c_programs_line_after_each_picture(project, capsys):
    assert classifier("valid", "-json", "o.json") == 0

    out = capsys.readouterr().out
    assert VALID in out
    assert "4 pictures: top 1 0.00%, top 3 50.00%, mean of the classes 0.00%" in out
    assert "taken: zero for nine 1, one for nine 1" in out
    found = json.loads((project / "o.json").read_text())
    assert (found["pictures"], found["top1"], found["topk"], found["k"]) == (4, 0.0, 0.5, 3)
    assert found["confusion"][1][9] == 1


def test_a_picture_that_cannot_be_read_is_told_and_the_others_count(project, capsys):
    (project / "two.png").write_bytes(b"no picture")

    assert classifier("valid") == 2
    out = capsys.readouterr().out
    assert "two.png" in out
    assert "2: top 1: 0.000000, top 3: 0.333333" in out  # zero of zero, one and three
    assert classifier("predict", "two.png", "zero.png") == 2


def test_files_that_do_not_fit_are_refused(project, capsys):
    def said(data: str, verb: str = "valid") -> str:
        (project / "c.data").write_text(data)
        assert classifier(verb) == 2
        return capsys.readouterr().err

    assert "classes=7, but the last layer of" in said("classes=7\nlabels=labels.txt\n")
    assert "labels= missing" in said("classes=10\nvalid=valid.txt\n")
    (project / "few.txt").write_text("zero\none\n")
    assert "few.txt: 2 names, but the network has 10 classes" in said("labels=few.txt\n")
    (project / "odd.txt").write_text("".join(f"class{k}\n" for k in range(10)))
    message = "no path contains a label of labels=, such as zero.png"
    assert message in said("labels=odd.txt\nvalid=valid.txt\n")


def test_a_detectors_cfg_is_sent_to_the_detector(project, capsys):
    cfg = ROOT / "cfg/tabletop-tiny.cfg"

    assert main(["classifier", "valid", "c.data", str(cfg), "none.weights"]) == 2
    assert "detects boxes: use `darkpy detector`" in capsys.readouterr().err
