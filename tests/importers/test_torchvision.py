"""State dicts of torchvision give torchvision's numbers: tests/oracle/torchvision_nets."""

from __future__ import annotations

import json

import pytest
import torch

from darkpy.cfg.reader import read_cfg
from darkpy.cfg.sized import at_size
from darkpy.console.cli import main
from darkpy.events import Ended
from darkpy.importers.torchvision import torchvision_kernels
from darkpy.inference.suppression import thinned
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.planning.network import plan_network
from darkpy.verbs import import_torchvision as verb
from tests.conftest import ROOT
from tests.importers.torchvision_like import calm_state_of, pictures, state_of

ORACLE = json.loads((ROOT / "tests/oracle/torchvision_nets/nets.json").read_text())
CLASSIFIERS = {"mobilenet_v2": "mobilenetv2", "resnet50": "resnet50"}


def network_with(cfg: str, weights: str, side: int) -> Network:
    text = read_cfg(ROOT / "cfg" / f"{cfg}.cfg")
    network = Network(plan_network(at_size(text, (side, side)))).eval()
    load_weights(network, weights)
    return network


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("net", CLASSIFIERS)
def test_a_classifier_gives_torchvisions_logits(net, folder):
    torch.save(state_of(net), "net.pth")

    lines = list(verb.run("net.pth", CLASSIFIERS[net], "net.weights"))

    count = {"resnet50": 54, "mobilenet_v2": 53}[net]
    assert lines[0].startswith(f"net.weights: {count} layers of {count} from net.pth")
    network = network_with(CLASSIFIERS[net], "net.weights", ORACLE[net]["side"])
    with torch.no_grad():
        logits = network.outputs(pictures(ORACLE[net]["side"]))[-2].flatten(1)
    wanted = torch.tensor(ORACLE[net]["every_37th"])
    torch.testing.assert_close(logits[:, ::37], wanted, rtol=1e-4, atol=1e-4)
    sums = torch.tensor(ORACLE[net]["abs_sums"])
    torch.testing.assert_close(logits.abs().sum(dim=1), sums, rtol=1e-5, atol=0)


