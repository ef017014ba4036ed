"""State dicts of PyTorch's YOLOs, made here from the architecture, become weights of a cfg.

The module `Reference` computes what the file's network would, with torch's own layers alone.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.console.cli import main
from darkpy.errors import WeightsError
from darkpy.events import Ended
from darkpy.importers.layer_match import matched
from darkpy.importers.state_dict import kernels_of, read_state_dict, usual_eps
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.verbs import import_weights as verb
from tests.conftest import ROOT

CFG = """[net]
width=32
height=32
channels=3
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky
[convolutional]
batch_normalize=1
filters=8
size=3
pad=1
activation=leaky
[convolutional]
filters=7
activation=linear
[yolo]
classes=2
anchors=8,8
num=1
[route]
layers=1
[convolutional]
batch_normalize=1
filters=4
size=1
activation=leaky
[convolutional]
filters=7
activation=linear
[yolo]
classes=2
anchors=8,8
num=1
"""


class Conv(nn.Module):
    """As YOLOv5 to v7 have it: conv and bn, eps 1e-3."""

    def __init__(self, c: int, n: int, size: int, step: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c, n, size, step, size // 2, bias=False)
        self.bn = nn.BatchNorm2d(n, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), 0.1)


class Branches(nn.Module):
    """YOLOv7's block before it is reparameterised: 3x3, 1x1 and nothing, added up."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.rbr_identity = nn.BatchNorm2d(c, eps=1e-3)
        self.rbr_dense = nn.Sequential(
            nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c, eps=1e-3)
        )
        self.rbr_1x1 = nn.Sequential(nn.Conv2d(c, c, 1, bias=False), nn.BatchNorm2d(c, eps=1e-3))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.rbr_dense(x) + self.rbr_1x1(x) + self.rbr_identity(x), 0.1)


class Vector(nn.Module):
    def __init__(self, size: int, around: float) -> None:
        super().__init__()
        self.implicit = nn.Parameter(around + 0.2 * torch.randn(1, size, 1, 1))


class Heads(nn.Module):
    """All heads together at the end, with what is added before and multiplied after."""

    def __init__(self, channels: tuple[int, ...], implicit: bool) -> None:
        super().__init__()
        self.m = nn.ModuleList(nn.Conv2d(c, 7, 1) for c in channels)
        self.ia = nn.ModuleList(Vector(c, 0) for c in channels if implicit)
        self.im = nn.ModuleList(Vector(7, 1) for _ in channels if implicit)

    def forward(self, inputs: list[Tensor]) -> list[Tensor]:
        if not len(self.ia):
            return [conv(x) for conv, x in zip(self.m, inputs, strict=True)]
        rows = zip(self.m, self.ia, self.im, inputs, strict=True)
        return [im.implicit * conv(x + ia.implicit) for conv, ia, im, x in rows]


class Reference(nn.Module):
    def __init__(self, *, branches: bool, implicit: bool) -> None:
        super().__init__()
        second = Branches(8) if branches else Conv(8, 8, 3)
        self.model = nn.ModuleList(
            [Conv(3, 8, 3, 2), second, Conv(8, 4, 1), Heads((8, 4), implicit)]
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        stem, second, narrow, heads = self.model
        x = stem(x)
        y = second(x)
        return heads([y, narrow(y)])


def reference(*, branches: bool = False, implicit: bool = False) -> Reference:
    torch.manual_seed(0)
    module = Reference(branches=branches, implicit=implicit)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias)
            nn.init.normal_(norm.running_mean)
            nn.init.uniform_(norm.running_var, 1e-3, 1)
    return module.eval()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.cfg").write_text(CFG)
    return tmp_path


def raw_heads(weights: str, images: Tensor) -> list[Tensor]:
    """What goes into the heads of a network with these weights."""
    network = Network.from_cfg("net.cfg").eval()
    load_weights(network, weights)
    with torch.no_grad():
        outputs = network.outputs(images)
    return [outputs[2], outputs[6]]


