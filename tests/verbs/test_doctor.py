"""`darkpy doctor`: from files to the last line, without touching anything."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from darkpy.console.cli import main
from darkpy.machine.opencv import cv2
from tests.doctor.patients import NET

CFG = NET.replace("width=64", "width=32")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Six good pictures for train=, two for valid=, in the working directory; short measuring."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("darkpy.doctor.speed.LOADER_SECONDS", 0.01)
    monkeypatch.setattr("darkpy.doctor.speed.NETWORK_SECONDS", 0.01)
    Path("images").mkdir()
    rng = np.random.default_rng(0)
    for number in range(8):
        pixels = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        assert cv2.imwrite(f"images/{number}.jpg", pixels)
        Path(f"images/{number}.txt").write_text("0 .5 .5 .25 .25\n1 .4 .4 .6 .6\n")
    Path("train.txt").write_text("".join(f"images/{number}.jpg\n" for number in range(6)))
    Path("valid.txt").write_text("images/6.jpg\nimages/7.jpg\n")
    Path("obj.names").write_text("cat\ndog\n")
    Path("obj.data").write_text(
        "classes=2\ntrain=train.txt\nvalid=valid.txt\nnames=obj.names\nbackup=backup\n"
    )
    Path("my.cfg").write_text(CFG)
    return tmp_path


@pytest.fixture
def doctor(capsys):
    """Run it; gives exit status and the lines on the screen."""

    def run(*flags: str) -> tuple[int, list[str]]:
        status = main(["doctor", "obj.data", "my.cfg", "-nogpu", "-threads", "0", *flags])
        return status, capsys.readouterr().out.splitlines()

    return run


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder, and the names of the folders."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def test_a_good_project_is_go_with_its_hours(doctor):
    status, lines = doctor()

    assert status == 0
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles[:-1] == ["files", "pictures", "labels", "boxes", "machine", "speed"]
    assert lines[-1] == "GO: about 1 minute"


def test_nothing_is_written_or_changed(doctor, project):
    Path("images/1.jpg").write_bytes(b"broken")
    Path("images/2.txt").write_text("9 .5 .5 .1 .1\n")
    Path("images/3.txt").unlink()
    before = contents(project)

    doctor()
    doctor("-quick", "-json", "-")

    assert contents(project) == before


def test_every_fault_is_named_with_its_place(doctor):
    whole = Path("images/0.jpg").read_bytes()
    Path("images/0.jpg").write_bytes(whole[:-300])
    Path("images/1.jpg").write_bytes(b"this is no picture")
    Path("images/6.jpg").write_bytes(Path("images/2.jpg").read_bytes())
    Path("images/2.txt").write_text("0 .5 .5 .25 .25\n" * 2 + "1 .4 .4 .6 .6\n" * 20)
    Path("images/3.txt").write_text("0 .5 .5 .25 .25\n5 .5 .5 .1 .1\n")
    Path("images/4.txt").unlink()
    status, lines = doctor("-quick", "-all")

    assert status == 0
    for line in (
        "  warning: 2 of 6 train pictures are broken; training replaces them by other draws",
        "    images/0.jpg: is cut off: the JPEG has no end mark; restore it",
        "    images/1.jpg: cannot be decoded; is it a JPEG, PNG or BMP?",
        "    images/6.jpg = images/2.jpg",
        "    images/4.jpg: no images/4.txt and no labels/4.txt",
        "    images/3.txt:2: class 5 does not exist; classes=2 allows 0 to 1",
        "    images/2.txt:2: the same box as in line 1; delete one of them",
        "    images/2.txt:22: the same box as in line 3; delete one of them",
    ):
        assert line in lines
    assert lines[-1] == "GO: 5 warnings, the time was not measured"


def test_warnings_are_an_exit_status_for_those_who_ask(doctor):
    Path("images/4.txt").unlink()

    assert doctor("-quick")[0] == 0
    assert doctor("-quick", "-strict")[0] == 1


def test_a_broken_cfg_is_no_go_and_the_pictures_are_looked_at_all_the_same(doctor):
    Path("my.cfg").write_text(CFG.replace("filters=14", "filters=15"))
    Path("images/1.jpg").write_bytes(b"this is no picture")
    status, lines = doctor()

    assert status == 2
    assert "    images/1.jpg: cannot be decoded; is it a JPEG, PNG or BMP?" in lines
    assert lines[-1].startswith("NO-GO: my.cfg:9: [yolo] (line 14) with classes=2")


def test_memory_is_looked_at_even_where_the_classes_do_not_agree(doctor):
    Path("obj.data").write_text(Path("obj.data").read_text().replace("classes=2", "classes=3"))
    status, lines = doctor()

    assert status == 2
    assert "machine" in lines
    assert "speed" not in lines


def test_a_missing_train_list_is_no_go(doctor):
    Path("train.txt").unlink()
    status, lines = doctor()

    assert status == 2
    assert lines[-1].startswith("NO-GO: obj.data:2: train=train.txt does not exist")


def test_a_missing_data_file_is_no_go(doctor):
    Path("obj.data").unlink()
    status, lines = doctor()

    assert status == 2
    assert lines[-1].startswith("NO-GO: obj.data: the .data file does not exist")


def test_too_little_memory_is_no_go_before_anything_is_measured(doctor, monkeypatch):
    monkeypatch.setattr("darkpy.doctor.machine.available_bytes", lambda: 1000)
    status, lines = doctor()

    assert status == 2
    assert "speed" not in lines
    assert lines[-1].startswith("NO-GO: not enough memory")


@pytest.mark.parametrize("problem", [MemoryError(), RuntimeError("out of\nmemory")])
def test_a_training_step_that_fails_is_no_go(doctor, monkeypatch, problem):
    def fails(*_, **__):
        raise problem

    monkeypatch.setattr("darkpy.doctor.examination.measure_speed", fails)
    status, lines = doctor()

    assert status == 2
    assert lines[-1] in (
        "NO-GO: a training step fails: " + text for text in ("MemoryError()", "out of")
    )


def test_weights_are_looked_at(doctor):
    Path("my.weights").write_bytes(b"<html>" * 20)
    status, lines = doctor("my.weights", "-quick")

    assert status == 2
    assert lines[-1].startswith("NO-GO: my.weights: this is a web page")


def test_the_json_holds_what_the_text_says(doctor, capsys):
    Path("images/1.jpg").write_bytes(b"this is no picture")
    status, lines = doctor("-json", "-")

    data = json.loads("\n".join(lines))
    assert status == 0
    assert data["verdict"] == "GO"
    assert data["hours"] > 0
    pictures = data["chapters"]["pictures"]
    assert pictures["facts"]["train"]["faulty"] == 1
    assert pictures["remarks"][0]["places"] == [
        "images/1.jpg: cannot be decoded; is it a JPEG, PNG or BMP?"
    ]
    assert data["chapters"]["labels"]["facts"]["train"]["boxes_of_class"] == [6, 6]


def test_the_json_goes_to_a_file_beside_the_text(doctor):
    _, lines = doctor("-quick", "-json", "report.json")

    assert lines[-1].startswith("GO")
    assert json.loads(Path("report.json").read_text())["verdict"] == "GO"


def test_one_list_for_both_is_said(doctor):
    Path("obj.data").write_text("classes=2\ntrain=train.txt\nnames=obj.names\n")
    _, lines = doctor("-quick")

    assert any("no valid=: the pictures of train= are measured instead" in line for line in lines)
