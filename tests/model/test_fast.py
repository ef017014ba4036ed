"""Layers that go faster in inference give what the layers themselves give."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from darkpy.cfg.reader import parse_cfg
from darkpy.layers.winograd import Winograd
from darkpy.model import fast
from darkpy.model.fast import FastLayers, Folded, Fused, mish_
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.planning.network import plan_network

CPU = torch.device("cpu")
ACTIVATIONS = ("linear", "leaky", "relu", "logistic", "swish", "mish", "tanh", "hard_mish", "relu6")


def network_of(text: str) -> Network:
    torch.manual_seed(4)
    net = Network(plan_network(parse_cfg(text.splitlines(), "my.cfg"))).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.running_var, module.weight):
                torch.nn.init.uniform_(values, 0.5, 2)
            for values in (module.running_mean, module.bias):
                torch.nn.init.uniform_(values, -1, 1)
    return net


def convolutional(keys: str, activation: str = "mish", norm: int = 1) -> str:
    """Of a key that stands twice the first counts: the given ones come first."""
    return (
        f"[convolutional]\n{keys}\nbatch_normalize={norm}\nfilters=8\nsize=3\npad=1\n"
        f"activation={activation}\n"
    )


NET = "[net]\nheight=20\nwidth=24\nchannels=8\nbatch=1\n"
IMAGES = torch.rand(3, 8, 20, 24, generator=torch.Generator().manual_seed(1)) * 4 - 2


def outputs(net, instead=None, images=IMAGES):
    with torch.inference_mode():
        images = images.contiguous(memory_format=torch.channels_last)
        return dict(net._run(images, instead))


@pytest.mark.parametrize("norm", [0, 1, 2])
@pytest.mark.parametrize("onednn", [True, False], ids=["oneDNN", "folded only"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_with_and_without_batch_norm_comes_out_the_same(
    name, onednn, norm, monkeypatch
):
    if not onednn:
        monkeypatch.setattr(fast, "_onednn", lambda: None)
    net = network_of(NET + convolutional("", name, norm))

    made = FastLayers(net, FLOAT32, CPU)

    assert list(made.instead) == [0]
    torch.testing.assert_close(outputs(net, made.instead)[0], outputs(net)[0], atol=3e-6, rtol=2e-6)


@pytest.mark.parametrize(
    "keys",
    [
        "stride=2",
        "groups=4",
        "groups=8",
        "dilation=2",
        "size=1",
        "stride_x=2\nstride_y=1",
        "pad=0",
        "pad=same_tf\nstride=2",
    ],
)
def test_every_form_of_a_convolution_comes_out_the_same(keys):
    net = network_of(NET + convolutional(keys))

    made = FastLayers(net, FLOAT32, CPU)

    torch.testing.assert_close(outputs(net, made.instead)[0], outputs(net)[0], atol=3e-6, rtol=2e-6)


@pytest.mark.parametrize("keys", ["binary=1", "xnor=1", "antialiasing=1", "coordconv=1"])
def test_layers_that_do_more_stay_as_they_are(keys):
    net = network_of(NET + convolutional("") + convolutional(keys))

    assert list(FastLayers(net, FLOAT32, CPU).instead) == [0]


def test_deep_layers_go_winograds_way_where_it_is_open():
    deep = NET.replace("channels=8", "channels=128") + convolutional("stride=1")
    deep = deep.replace("filters=8", "filters=128")
    images = torch.rand(2, 128, 20, 24, generator=torch.Generator().manual_seed(1))
    net = network_of(deep)

    made = FastLayers(net, FLOAT32, CPU)

    assert isinstance(made.instead[0], Winograd)
    ours, theirs = outputs(net, made.instead, images)[0], outputs(net, None, images)[0]
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=2e-6)
    for key, other in (
        ("stride=1", "stride=2"),
        ("stride=1", "groups=2"),
        ("stride=1", "dilation=2"),
        ("size=3", "size=5"),
        ("pad=1", "pad=0"),
    ):
        made = FastLayers(network_of(deep.replace(key, other)), FLOAT32, CPU)
        assert isinstance(made.instead[0], Fused)


@pytest.mark.parametrize("keys", ["", "size=1", "stride=2", "groups=4", "groups=8", "dilation=2"])
def test_kernels_are_laid_out_anew_for_pictures_of_another_size(keys):
    net = network_of(NET + convolutional(keys))
    made = FastLayers(net, FLOAT32, CPU)
    convolve, large, shapes = made.instead[0], torch.rand(2, 8, 32, 36), []
    lay_out = convolve._lay_out
    convolve._lay_out = lambda kernels, shape: (shapes.append([*shape]), lay_out(kernels, shape))

    for images in (IMAGES, large, large[:1], IMAGES[:1]):
        ours, theirs = outputs(net, made.instead, images)[0], outputs(net, None, images)[0]
        torch.testing.assert_close(ours, theirs, atol=3e-6, rtol=2e-6)

    # how many pictures there are does not matter
    assert shapes == [[8, 32, 36], [8, 20, 24]]


def test_shared_weights_are_folded_with_the_batch_norm_of_their_owner():
    net = network_of(NET + convolutional("") + convolutional("share_index=0", "leaky"))

    made = FastLayers(net, FLOAT32, CPU)

    assert list(made.instead) == [0, 1]
    torch.testing.assert_close(outputs(net, made.instead)[1], outputs(net)[1], atol=1e-5, rtol=1e-5)


def test_batch_norm_is_folded_in_float64():
    net = network_of(NET + convolutional(""))
    layer = net.layers[0]
    norm = copy.deepcopy(layer.norm).double()

    made = Folded.of(layer, None)

    # w' = w g / sqrt(v + 1e-5), b' = b - m g / sqrt(v + 1e-5), rounded once
    scale = norm.weight / (norm.running_var + 1e-5).sqrt()
    kernels = (layer.conv.weight.double() * scale[:, None, None, None]).float()
    assert made.kernels.equal(kernels)
    assert made.biases.equal((norm.bias - norm.running_mean * scale).float())


def test_changed_values_are_noticed():
    net = network_of(NET + convolutional(""))
    made = FastLayers(net, FLOAT32, CPU)
    assert made.fit

    with torch.no_grad():
        net.layers[0].norm.running_var[0] += 1

    assert not made.fit


def test_what_a_layer_gives_is_not_changed_by_those_after_it():
    # both convolutions read layer 0, and layer 3 both of them
    cfg = convolutional("") + convolutional("") + "[route]\nlayers=0\n" + convolutional("")
    net = network_of(NET + cfg + "[shortcut]\nfrom=1\nactivation=linear\n")

    made = FastLayers(net, FLOAT32, CPU)

    ours, theirs = outputs(net, made.instead), outputs(net)
    for index in theirs:
        torch.testing.assert_close(ours[index], theirs[index], atol=1e-4, rtol=1e-5)


def test_lowered_kernels_give_what_lowering_gives():
    lowered = Precision(torch.bfloat16)
    net = network_of(NET + convolutional("", norm=0))

    made = FastLayers(net, lowered, CPU)

    with lowered(CPU):
        ours, theirs = outputs(net, made.instead)[0], outputs(net)[0]
    assert ours.dtype == theirs.dtype == torch.bfloat16
    # mish of a value with 8 bits
    torch.testing.assert_close(ours, theirs, atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_mish_in_place_is_mish(memory, monkeypatch):
    monkeypatch.setattr(fast, "_MISH_AT_ONCE", 100)
    x = torch.linspace(-100, 100, 2 * 3 * 7 * 5).view(2, 3, 7, 5).contiguous(memory_format=memory)
    x[0, 0, 0, :3] = torch.tensor([float("inf"), 0, -1e-20])
    expected = F.mish(x.double())

    made = mish_(x)

    assert made is x
    assert made[0, 0, 0, 0] == float("inf")
    torch.testing.assert_close(made.double(), expected, atol=1e-12, rtol=1e-6)


def test_a_layer_that_is_listened_to_is_computed_by_itself_from_then_on():
    network = network_of(NET + convolutional(""))
    made = FastLayers(network, FLOAT32, CPU)
    heard = []
    handle = network.layers[0].register_forward_hook(lambda *call: heard.append(call[2]))

    assert 0 in made.instead
    assert not made.fit
    assert FastLayers(network, FLOAT32, CPU).instead == {}
    handle.remove()
    assert made.fit