@pytest.mark.parametrize("branches", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
def test_a_file_of_yolov7s_kind_gives_the_same_numbers(branches, implicit, folder):
    """Heads at the end, three branches, vectors around the heads, an eps that is not Darknet's."""
    module = reference(branches=branches, implicit=implicit)
    torch.save({"model": module.state_dict(), "epoch": 3}, "net.pt")
    images = torch.rand(2, 3, 32, 32)

    lines = list(verb.run("net.pt", "net.cfg", "net.weights"))

    assert lines[0].startswith("net.weights: 5 layers of 5 from net.pt, by order and shape")
    assert "eps of its batch norms: 0.001" in lines[1]
    with torch.no_grad():
        wanted = module(images)
    for own, other in zip(raw_heads("net.weights", images), wanted, strict=True):
        torch.testing.assert_close(own, other, atol=1e-4, rtol=1e-4)


def test_a_fused_file_gives_the_same_numbers(folder):
    """Convolutions with biases alone: the cfg's batch norms become ones that change nothing."""
    module = reference()
    fused = OrderedDict()
    for kernel in kernels_of(module.state_dict(), 1e-3):
        weight, bias = kernel.without_norm()
        fused |= {f"{kernel.name}.weight": weight.float(), f"{kernel.name}.bias": bias.float()}
    torch.save(fused, "fused.pt")
    images = torch.rand(1, 3, 32, 32)

    list(verb.run("fused.pt", "net.cfg", "net.weights"))

    with torch.no_grad():
        wanted = module(images)
    for own, other in zip(raw_heads("net.weights", images), wanted, strict=True):
        torch.testing.assert_close(own, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cfg", ["yolov7-tiny", "yolov4-csp", "yolov4"])
def test_every_layer_of_a_large_cfg_finds_its_own_again(cfg):
    """A file in the cfg's order but with the heads at the end, as Scaled-YOLOv4's and v7's are."""
    with torch.device("meta"):
        network = Network.from_cfg(ROOT / "cfg" / f"{cfg}.cfg")
    layers = [layer for layer in network.layers if layer.plan.arrays]
    heads = [layer for layer in layers if layer.norm is None]
    ordered = [*(layer for layer in layers if layer.norm is not None), *heads]
    names = {id(layer): f"model.{n}.conv" for n, layer in enumerate(ordered)}
    kernels = kernels_of(
        {f"{names[id(layer)]}.weight": layer.conv.weight.detach() for layer in ordered}, 1e-3
    )

    found = matched(network, kernels)

    assert len(heads) == 3
    assert (len(found.pairs), found.empty, found.unused) == (len(layers), [], [])
    assert all(names[id(layer)] == kernel.name for layer, kernel in found.pairs)


def names_of_pytorch_yolov4() -> list[str]:
    """Its convolutions in the order of its modules, which is the cfg's, heads in their places."""
    names = [f"down1.conv{n}" for n in range(1, 9)]
    for stage, blocks in ((2, 2), (3, 8), (4, 8), (5, 4)):
        pairs = [(block, half) for block in range(blocks) for half in (0, 1)]
        names += [f"down{stage}.conv{n}" for n in (1, 2, 3)]
        names += [f"down{stage}.resblock.module_list.{block}.{half}" for block, half in pairs]
        names += [f"down{stage}.conv{n}" for n in (4, 5)]
    names += [f"neck.conv{n}" for n in range(1, 21)]
    return [f"{name}.conv.0" for name in (*names, *(f"head.conv{n}" for n in range(1, 19)))]


def test_pytorch_yolov4_s_own_names_find_their_layers():
    """The class itself, with random weights, gave outputs of up to 3.6 to within 5e-5."""
    with torch.device("meta"):
        network = Network.from_cfg(ROOT / "cfg" / "yolov4.cfg")
    layers = [layer for layer in network.layers if layer.plan.arrays]
    names = names_of_pytorch_yolov4()
    tensors: dict[str, Tensor] = {}
    for layer, name in zip(layers, names, strict=True):
        tensors[f"{name}.weight"] = layer.conv.weight.detach()
        if layer.norm is None:
            tensors[f"{name}.bias"] = layer.conv.bias.detach()
            continue
        norm = name.removesuffix("0") + "1"
        for field in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{norm}.{field}"] = torch.ones(layer.plan.out.c, device="cpu")

    found = matched(network, kernels_of(tensors, usual_eps(iter(tensors))))

    assert usual_eps(iter(tensors)) == 1e-5  # torch's own, which its batch norms have
    assert (len(found.pairs), found.empty, found.unused) == (110, [], [])
    by_layer = {layer.plan.index: kernel.name for layer, kernel in found.pairs}
    assert [by_layer[layer.plan.index] for layer in layers] == names


def test_heads_of_other_classes_begin_at_random_and_are_named(folder):
    state = reference().state_dict()
    for number in range(2):
        state[f"model.3.m.{number}.weight"] = torch.zeros(9, (8, 4)[number], 1, 1)
        state[f"model.3.m.{number}.bias"] = torch.zeros(9)
    torch.save(state, "net.pt")

    *lines, ended = verb.run("net.pt", "net.cfg", "net.weights")

    assert ended == Ended(1)
    assert lines[0].startswith("net.weights: 3 layers of 5 from net.pt")
    assert lines[2:6] == [
        "  layer 2 [convolutional] (net.cfg:18) begins at random",
        "  layer 6 [convolutional] (net.cfg:32) begins at random",
        "  model.3.m.0 (9, 8, 1, 1) fits nowhere",
        "  model.3.m.1 (9, 4, 1, 1) fits nowhere",
    ]


def test_a_file_with_objects_is_not_opened(folder, capsys):
    """A whole model is pickled code; status 2, and how to get the state dict out of it."""
    torch.save({"model": reference()}, "whole.pt")

    status = main(["import", "weights", "whole.pt", "net.cfg", "net.weights"])

    assert status == 2
    assert "holds Python objects, which could run code" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["no weights", "version https://git-lfs.github.com/spec/v1"])
def test_a_text_is_not_said_to_hold_objects(folder, capsys, content):
    Path("text.pt").write_text(content)

    assert main(["import", "weights", "text.pt", "net.cfg", "net.weights"]) == 2
    assert "text.pt: is no file of torch.save" in capsys.readouterr().err
    assert not Path("net.weights").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"a": torch.zeros(3)}, "holds no convolution: 1 tensors, none of 4 sides"),
        ([torch.zeros(3)], "holds no state dict but a list"),
    ],
)
def test_other_files_are_said_to_be_so(content, sentence, folder):
    torch.save(content, "other.pt")

    with pytest.raises(WeightsError, match=sentence):
        read_state_dict("other.pt")


def test_a_file_that_is_none_is_said_to_be_none(folder):
    Path("text.pt").write_text("no weights at all")

    with pytest.raises(WeightsError, match=r"text.pt: "):
        read_state_dict("text.pt")
    with pytest.raises(WeightsError, match=r"lost.pt: does not exist"):
        read_state_dict("lost.pt")


def test_the_eps_goes_by_the_names():
    assert usual_eps(iter(["model.0.conv.weight"])) == 1e-3
    assert usual_eps(iter(["module_list.0.Conv2d.weight"])) == 1e-4
    assert usual_eps(iter(["down1.conv1.conv.0.weight"])) == 1e-5


def test_import_alone_is_still_for_data_sets(capsys):
    assert main(["import", "--help"]) == 0
    assert "darkpy import <format> <source> <out>" in capsys.readouterr().out
    assert main(["import", "weights", "--help"]) == 0
    assert "darkpy import weights <source> <cfg> <out>" in capsys.readouterr().out
