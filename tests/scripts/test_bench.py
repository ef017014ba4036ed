"""The benchmarks run; what they measure is for people to look at."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest
import torch

from darkpy.model.network import Network
from scripts.measuring import evaluators, growth
from scripts.measuring.plain_port import PlainPort
from tests.conftest import ROOT
from tests.detector.conftest import project  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(monkeypatch, capsys):
    """Runs scripts/bench in this process, which has torch already; gives the lines it prints."""
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))  # as for a program that is started there
    loader = SourceFileLoader("bench", str(ROOT / "scripts/bench"))
    module = module_from_spec(spec_from_loader("bench", loader))
    loader.exec_module(module)
    threads = torch.get_num_threads()

    def run(*words: object) -> list[str]:
        # One thread: several wait for one another wherever tests run beside these.
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, words), "--threads", "1"])
        module.main()
        return capsys.readouterr().out.splitlines()

    yield run
    torch.set_num_threads(threads)


def test_the_training_bench_compares_the_loop_with_ready_made_batches(project):  # noqa: F811
    words = ["train", "--data", project.data, "--cfg", project.cfg, "--iterations", "1"]
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/bench", *words, "--against-synthetic"],
        capture_output=True,
        text=True,
        cwd=project.folder,
    )

    assert run.returncode == 0, run.stderr
    starts = [line.split("  ")[0] for line in run.stdout.splitlines()]
    assert starts == ["real loop", "synthetic steps", "real/synthetic", "peak memory"]


def test_the_evaluators_agree_on_made_up_pictures():
    pictures = evaluators.made_up(pictures=6, detections=10, classes=3)
    ap, seconds = evaluators.darkpy_ap(pictures, 3)

    assert 0 < ap < 1
    assert seconds > 0
    for tool in evaluators.TOOLS:
        with contextlib.suppress(ImportError):
            assert evaluators.coco_ap(tool, pictures, 3)[0] == pytest.approx(ap, abs=1e-9)


def test_the_inference_bench_times_darkpy_beside_what_else_is_installed(bench, tmp_path):
    words = ["infer", "--nets", "tabletop-tiny", "--size", "64", "--counts", "2", "--rounds", "2"]
    bench(*words, "--json", tmp_path / "rows.json")

    rows = {row["program"]: row for row in json.loads((tmp_path / "rows.json").read_text())}
    assert {"darkpy", "darkpy, layer by layer"} <= set(rows)
    assert rows["darkpy"]["wall_of_darkpys"] == 1
    for row in rows.values():
        low, high = row["wall_ms_spread"]
        assert 0 < low <= row["wall_ms"] <= high


def test_the_growth_of_a_step_is_told_for_each_size_and_as_a_power(monkeypatch, tmp_path):
    monkeypatch.setattr(growth, "SWEEPS", {"batch": (1, 4), "size": (64, 128)})
    # 1 s a picture; of four times as many pixels 16 times as long
    took = iter([1, 4, 1, 16])
    monkeypatch.setattr(growth, "_seconds", lambda *_: [float(next(took))])
    asked = argparse.Namespace(json=str(tmp_path / "rows.json"))

    lines = list(growth.growth(asked))

    assert lines[2] == "batch    grows by the power of 1.00"
    assert lines[5] == "size     grows by the power of 2.00"
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["processor_seconds"] for row in rows] == [[1], [4], [1], [16]]


def test_loading_is_told_for_each_number_of_threads(monkeypatch):
    monkeypatch.setattr(growth, "SWEEPS", {"threads": (1, 2)})
    monkeypatch.setattr(growth, "_LOADED", 4)  # two are made ahead

    lines = list(growth.growth(argparse.Namespace(json="", rounds=1)))

    assert [line.split()[:2] for line in lines[:2]] == [["threads", "1"], ["threads", "2"]]
    assert all(float(line.split()[2]) > 0 for line in lines[:2])


def test_a_cfg_gets_another_number_of_classes():
    text = "[net]\n[convolutional]\nfilters=75\n[yolo]\nmask=0,1\nclasses=20\n[route]\nlayers=0\n"

    # 2 * (5 + 3)
    wanted = text.replace("filters=75", "filters=16").replace("classes=20", "classes=3")
    assert growth.with_classes(text, 3) == wanted


def test_a_real_step_is_timed():
    asked = argparse.Namespace(cfg=ROOT / "cfg/tabletop-tiny.cfg", rounds=2, nogpu=True)
    given = {"batch": 1, "size": 32, "truths": 2, "classes": 2}

    assert min(growth._seconds(given, asked)) > 0


def test_the_plain_port_computes_what_the_network_does():
    cfg = ROOT / "cfg/tabletop-tiny.cfg"
    torch.manual_seed(3)
    net, port = Network.from_cfg(cfg).train(), PlainPort(cfg).train()
    with torch.no_grad():
        for own, layer in zip(port.layers, net.layers, strict=True):
            if layer.plan.kind == "convolutional":
                own[0].weight.copy_(layer.conv.weight)
                if layer.conv.bias is not None:
                    own[0].bias.copy_(layer.conv.bias)
        images = torch.rand(2, 3, 64, 64)
        outputs, raw = net.outputs(images), port(images)

    assert len(raw) == len(net.detecting)
    for found, index in zip(raw, net.detecting, strict=True):
        torch.testing.assert_close(found, outputs[index - 1], atol=1e-4, rtol=1e-4)


def test_the_bench_of_peers_has_training_and_inference_side_by_side(bench, tmp_path):
    words = ["--cfg", "cfg/tabletop-tiny.cfg", "--size", "64", "--batch", "2", "--rounds", "2"]
    lines = bench("peers", *words, "--json", tmp_path / "rows.json")

    rows = json.loads((tmp_path / "rows.json").read_text())
    trained = {row["program"] for row in rows if row["work"] == "training step"}
    assert trained == {"darkpy", "plain torch"}
    assert {"darkpy"} <= {row["program"] for row in rows if row["work"] == "forward"}
    assert len(lines) == 1 + len(rows)


def test_the_whole_of_detector_map_is_set_beside_its_network(project):  # noqa: F811
    words = ["whole", "--data", project.data, "--cfg", project.cfg]
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/bench", *words, "--pictures", "3", "--rounds", "2"],
        capture_output=True,
        text=True,
        cwd=project.folder,
    )

    assert run.returncode == 0, run.stderr
    *turns, middle = run.stdout.splitlines()
    found = [
        re.match(r"detector map +([\d.]+) processor s, its network +([\d.]+): ", it) for it in turns
    ]
    assert len(found) == 2
    assert all(float(it[1]) > float(it[2]) for it in found)  # three pictures are read, too
    assert middle.startswith("middle ")
