"""Every head in every consumer's form, read back by the form's own rule, gives darkpy's boxes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.errors import UsageError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from tests.conftest import ROOT
from tests.export.settled import settled

onnx = pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.export.forms import FORMS  # noqa: E402
from darkpy.export.onnx_file import Asked, exported  # noqa: E402
from darkpy.export.reading import folded_scores  # noqa: E402
from darkpy.export.runtime import OnnxRun  # noqa: E402
from darkpy.export.verify import deviation_of  # noqa: E402
from darkpy.flags.export import FORMS as FORM_WORDS  # noqa: E402
from darkpy.heads.base import Candidates  # noqa: E402

NETS = ROOT / "tests" / "oracle" / "nets"
HEADS = ("v3_mse", "v4csp_newcoords", "gaussian_yolo", "region_v2", "yolo_v1", "conv_lstm")
DENSE = sorted(set(FORMS) - {"end2end"})
TOLERANCE = 1e-5


def network_of(name: str) -> Network:
    network = Network.from_cfg(NETS / name / "net.cfg")
    load_weights(network, NETS / name / "net.weights")
    return network.eval()


def both(
    network: Network, form: str, asked: Asked, images: torch.Tensor
) -> tuple[Candidates, Candidates]:
    """darkpy's candidates as the form can hold them, and the file's."""
    model = exported(network, (), asked)
    onnx.checker.check_model(model, full_check=True)
    arrays = OnnxRun(model.SerializeToString())(images.numpy())
    network.reset_state()
    with torch.inference_mode():
        own = FORMS[form].limit(network.candidates(images), network)
        return own, FORMS[form].read(arrays, network, tuple(images.shape[2:]))


def test_the_flag_knows_the_forms():
    assert set(FORM_WORDS) == set(FORMS)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("form", DENSE)
def test_a_form_read_back_is_what_darkpy_found(head, form):
    network = network_of(head)
    images = torch.rand(2, *network.plan.input, generator=torch.Generator().manual_seed(0))

    own, theirs = both(network, form, Asked(form=form, batch=None), images)

    own, theirs = folded_scores(own), folded_scores(theirs)
    torch.testing.assert_close(theirs.boxes, own.boxes, atol=TOLERANCE, rtol=TOLERANCE)
    torch.testing.assert_close(theirs.probs, own.probs, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("form", DENSE)
def test_a_file_for_any_size_takes_another_one(form):
    """128x96 in place of the cfg's: grid, anchors and pixels follow the picture."""
    network = network_of("v3_mse")
    images = torch.rand(1, 3, 96, 128)

    own, theirs = both(network, form, Asked(form=form, fixed=False), images)

    assert deviation_of(own, theirs, FORMS[form]).largest < TOLERANCE


@pytest.mark.parametrize("head", ["v3_mse", "gaussian_yolo", "region_v2"])
def test_end2end_keeps_what_plain_suppression_keeps(head):
    network = network_of(head)
    images = torch.rand(2, *network.plan.input, generator=torch.Generator().manual_seed(0))

    own, theirs = both(network, "end2end", Asked(form="end2end", batch=2), images)

    for mine, other in zip(own.probs, theirs.probs, strict=True):
        wanted, found = (scores[scores > 0].sort().values for scores in (mine, other))
        assert len(found) == min(300, len(wanted))
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    assert deviation_of(own, theirs, FORMS["end2end"]).largest < TOLERANCE


def test_rows_come_cell_by_cell_with_the_objectness_apart():
    """OpenCV's order: of the first cell all anchors, then of the second; column 4 stays whole."""
    network = network_of("v3_mse")
    index, head = next(iter(network.detecting.items()))
    images = torch.rand(1, *network.plan.input)
    model = exported(network, (), Asked(form="rows"))
    table = OnnxRun(model.SerializeToString())(images.numpy())[f"yolo_{index}"]
    with torch.inference_mode():
        cells = head.cells(network(images)[index], tuple(images.shape[2:]))
        objectness = cells.objectness[0].permute(1, 2, 0).flatten().numpy()
        box = cells.boxes()[0, 1, 0, 0].numpy()

    assert table.shape == (objectness.size, 5 + head.options.classes)
    np.testing.assert_allclose(table[:, 4], objectness, atol=1e-6)
    # A side is exp() of what comes in: its absolute error there is a relative one here.
    np.testing.assert_allclose(table[1, :4], box, rtol=1e-5, atol=1e-6)


def test_pixels_are_those_of_the_input():
    """ultralytics' box times 1 / (width, height) is boxes_confs' box by its corners."""
    network = network_of("v3_mse")
    images = torch.rand(1, *network.plan.input)
    found = {
        form: OnnxRun(exported(network, (), Asked(form=form)).SerializeToString())(images.numpy())
        for form in ("ultralytics", "boxes_confs", "deepstream")
    }
    _, h, w = network.plan.input
    cx, cy, bw, bh = found["ultralytics"]["output0"][0, :4]
    corners = np.stack([cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2], axis=1)

    np.testing.assert_allclose(
        found["boxes_confs"]["boxes"][0, :, 0] * [w, h, w, h], corners, atol=1e-3
    )
    np.testing.assert_allclose(found["deepstream"]["output"][0, :, :4], corners, atol=1e-3)


def test_the_metadata_say_what_the_file_is():
    network = network_of("v3_mse")
    model = exported(network, ("cat", "dog"), Asked(half=True))
    facts = {prop.key: prop.value for prop in model.metadata_props}

    assert facts["names"] == "{0: 'cat', 1: 'dog'}"
    assert facts["imgsz"] == str([network.plan.input.h, network.plan.input.w])
    assert (facts["task"], facts["batch"], facts["end2end"]) == ("detect", "1", "False")
    assert facts["darkpy.cfg"] == (NETS / "v3_mse" / "net.cfg").read_text()
    assert (facts["darkpy.precision"], len(facts["darkpy.cfg_sha256"])) == ("float16", 64)
    assert '"anchors": [' in facts["darkpy.heads"]


def test_half_keeps_boxes_in_float32():
    network = network_of("v3_mse")
    model = exported(network, (), Asked(half=True))
    kinds = {tensor.data_type for tensor in model.graph.initializer}

    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert model.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert kinds == {onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64}


def test_yolov1_has_one_size():
    with pytest.raises(UsageError, match="works at one size only"):
        exported(network_of("yolo_v1"), (), Asked(fixed=False))


SSD = (
    "[net]\nwidth=48\nheight=32\nchannels=3\n[convolutional]\nsize=4\nstride=4\nfilters=28\n"
    "activation=linear\n[ssd]\nclasses=2\nsizes=8,16\nvariance=.3,.3,.3,.3\nnms="
)


def test_end2end_suppresses_by_the_threshold_of_the_head(tmp_path):
    images = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    left = []
    for nms in (0.2, 0.7):
        network = settled(tmp_path / "a.cfg", f"{SSD}{nms}\n")

        own, theirs = both(network, "end2end", Asked(form="end2end", batch=2), images)

        assert deviation_of(own, theirs, FORMS["end2end"]).largest < TOLERANCE
        left.append(int((theirs.probs > 0).sum()))
    assert left[0] < left[1]
