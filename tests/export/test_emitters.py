"""Every kind of layer, activation and head as ONNX gives in onnxruntime what darkpy gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.errors import CfgError, UsageError
from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.base import LAYERS
from darkpy.model.network import Network
from tests.export.settled import settled
from tests.layers.snippets import NET, SNIPPETS

onnx = pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.export.emitters.base import DECODERS, EMITTERS  # noqa: E402
from darkpy.export.onnx_file import Asked, exported  # noqa: E402
from darkpy.export.runtime import OnnxRun, OpenCv  # noqa: E402

TOLERANCE = 1e-5
CONV = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation="


def given(network: Network, asked: Asked, images: torch.Tensor) -> np.ndarray:
    """What the file gives, and it is a valid one, without BOOL tensors and control flow."""
    model = exported(network, (), asked)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model).graph
    kinds = {value.type.tensor_type.elem_type for value in inferred.value_info}
    assert onnx.TensorProto.BOOL not in kinds
    assert not {"If", "Loop", "Scan"} & {node.op_type for node in model.graph.node}
    return OnnxRun(model.SerializeToString())(images.numpy())["output0"]


def own(network: Network, images: torch.Tensor) -> np.ndarray:
    network.reset_state()
    with torch.no_grad():
        return network.outputs(images)[-1].flatten(1).numpy()


def test_every_kind_has_a_form_in_onnx():
    assert set(LAYERS) == set(EMITTERS) | set(DECODERS)
    assert not set(EMITTERS) & set(DECODERS)


@pytest.mark.parametrize("kind", sorted(SNIPPETS))
@pytest.mark.parametrize(("opset", "batch"), [(12, 2), (13, None), (20, 1)])
def test_a_layer_gives_what_darkpy_gives(kind, opset, batch, tmp_path):
    network = settled(tmp_path / "a.cfg", SNIPPETS[kind])
    images = torch.rand(batch or 3, *network.plan.input)

    found = given(network, Asked(opset=opset, batch=batch), images)

    np.testing.assert_allclose(found, own(network, images), atol=TOLERANCE)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("opset", [13, 18])
def test_an_activation_gives_what_darkpy_gives(name, opset, tmp_path):
    network = settled(tmp_path / "a.cfg", f"{NET}[activation]\nactivation={name}\n")
    images = 20 * torch.rand(1, *network.plan.input) - 10
    # the bends of all of them: stair, plse, lhtan, hard_mish, relu6
    images.view(-1)[:11] = torch.tensor([-4.0, 4, 0, 1, -2, 6, -1, 3, 2, -3, 5])

    found = given(network, Asked(opset=opset), images)

    np.testing.assert_allclose(found, own(network, images), rtol=1e-4, atol=TOLERANCE)


TF_MARGIN = (
    "[convolutional]\nfilters=4\nsize=3\nstride=2\npad=same_tf\ngroups=4\nactivation=relu6\n"
)
RARE = {
    "xnor": f"{CONV}leaky\nxnor=1\n",
    "binary": f"{CONV}leaky\nbinary=1\nbatch_normalize=1\n",
    "groups": f"{CONV}mish\ngroups=2\nbatch_normalize=2\n",
    "dilation": f"{CONV}swish\ndilation=2\n",
    "tensorflow's margin": TF_MARGIN,
    "strides": f"{CONV}linear\nstride_x=2\nstride_y=1\n",
    "blur": f"{CONV}leaky\nstride=2\nantialiasing=1\n[maxpool]\nsize=2\nstride=2\nantialiasing=2\n",
    "coordconv": f"{CONV}leaky\ncoordconv=1\n",
    "share_index": f"{CONV}leaky\nbatch_normalize=1\n{CONV}linear\nbatch_normalize=1\n"
    "share_index=-1\n",
    "norm_chan": f"{CONV}normalize_channels_softmax_maxval\n",
    "maxpool 3/2": "[maxpool]\nsize=3\nstride=2\n",
    "maxpool 2/1": "[maxpool]\nsize=2\nstride=1\n",
    "maxpool beyond": "[maxpool]\nsize=2\nstride=1\npadding=3\n",
    "maxpool_depth": "[maxpool]\nmaxpool_depth=1\nout_channels=3\n",
    "maxpool_zero_nonmax": "[maxpool]\nsize=3\nstride=1\nmaxpool_zero_nonmax=1\n",
    "avgpool 5/2": "[local_avgpool]\nsize=5\nstride=2\n",
    "downsample": "[upsample]\nstride=-2\nscale=.5\n",
    "reorg back": "[reorg]\nstride=2\nreverse=1\n",
    "reorg3d back": "[convolutional]\nfilters=16\nactivation=leaky\n[reorg3d]\nstride=2\n"
    "reverse=1\n",
    "groups of a route": f"{CONV}leaky\n[route]\nlayers=-1,-2\ngroups=2\ngroup_id=1\n",
    "weighted shortcut": f"{CONV}leaky\n[shortcut]\nfrom=-2\nweights_type=per_channel\n"
    "weights_normalization=softmax\n",
    "narrow shortcut": f"{CONV}leaky\n[convolutional]\nfilters=6\nactivation=leaky\n"
    "[shortcut]\nfrom=-2\n[convolutional]\nfilters=2\nactivation=linear\n[shortcut]\nfrom=-2\n",
    "implicit joined": "[implicit]\nfilters=4\n[scale_channels]\nfrom=-2\n",
    "crop": "[crop]\ncrop_width=3\ncrop_height=5\nnoadjust=1\n",
    "spatial softmax": "[softmax]\nspatial=1\n",
    "temperature": "[softmax]\ntemperature=2\n",
    "conv_lstm": "[conv_lstm]\npad=1\noutput=4\nbottleneck=1\nshortcut=1\n",
    "crnn": "[crnn]\npad=1\noutput=5\nhidden=3\nshortcut=1\nactivation=leaky\n",
    "lrn": "[normalization]\nsize=5\nalpha=.1\n",
}


@pytest.mark.parametrize("name", sorted(RARE))
def test_rare_keys_give_what_darkpy_gives(name, tmp_path):
    network = settled(tmp_path / "a.cfg", NET + f"{CONV}leaky\n" + RARE[name])
    images = torch.rand(2, *network.plan.input)

    found = given(network, Asked(batch=2), images)

    np.testing.assert_allclose(found, own(network, images), atol=TOLERANCE)


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("side", [6, 7])
def test_tensorflows_margin_is_the_same_in_opencv_and_at_other_sizes(fixed, side, tmp_path):
    """8 and 7 px wide: one pixel more at the right, one on each side. OpenCV knows fixed ones."""
    net = NET.replace("height=6", f"height={side}").replace("width=8", f"width={side + 1}")
    network = settled(tmp_path / "a.cfg", net + TF_MARGIN)
    images = torch.rand(1, *network.plan.input)
    content = exported(network, (), Asked(fixed=fixed)).SerializeToString()

    runs = [OnnxRun(content), *([OpenCv(content)] if fixed else [])]

    for run in runs:
        found = run(images.numpy())["output0"]
        np.testing.assert_allclose(found.reshape(1, -1), own(network, images), atol=TOLERANCE)


def test_mean_and_deviation_of_net_are_in_the_file(tmp_path):
    net = NET.replace("channels=4\n", "channels=4\nmean=.5\nstd=.2,.3,.4,.5\n")
    network = settled(tmp_path / "a.cfg", f"{net}{CONV}leaky\n")
    images = torch.rand(2, *network.plan.input)

    found = given(network, Asked(batch=2), images)

    np.testing.assert_allclose(found, own(network, images), atol=TOLERANCE)


def test_batch_norm_is_folded_in_float64(tmp_path):
    """A channel of weight 2, scale 3, variance 4 - 1e-5, mean 5, bias 7: 3*(2x-5)/2 + 7."""
    network = settled(
        tmp_path / "a.cfg",
        "[net]\nwidth=1\nheight=1\nchannels=1\n[convolutional]\nbatch_normalize=1\nfilters=1\n"
        "activation=linear\n",
    )
    layer = network.layers[0]
    values = {"weight": 3.0, "bias": 7.0, "running_mean": 5.0, "running_var": 4 - 1e-5}
    with torch.no_grad():
        layer.conv.weight.fill_(2)
        for name, value in values.items():
            getattr(layer.norm, name).fill_(value)

    model = exported(network, (), Asked())

    kinds = [node.op_type for node in model.graph.node]
    weights, biases = (
        onnx.numpy_helper.to_array(tensor).item() for tensor in model.graph.initializer[:2]
    )
    assert kinds == ["Conv", "Reshape"]
    assert (weights, biases) == (pytest.approx(3, abs=1e-6), pytest.approx(-0.5, abs=1e-6))


def test_mish_is_an_operation_only_where_the_opset_has_it(tmp_path):
    network = settled(tmp_path / "a.cfg", f"{NET}[activation]\nactivation=mish\n")

    spelled, named = (exported(network, (), Asked(opset=opset)).graph for opset in (17, 18))

    assert [node.op_type for node in spelled.node] == ["Softplus", "Tanh", "Mul", "Reshape"]
    assert [node.op_type for node in named.node] == ["Mish", "Reshape"]


def test_a_layer_that_remembers_gives_and_takes_its_memory(tmp_path):
    """Two pictures one after the other, the memory carried over by hand."""
    network = settled(tmp_path / "a.cfg", SNIPPETS["conv_lstm"])
    session = OnnxRun(exported(network, (), Asked()).SerializeToString()).session
    first, second = torch.rand(2, 1, *network.plan.input)
    with torch.no_grad():
        network.reset_state()
        network.outputs(first)
        wanted = network.outputs(second)[-1].flatten(1).numpy()
    names = [value.name for value in session.get_inputs()[1:]]
    memory = {name: np.zeros((1, 5, 6, 8), np.float32) for name in names}

    given_names = [value.name for value in session.get_outputs()]
    found = dict(
        zip(given_names, session.run(None, {"images": first.numpy(), **memory}), strict=True)
    )
    memory = {name: found[f"{name}_next"] for name in names}
    found = session.run(["output0"], {"images": second.numpy(), **memory})[0]

    np.testing.assert_allclose(found, wanted, atol=TOLERANCE)


def test_what_works_at_one_size_only_says_so(tmp_path):
    network = settled(tmp_path / "a.cfg", SNIPPETS["connected"])

    with pytest.raises(UsageError, match=r"\[connected\] works at one size only; give -size WxH"):
        exported(network, (), Asked(fixed=False))


def test_a_kind_without_a_form_is_named_with_its_line(tmp_path, monkeypatch):
    network = settled(tmp_path / "a.cfg", SNIPPETS["upsample"])
    monkeypatch.delitem(EMITTERS._things, "upsample")

    with pytest.raises(CfgError, match=r"a.cfg:\d+: \[upsample\] cannot be exported"):
        exported(network, (), Asked())
