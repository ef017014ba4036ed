"""Trees of classes in the graph: softmax among siblings, the answer of YOLO9000's head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.model.network import Network

pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.export.answers import Own
from darkpy.export.forms import CLASSES, FORMS
from darkpy.export.onnx_file import Asked, exported
from darkpy.export.runtime import OnnxRun

# animal (cat, dog (poodle, terrier, pug)), thing
TREE = "animal -1\nthing -1\ncat 0\ndog 0\npoodle 3\nterrier 3\npug 3\n"
NET = "[net]\nwidth=16\nheight=16\nchannels=3\n[convolutional]\nsize=1\nactivation=linear\n"


def network_of(tmp_path, sections: str) -> Network:
    (tmp_path / "a.tree").write_text(TREE)
    path = tmp_path / "a.cfg"
    path.write_text(NET + sections.replace("TREE", str(tmp_path / "a.tree")))
    torch.manual_seed(0)
    network = Network.from_cfg(path).eval()
    with torch.no_grad():
        network.layers[0].conv.weight.normal_(0, 6)  # so that some classes are likely
    return network


def test_siblings_add_up_to_1(tmp_path):
    network = network_of(tmp_path, "filters=7\n[avgpool]\n[softmax]\ntree=TREE\n")
    images = torch.rand(3, 3, 16, 16)

    found = OnnxRun(exported(network, (), Asked(batch=None)).SerializeToString())(images.numpy())
    scores = found["output0"]

    with torch.no_grad():
        wanted = network.outputs(images)[-1].flatten(1).numpy()
    np.testing.assert_allclose(scores, wanted, atol=1e-6)
    for group in ([0, 1], [2, 3], [4, 5, 6]):
        np.testing.assert_allclose(scores[:, group].sum(axis=1), 1, atol=1e-6)
    assert CLASSES.read(found, network, (16, 16)).probs.shape == (3, 1, 7)


def test_a_box_answers_with_the_last_class_above_a_half(tmp_path):
    """By its own probability, held down by the objectness: both are above a threshold or none."""
    network = network_of(
        tmp_path, "filters=24\n[region]\nclasses=7\nnum=2\nanchors=1,1,2,2\ntree=TREE\n"
    )
    images = torch.rand(2, 3, 16, 16)

    content = exported(network, (), Asked(batch=2)).SerializeToString()
    found = FORMS["ultralytics"].read(OnnxRun(content)(images.numpy()), network, (16, 16))

    with torch.no_grad():
        (output,) = network(images).values()
        (head,) = network.detecting.values()
        cells = head.cells(output)
        answers = head._answers(cells.probs)
        objectness = cells.x[:, :, 4:5]
        wanted = torch.minimum(answers, objectness).movedim(2, -1).flatten(1, -2)
    torch.testing.assert_close(found.probs, wanted, atol=1e-5, rtol=0)
    # What the check compares a file with is held down in the same way.
    own = Own(network, FORMS["ultralytics"]).candidates(images)
    ranked = own.objectness[..., None] * own.probs
    torch.testing.assert_close(ranked, wanted, atol=1e-5, rtol=0)
    answered = {int(k) for k in (wanted > 0.05).nonzero()[:, 2]}
    assert len(answered) > 3
