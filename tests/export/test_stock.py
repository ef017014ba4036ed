"""Small cfgs of Darknet, statistics from pictures: the file's boxes are darkpy's to 1e-4.

`scripts/export_stock` does the same for all of them; docs/export.md has what it printed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from darkpy.cfg.reader import read_cfg
from darkpy.cfg.sized import at_size
from darkpy.data.pictures import read_picture
from darkpy.data.resize import stretch
from darkpy.layers.batchnorm import BatchNorm
from darkpy.model.network import Network
from darkpy.planning.network import plan_network
from tests.conftest import ROOT

pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.export.answers import Own, Theirs
from darkpy.export.forms import FORMS
from darkpy.export.onnx_file import Asked, exported
from darkpy.export.runtime import OnnxRun, OpenCv
from darkpy.export.verify import deviation_of

ALLOWED = 1e-4
FORM = FORMS["ultralytics"]
OURS = ("yolov3-tiny", "yolov4-tiny", "yolov4-tiny-3l", "yolov7-tiny")
STOCK = ("yolov2-tiny", "yolov3-tiny-prn", "yolov3-tiny_occlusion_track")
OPENCV_READS = (*OURS, "yolov2-tiny", "yolov3-tiny-prn")  # the other has memories as inputs


def network_of(cfg: Path) -> Network:
    torch.manual_seed(0)
    network = Network(plan_network(at_size(read_cfg(cfg), (128, 128))))
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.momentum = 1.0
    count = 4 * max(1, network.plan.net.time_steps)
    with torch.no_grad():
        network.train()(pictures(1, count))
    network.reset_state()
    return network.eval()


def pictures(first: int, count: int) -> torch.Tensor:
    folder = ROOT / "data" / "tabletop" / "images"
    files = [folder / f"tabletop_{number:04d}.jpg" for number in range(first, first + count)]
    return torch.stack([stretch(read_picture(file), 128, 128) for file in files])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*OURS, *STOCK])
def test_a_cfg_gives_the_same_boxes(name, request):
    folder = ROOT / "cfg"
    if name in STOCK:
        folder = request.getfixturevalue("shared") / "real" / "cfgs" / "stock"
    network = network_of(folder / f"{name}.cfg")
    content = exported(network, (), Asked()).SerializeToString()
    images = pictures(0, 1)
    own = Own(network, FORM).candidates(images)

    runs = [OnnxRun(content), *([OpenCv(content)] if name in OPENCV_READS else [])]
    found = [Theirs(run, 1, network, FORM).candidates(images) for run in runs]

    assert all(deviation_of(own, theirs, FORM).largest < ALLOWED for theirs in found)
