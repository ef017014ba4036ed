"""`darkpy export torchscript`: a file that torch alone loads and that finds what darkpy finds."""

from __future__ import annotations

import io

import pytest
import torch

from darkpy.errors import UsageError
from darkpy.events import Progress
from darkpy.verbs.export import torchscript as verb


@pytest.fixture
def words(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = shared / "real" / "bccd"
    return [str(folder / name) for name in ("bccd.data", "bccd-tiny.cfg", "bccd-tiny.weights")]


def said(events) -> list[str]:
    return [str(event) for event in events if not isinstance(event, Progress)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "name"),
    [({}, "bccd-tiny.torchscript.pt"), ({"program": True, "batch": "2"}, "bccd-tiny.pt2")],
)
def test_a_file_is_tried_and_written(flags, name, words, tmp_path):
    lines = said(verb.run(*words, pictures=4, **flags))

    assert lines[-1] == f"{name}: written"
    (table,) = [line for line in lines if "stretched, as Darknet does" in line]
    own, theirs = (float(word) for word in table.replace("%", " ").split()[-3:-1])
    assert own == pytest.approx(theirs, abs=0.01)
    assert own > 50


@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated")
def test_torchscript_has_no_batch_norm_left(shared):
    from darkpy.export.torch_file import torchscript
    from darkpy.model.network import Network

    network = Network.from_cfg(shared / "real" / "bccd" / "bccd-tiny.cfg").eval()
    module = torch.jit.load(io.BytesIO(torchscript(network, 1)))

    assert "batch_norm" not in str(module.graph)
    assert module(torch.rand(1, *network.plan.input)).shape == (1, 7, 3 * (14**2 + 28**2))


def test_any_size_is_for_onnx(words):
    with pytest.raises(UsageError, match="traced at one size and batch; dynamic is for ONNX"):
        said(verb.run(*words, size="dynamic"))
