"""`darkpy export onnx`, as a user types it."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from darkpy.console.cli import main
from darkpy.errors import DarkpyError, UsageError
from darkpy.events import Ended, Progress
from darkpy.flags.export import OnnxFlags
from darkpy.verbs.export import onnx as verb

onnx = pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")


@pytest.fixture
def words(shared, tmp_path, monkeypatch):
    """Data, cfg and weights of a trained network."""
    monkeypatch.chdir(tmp_path)
    folder = shared / "real" / "bccd"
    return [str(folder / name) for name in ("bccd.data", "bccd-tiny.cfg", "bccd-tiny.weights")]


def said(events) -> list[str]:
    return [str(event) for event in events if not isinstance(event, Progress)]


@pytest.mark.slow
def test_a_file_is_tried_and_written(words, tmp_path):
    lines = said(verb.run(*words, pictures=4))

    assert lines[-1] == "bccd-tiny.onnx: written"
    assert [path.name for path in tmp_path.iterdir()] == ["bccd-tiny.onnx"]
    told = "\n".join(lines)
    assert "mAP@0.50 on 4 pictures" in told
    assert "stretched, as Darknet does" in told
    assert "onnxruntime" in told
    assert "OpenCV" in told


@pytest.mark.slow
def test_a_file_that_moves_the_map_is_kept_under_another_name(words, tmp_path, monkeypatch, capsys):
    right = verb.exported

    def wrong(*given):
        model = right(*given)
        first = model.graph.initializer[0]
        kernels = onnx.numpy_helper.to_array(first)[:, ::-1].copy()
        first.CopyFrom(onnx.numpy_helper.from_array(kernels, first.name))
        return model

    monkeypatch.setattr(verb, "exported", wrong)

    status = main(["export", "onnx", *words, "-pictures", "4"])

    assert status == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bccd-tiny.onnx.rejected"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("refused: its numbers deviate by more than 0.001")
    assert last.endswith("The file is kept as bccd-tiny.onnx.rejected")


@pytest.mark.slow
def test_a_data_file_without_lists_is_tried_on_noise(words, tmp_path):
    data = tmp_path / "some.data"
    data.write_text("classes=3\n")

    lines = said(verb.run(str(data), *words[1:], size="96x64", batch="2"))

    assert "no pictures: this says that the file computes the same, not what its mAP is" in lines
    assert lines[-1] == "bccd-tiny.onnx: written"
    shape = onnx.load(tmp_path / "bccd-tiny.onnx").graph.input[0].type.tensor_type.shape
    assert [side.dim_value for side in shape.dim] == [2, 3, 64, 96]


def test_a_classifier_gives_its_numbers(shared, tmp_path):
    folder = shared / "golden" / "classifier"
    data = tmp_path / "some.data"
    data.write_text("classes=4\n")
    out = tmp_path / "classes.onnx"

    lines = said(
        verb.run(str(data), str(folder / "net.cfg"), str(folder / "net.weights"), out=str(out))
    )

    assert lines[-1] == f"{out}: written"
    assert not any(isinstance(line, Ended) for line in lines)


def test_a_classifier_is_tried_on_pictures_by_the_order_of_its_classes(shared, tmp_path):
    folder = shared / "golden" / "classifier"
    for number, name in enumerate(("ant", "bee", "cat")):
        path = tmp_path / f"{name}.png"
        pixels = np.random.default_rng(number).integers(0, 255, (40, 50, 3), np.uint8)
        assert cv2.imwrite(str(path), pixels)
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\nelk\n")
    (tmp_path / "valid.txt").write_text("ant.png\nbee.png\ncat.png\n")
    data = tmp_path / "some.data"
    data.write_text("classes=4\nlabels=labels.txt\nvalid=valid.txt\n")
    files = [str(data), str(folder / "net.cfg"), str(folder / "net.weights")]
    out = tmp_path / "classes.onnx"

    lines = said(verb.run(*files, out=str(out), batch="2"))

    assert any("largest deviation on 3 pictures, of each its middle" in line for line in lines)
    assert (
        "the likeliest class is the same for 3 of 3 pictures, the 5 likeliest classes for 3"
        in lines
    )
    (shares,) = [line for line in lines if line.startswith("top 1 on 3 pictures")]
    assert shares.endswith("(+0.00)")
    assert lines[-1] == f"{out}: written"


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_the_remedy(missing, words, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(DarkpyError, match=f"the package {missing} cannot be loaded .*pip install"):
        said(verb.run(*words, pictures=1))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"batch": "0"}, "-batch 0 is neither dynamic nor a number from 1 to 4096"),
        ({"size": "416"}, "-size 416 is neither dynamic nor width x height in px"),
        ({"opset": 11}, "-opset 11 is too old; 12 is the least"),
    ],
)
def test_what_cannot_be_is_said(flags, sentence):
    with pytest.raises(UsageError, match=sentence):
        OnnxFlags(**flags)


def test_sizes_are_width_first():
    asked = OnnxFlags(size="320x256", batch="dynamic")

    assert (asked.wh, asked.pictures_at_once) == ((320, 256), None)
    assert np.prod(OnnxFlags(size="dynamic").wh) == 0
