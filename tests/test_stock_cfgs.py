"""Darknet's own cfgs: tables as the C program prints them, and a real forward of each layer."""

from __future__ import annotations

import json

import pytest
import torch

from darkpy.cfg.reader import read_cfg
from darkpy.layers.batchnorm import BatchNorm
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

pytestmark = pytest.mark.oracle

BFLOPS_TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def tables(shared):
    return json.loads((shared / "golden" / "cfg_tables.json").read_text())


@pytest.fixture(scope="module")
def plans(shared, tables):
    folder = shared / "real" / "cfgs" / "stock"
    return {name: plan_network(read_cfg(folder / name)) for name in tables}


def test_all_58_are_understood(plans):
    assert len(plans) == 58
    assert {n: p.findings.errors for n, p in plans.items() if p.findings.errors} == {}


def test_every_row_of_every_table(plans, tables):
    for name, plan in plans.items():
        rows = tables[name]["layers"]
        assert len(rows) == len(plan.layers), name
        for layer, (index, w, h, c, outputs, bflops) in zip(plan.layers, rows, strict=True):
            where = f"{name}, layer {index}"
            assert layer.out.size == outputs, where
            if c:  # softmax, cost and the like are only a number of values in the C program
                assert (layer.out.w, layer.out.h, layer.out.c) == (w, h, c), where
            assert layer.bflops == pytest.approx(bflops, rel=BFLOPS_TOLERANCE, abs=1e-6), where


def test_totals_of_work_and_of_bytes(plans, tables):
    for name, plan in plans.items():
        total = tables[name]["bflops"]
        assert plan.bflops == pytest.approx(total, rel=BFLOPS_TOLERANCE), name
        assert plan.weights_bytes == tables[name]["weights_bytes"], name


@pytest.fixture
def files_of_yolo9000(tmp_path, monkeypatch):
    """The tree of 9418 classes and the map that yolo9000.cfg names; ours have one level."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/9k.tree").write_text("".join(f"n{n} -1\n" for n in range(9418)))
    (tmp_path / "data/coco9k.map").write_text("".join(f"{n}\n" for n in range(80)))
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("files_of_yolo9000")
def test_every_network_is_built_and_every_different_layer_runs(plans, monkeypatch):
    """On the meta device. Layers alike, of options and inputs, run once for all cfgs.

    Batch norm, which keeps every shape, takes ten times as long there as all else: left out.
    """
    monkeypatch.setattr(BatchNorm, "forward", lambda norm, x: x)
    ran = set()
    for name, plan in plans.items():
        with torch.device("meta"):
            network = Network(plan).eval()
        for layer in network.layers:
            alike = layer.plan.kind, layer.options, layer.plan.inputs
            if alike in ran:
                continue
            ran.add(alike)
            inputs = [torch.empty(1, *shape, device="meta") for shape in layer.plan.inputs]
            with torch.no_grad():
                output = layer(*inputs)
            assert tuple(output.shape) == (1, *layer.plan.out), f"{name}, {layer.plan.index}"
    assert len(ran) > 1000
