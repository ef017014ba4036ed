"""The chapter on .data, .names, .cfg and .weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkpy.doctor.project import open_files
from darkpy.doctor.report import NOTE, STOP, WARNING
from darkpy.model.network import Network
from darkpy.model.weights import save_weights
from tests.doctor.patients import NET, said


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A project with a picture in each list; it is not looked at here."""
    monkeypatch.chdir(tmp_path)
    for role in ("t", "v"):
        Path(f"{role}.jpg").write_bytes(b"")
        Path(f"{role}.txt").write_text(f"{role}.jpg\n")
    Path("my.cfg").write_text(NET)
    Path("obj.names").write_text("cat\ndog\n")
    Path("obj.data").write_text("classes=2\ntrain=t.txt\nvalid=v.txt\nnames=obj.names\n")


def opened(weights=""):
    return open_files("obj.data", "my.cfg", weights)


def blamed(weights=""):
    """Severity and text of all remarks but notes."""
    return [remark for remark in said(opened(weights).chapter) if remark[0] != NOTE]


def change(path, old, new):
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def weights(seen, layers=None):
    save_weights(Network.from_cfg("my.cfg"), "my.weights", seen, layers=layers)


def test_a_good_project_is_described():
    found = opened()

    assert found.chapter.lines == (
        "my.cfg: 2 layers, 0.000 BFLOPs, 64x32x3, batch 4 in 2, 20 iterations",
        "2 classes: cat, dog",
    )
    assert not any("pictures for train=" in text for _, text in said(found.chapter))
    assert blamed() == []
    assert found.network is not None
    assert (found.classes, found.first) == (2, 0)


def test_all_mistakes_of_a_cfg_are_one_reason_with_their_lines():
    change("my.cfg", "filters=14", "filters=abc")
    change("my.cfg", "num=2", "num=two")
    found = opened()

    assert found.plan is None
    remark = found.chapter.remarks[0]
    assert (remark.severity, remark.text) == (STOP, "my.cfg: 2 errors")
    assert "my.cfg:17: [yolo] num=two is not int" in remark.places
    assert "my.cfg:9: [convolutional] filters=abc is not int" in remark.places


def test_a_single_mistake_is_the_reason_itself():
    change("my.cfg", "filters=14", "filters=15")

    ((severity, text),) = blamed()
    assert severity == STOP
    assert text.startswith("my.cfg:9: [yolo] (line 14)")
    assert "needs filters=14" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_batches=20", "", "max_batches=0"),
        ("batch=4\nsubdivisions=2", "batch=1", "batch=1 is for testing"),
        ("channels=3", "channels=3\nmosaic=1\nletter_box=1", "exclude each other"),
    ],
)
def test_what_training_refuses_is_no_go(old, new, words):
    change("my.cfg", old, new)

    assert any(severity == STOP and words in text for severity, text in said(opened().chapter))


def test_classes_and_names_must_agree():
    change("obj.data", "classes=2", "classes=3")
    Path("obj.names").write_text("cat\n")

    assert blamed() == [
        (STOP, "obj.data:1: classes=3, but my.cfg:18 has classes=2; they must be the same"),
        (WARNING, "obj.names: 1 name, but the cfg has classes=2; a name for each class is needed"),
    ]


def test_a_missing_data_file_leaves_the_cfg_to_be_read():
    Path("obj.data").unlink()
    found = opened()

    assert found.data is None
    assert found.plan is not None
    assert said(found.chapter)[0][0] == STOP


def test_a_network_without_a_head_is_no_go():
    Path("my.cfg").write_text(NET[: NET.index("[yolo]")])

    assert (STOP, "my.cfg: no detection layer such as [yolo]") in said(opened().chapter)


def test_weights_say_where_training_goes_on():
    weights(seen=5 * 4)
    found = opened("my.weights")

    assert found.first == 5
    assert any("20 pictures (5 iterations)" in text for _, text in said(found.chapter))


def test_weights_of_a_finished_training_begin_at_zero():
    weights(seen=20 * 4)
    found = opened("my.weights")

    assert found.first == 0
    places = [place for remark in found.chapter.remarks for place in remark.places]
    assert any("was trained for 20 iterations, and max_batches=20" in place for place in places)


def test_weights_that_do_not_fit_are_no_go():
    weights(seen=0)
    raw = Path("my.weights").read_bytes()
    Path("my.weights").write_bytes(raw[:-6])

    assert [severity for severity, _ in blamed("my.weights")] == [STOP]


def test_weights_that_are_not_finite_are_no_go():
    weights(seen=0)
    raw = bytearray(Path("my.weights").read_bytes())
    raw[-4:] = np.float32(np.nan).tobytes()
    Path("my.weights").write_bytes(bytes(raw))

    ((severity, text),) = blamed("my.weights")
    assert severity == STOP
    assert text.startswith(
        "my.weights: 1 of 392 values of layer 0 [convolutional] (my.cfg:8) is not"
    )
