"""MobileNet and SSD512 on it give GluonCV's numbers: tests/oracle/gluon_nets."""

from __future__ import annotations

import json

import pytest
import torch

from darkpy.verbs import import_torchvision as verb
from tests.conftest import ROOT
from tests.importers.gluon_like import picture, state_of
from tests.importers.test_torchvision import head_rows, network_with

ORACLE = json.loads((ROOT / "tests/oracle/gluon_nets/nets.json").read_text())


def filled(net: str, cfg: str):
    torch.save({name: torch.from_numpy(x) for name, x in state_of(net).items()}, "net.pth")
    list(verb.run("net.pth", cfg, "net.weights"))
    return network_with(cfg, "net.weights", ORACLE[net]["side"])


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_mobilenet_gives_gluons_logits():
    network = filled("mobilenet", "mobilenet")

    with torch.no_grad():
        logits = network.outputs(torch.from_numpy(picture(64)))[-2].flatten(1)

    wanted = torch.tensor([ORACLE["mobilenet"]["every_37th"]])
    torch.testing.assert_close(logits[:, ::37], wanted, rtol=1e-4, atol=1e-5)
    assert logits.abs().sum().item() == pytest.approx(ORACLE["mobilenet"]["abs_sum"], rel=1e-5)


@pytest.mark.slow
def test_ssd512_gives_what_gluons_heads_give():
    network = filled("ssd512", "ssd512-mobilenet1.0")

    scores, boxes = head_rows(network, torch.from_numpy(picture(512)))

    assert len(scores) == len(boxes) == 6132
    for found, name in ((scores, "scores"), (boxes, "boxes")):
        wanted = torch.tensor(ORACLE["ssd512"][f"every_997th_{name}"])
        torch.testing.assert_close(found[::997], wanted, rtol=1e-4, atol=1e-5)
        total = found.double().abs().sum().item()
        assert total == pytest.approx(ORACLE["ssd512"][f"{name}_abs_sum"], rel=1e-5)