def head_rows(network: Network, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (N, classes) and boxes (N, 4) of a picture, cell by cell and anchor by anchor."""
    with torch.no_grad():
        outputs = network.outputs(images)
    scores, boxes = [], []
    for head in network.plan.detecting:
        o = head.options
        before = outputs[head.sources[0]][0].flatten(1).T
        if o.layout == "split":
            scores.append(before[:, : -4 * o.num].reshape(-1, o.classes))
            boxes.append(before[:, -4 * o.num :].reshape(-1, 4))
        else:
            rows = before.reshape(len(before) * o.num, -1)
            scores.append(rows[:, 4:])
            boxes.append(rows[:, :4])
    return torch.cat(scores), torch.cat(boxes)


DETECTORS = {
    "ssd300_vgg16": ("ssd300-vgg16-voc", 29, 8732),
    "retinanet_resnet50_fpn": ("retinanet-resnet50-fpn", 71, 3069),
}


@pytest.mark.slow
@pytest.mark.parametrize("net", DETECTORS)
def test_a_detector_gives_what_torchvisions_heads_give(net, folder):
    cfg, layers, anchors = DETECTORS[net]
    wanted = ORACLE[net]
    torch.save(state_of(net), "net.pth")

    lines = list(verb.run("net.pth", cfg, "net.weights"))

    assert lines[0].startswith(f"net.weights: {layers} layers of {layers} from net.pth")
    assert len(lines) == 2
    network = network_with(cfg, "net.weights", wanted["side"])
    scores, boxes = head_rows(network, pictures(wanted["side"])[:1])
    assert len(scores) == len(boxes) == anchors
    for found, name in ((scores, "scores"), (boxes, "boxes")):
        rows = torch.tensor(wanted[f"every_997th_{name}"])
        # the sums of a layer are as large as the largest of its values
        size = rows.abs().max().item()
        torch.testing.assert_close(found[::997], rows, rtol=1e-4, atol=1e-4 * max(1, size))
        assert found.double().abs().sum().item() == pytest.approx(
            wanted[f"{name}_abs_sum"], rel=1e-5
        )


TORCHVISIONS_ANCHORS = {
    30: "21",
    60: "45",
    111: "99",
    162: "153",
    213: "207",
    264: "261",
    315: "315",
}
RULES = "pre_nms_per=class\npost_nms=200\nclip_anchors=sizes"  # of its SSD


def as_torchvisions(text: str) -> str:
    """The cfg of SSD with torchvision's anchors and suppression in place of GluonCV's."""
    lines = []
    for line in text.splitlines():
        if line.startswith("sizes="):
            sizes = (int(size) for size in line.removeprefix("sizes=").split(","))
            line = "sizes=" + ",".join(TORCHVISIONS_ANCHORS[size] for size in sizes)
        lines.append(line)
    return "\n".join([*lines, RULES, ""])


@pytest.mark.slow
@pytest.mark.parametrize("net", DETECTORS)
def test_a_detector_finds_what_torchvisions_finds(net, folder):
    """Picture to boxes: its own mean and deviation, backbone, heads, anchors, suppression."""
    wanted = ORACLE[net]["detections"]
    torch.save(calm_state_of(net), "net.pth")
    text = (ROOT / "cfg" / f"{DETECTORS[net][0]}.cfg").read_text()
    ssd = net.startswith("ssd")
    (folder / "net.cfg").write_text(as_torchvisions(text) if ssd else text)
    list(verb.run("net.pth", "net.cfg", "net.weights"))
    side = ORACLE[net]["side"]
    network = Network(plan_network(at_size(read_cfg("net.cfg"), (side, side)))).eval()
    load_weights(network, "net.weights")

    with torch.no_grad():
        found = network.offered(pictures(side)[:1], 0.0)
    rule = list(network.detecting.values())[-1].suppression
    probs = found.objectness[:, None] * found.probs
    probs = probs.masked_fill(probs <= rule.least, 0)
    probs = thinned(found.boxes, probs, found.picture, rule, rule.threshold)

    row, label = probs.nonzero(as_tuple=True)
    scores, order = probs[row, label].sort(descending=True, stable=True)
    assert len(scores) == wanted["count"]
    torch.testing.assert_close(scores[:60], torch.tensor(wanted["score"]), rtol=0, atol=1e-4)
    # SSD's label 0 is the background
    assert (label[order[:60]] + ssd).tolist() == wanted["label"]
    cx, cy, w, h = (found.boxes[row[order[:60]]] * side).unbind(1)
    corners = torch.stack((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), dim=1)
    boxes = torch.tensor(wanted["boxes_px_xyxy"])
    torch.testing.assert_close(corners, boxes, rtol=1e-5, atol=1e-3)


@pytest.mark.slow
def test_the_first_layers_of_ssd_are_those_of_vgg16(folder):
    """13 convolutions of features; its matrices fit nowhere, and SSD's other layers are new."""
    state = {
        name.removeprefix("backbone.").replace("extra.0.1", "features.24"): tensor
        for name, tensor in state_of("ssd300_vgg16").items()
        if ".features." in name or ".extra.0.1" in name
    }
    torch.save(state, "vgg16.pth")

    *lines, ended = verb.run("vgg16.pth", "ssd300-vgg16-voc", "net.weights")

    assert ended == Ended(1)
    assert lines[0].startswith("net.weights: 11 layers of 29 from vgg16.pth")
    network = network_with("ssd300-vgg16-voc", "net.weights", 300)
    for index, place in ((0, 0), (12, 21), (14, 24)):
        assert torch.equal(network.layers[index].conv.weight, state[f"features.{place}.weight"])


@pytest.mark.parametrize(
    ("name", "background"),
    [("head.classification_head.cls_logits", 0), ("head.classification_head.module_list.0", 1)],
)
def test_of_cocos_91_numbers_the_80_classes_are_picked(name, background):
    """Two anchors of 91 rows, each row holds its own number, the second anchor's 100 more.

    person is 1, traffic light 10, fire hydrant 11, stop sign 13, toothbrush 90.
    """
    numbers = torch.cat([torch.arange(91.0), 100 + torch.arange(91.0)])
    state = {f"{name}.weight": numbers.view(-1, 1, 1, 1), f"{name}.bias": numbers}

    (picked,) = torchvision_kernels(state, 1e-5, 80)

    anchors = picked.bias.reshape(2, -1)
    assert anchors.shape == (2, 80 + background)
    classes = anchors[:, background:]
    assert [classes[0, k].item() for k in (0, 9, 10, 11, 79)] == [1, 10, 11, 13, 90]
    assert torch.equal(classes[1], classes[0] + 100)
    assert torch.equal(picked.weight.flatten(), picked.bias)
    assert len(torchvision_kernels(state, 1e-5, 91)[0].bias) == 182


def test_what_is_missing_is_named_and_begins_at_random(folder):
    state = state_of("mobilenet_v2")
    state["classifier.1.weight"] = state["classifier.1.weight"][:7]
    state["classifier.1.bias"] = state["classifier.1.bias"][:7]
    torch.save(state, "net.pth")

    *lines, ended = verb.run("net.pth", "mobilenetv2", "net.weights")

    assert ended == Ended(1)
    assert lines[0].startswith("net.weights: 52 layers of 53")
    assert lines[-1] == "  classifier.1 (7, 1280, 1, 1) fits nowhere"
    assert lines[-2].startswith("  layer 64 [convolutional]")
    assert lines[-2].endswith("begins at random")


def test_a_cfg_without_mean_and_deviation_is_told(folder, capsys):
    text = (ROOT / "cfg/mobilenetv2.cfg").read_text()
    (folder / "plain.cfg").write_text("\n".join(x for x in text.splitlines() if "std=" not in x))
    torch.save(state_of("mobilenet_v2"), "net.pth")

    status = main(["import", "weights", "torchvision", "net.pth", "plain.cfg", "net.weights"])

    assert status == 0
    assert "plain.cfg: [net] has no mean= and std=" in capsys.readouterr().out
