"""The chapter on a classifier's classes, and the whole of `doctor` on one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from darkpy.cfg.data import DataOptions
from darkpy.data.classes import read_class_dataset
from darkpy.doctor.classes import class_chapter
from darkpy.doctor.pictures import Examined
from darkpy.doctor.report import NOTE, WARNING
from tests.commands import outcome
from tests.doctor.patients import said, scanned, write_picture

NAMES = "red", "green", "blue"
CFG = """[net]
batch=4
subdivisions=2
width=16
height=16
channels=3
max_batches=20
[convolutional]
filters=3
size=3
stride=8
pad=1
activation=leaky
[avgpool]
[softmax]
"""


@pytest.fixture
def listed(tmp_path, monkeypatch) -> Callable[..., Examined]:
    """A list of pictures of these names, each of another grey level."""
    monkeypatch.chdir(tmp_path)
    levels = iter(range(250))

    def make(names: list[str], role: str = "train") -> Examined:
        for name in names:
            write_picture(Path(f"{name}.png"), next(levels))
        Path(f"{role}.txt").write_text("".join(f"{name}.png\n" for name in names))
        options = DataOptions(Path("obj.data"))
        dataset = read_class_dataset(f"{role}.txt", options, NAMES, 0.0)
        return Examined(role, dataset, scanned(dataset))

    return make


def test_pictures_of_each_class_are_counted_the_largest_first(listed):
    chapter = class_chapter([listed(["green_1", "red_1", "green_2", "blue_1"])], NAMES)

    assert chapter.lines == ("train: 3 classes: green 2, red 1, blue 1",)
    assert chapter.facts == {"train": {"red": 1, "green": 2, "blue": 1}}
    assert said(chapter) == []


def test_what_paths_do_not_say_or_say_twice_is_named(listed):
    chapter = class_chapter([listed(["red", "green", "blue", "odd", "red_green"])], NAMES)

    (one, two) = chapter.remarks
    assert (one.severity, one.places) == (WARNING, ("odd.png",))
    assert one.text.startswith("train.txt: 1 of 5 paths contain no label, such as odd.png")
    assert (two.severity, two.places) == (WARNING, ("red_green.png",))
    assert "contain several labels, such as red_green.png (red, green)" in two.text


def test_classes_without_pictures(listed):
    lists = [listed(["red_1", "green_1"]), listed(["red_2"], "valid")]

    assert said(class_chapter(lists, NAMES)) == [
        (WARNING, "1 class of 3 have no train picture and cannot be learnt"),
        (NOTE, "2 classes of 3 have no valid picture and are not measured"),
    ]


@pytest.mark.parametrize(("reds", "told"), [(9, False), (10, True)])
def test_ten_times_as_many_are_uneven(listed, reds, told):
    chapter = class_chapter(
        [listed([*(f"red_{i}" for i in range(reds)), "green_1", "blue_1"])], NAMES
    )

    assert any("uneven classes" in text for _, text in said(chapter)) is told


def test_many_classes_are_cut(listed):
    names = tuple(f"kind{i}_" for i in range(9))
    pictures = listed(["red"])
    Path("many.txt").write_text("".join(f"{name}.png\n" for name in names))
    for number, name in enumerate(names):
        write_picture(Path(f"{name}.png"), number)
    dataset = read_class_dataset("many.txt", DataOptions(Path("obj.data")), names, 0.0)

    (line,) = class_chapter([Examined("train", dataset, pictures.scan)], names).lines

    assert line == (
        "train: 9 classes: kind0_ 1, kind1_ 1, kind2_ 1, ..., kind6_ 1, kind7_ 1, kind8_ 1"
    )


def _project(listed) -> None:
    listed([f"{name}_{i}" for name in NAMES for i in range(3)])
    listed([f"{name}_9" for name in NAMES], "valid")
    Path("labels.txt").write_text("red\ngreen\nblue\n")
    lines = "classes=3\ntrain=train.txt\nvalid=valid.txt\nlabels=labels.txt\nbackup=.\n"
    Path("obj.data").write_text(lines)
    Path("my.cfg").write_text(CFG)


def test_a_classifier_s_project_is_examined_to_the_end(listed, capsys):
    _project(listed)

    status, out, err = outcome(capsys, ["doctor", "obj.data", "my.cfg", "-nogpu", "-quick"])

    assert status == 0, out + err
    assert "3 classes: red, green, blue" in out
    assert "valid: 3 classes: red 1, green 1, blue 1" in out
    assert "memory of a training at 16x16, mini-batch 2" in out
    assert out.splitlines()[-1] == "GO: the time was not measured"


def test_labels_that_are_too_few_stop_it(listed, capsys):
    _project(listed)
    Path("labels.txt").write_text("red\ngreen\n")

    status, out, _ = outcome(capsys, ["doctor", "obj.data", "my.cfg", "-nogpu", "-quick"])

    assert status == 2
    assert "NO-GO" in out.splitlines()[-1]
    assert "labels.txt: 2 names, but the network has 3 classes" in out


def test_a_text_model_is_no_classifier_of_pictures(listed, capsys):
    _project(listed)
    net = "[net]\ninputs=8\nbatch=4\ntime_steps=2\nmax_batches=9\n"
    text = f"{net}[gru]\noutput=3\n[softmax]\n[cost]\n"
    Path("my.cfg").write_text(text)

    why = "my.cfg: inputs=8 without width=, height= and channels= are numbers, not pictures"
    status, out, _ = outcome(capsys, ["doctor", "obj.data", "my.cfg", "-nogpu"])
    assert (status, why in out) == (2, True)
    instead = "With these keys in its place recurrent layers learn from frames of films"
    for domain in ("classifier", "detector"):
        status, _, err = outcome(capsys, [domain, "train", "obj.data", "my.cfg", "-nogpu"])
        assert (status, why in err, instead in err) == (2, True, True)
    _, out, _ = outcome(capsys, ["check", "my.cfg"])
    assert instead in out
    assert "for `darkpy classifier`" not in out
