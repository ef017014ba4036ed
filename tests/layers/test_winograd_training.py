"""Fewer products give the same gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from darkpy.layers import winograd, winograd_training
from darkpy.layers.convolutional import Convolutional
from darkpy.layers.winograd import FOUR, TWO
from darkpy.layers.winograd_training import Ways, convolved, kernel_slopes, open_to, ways
from darkpy.model.network import Network
from darkpy.model.recompute import lean
from darkpy.planning.network import read_network
from tests.layers.single import layer_of

WAYS = pytest.mark.parametrize("way", [TWO, FOUR], ids=["two", "four"])


def made_up(b: int, c: int, f: int, h: int, w: int):
    """Pictures, kernels, slopes by the outputs."""
    torch.manual_seed(5)
    shapes = (b, c, h, w), (f, c, 3, 3), (b, f, h, w)
    return [torch.randn(s).contiguous(memory_format=torch.channels_last) for s in shapes]


def gradients(images, kernels, biases, slopes, by=F.conv2d):
    """Output, and the gradients by images, kernels and biases."""
    given = [x.detach().requires_grad_() for x in (images, kernels, biases)]
    output = by(*given, padding=1) if by is F.conv2d else by(*given)
    return [output.detach(), *torch.autograd.grad(output, given, slopes)]


def off(found, exact):
    return float((found - exact).norm() / exact.norm())


@WAYS
def test_the_slopes_of_a_picture_of_ones_by_hand(way):
    # Of 2x2 pixels the middle of the kernel meets all four, a side two, a corner one.
    ones = torch.ones(1, 1, 2, 2)

    found = kernel_slopes(ones, ones, way)

    expected = torch.tensor([[[[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]]])
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("h", "w"), [(1, 1), (1, 2), (2, 1), (3, 5), (5, 4), (7, 7), (12, 9)])
@WAYS
def test_every_size_has_the_same_slopes(way, h, w):
    images, kernels, slopes = made_up(2, 6, 5, h, w)
    exact = gradients(*(x.double() for x in (images, kernels, torch.zeros(5), slopes)))[2]

    found = kernel_slopes(images, slopes, way)

    assert found.is_contiguous(memory_format=torch.channels_last)
    # sums of up to 216 products of deviation 1
    torch.testing.assert_close(found.double(), exact, atol=1e-4, rtol=1e-5)


# 11x9 pixels are 6 rows of 5 tiles of two, or 3 rows of 3 tiles of four
@pytest.mark.parametrize("at_once", [1, 10, 36, 72, 10_000])
@WAYS
def test_slopes_of_strips_add_up(way, at_once, monkeypatch):
    images, _, slopes = made_up(3, 6, 5, 11, 9)
    whole = kernel_slopes(images, slopes, way)
    monkeypatch.setattr(winograd, "AT_ONCE", at_once)

    found = kernel_slopes(images, slopes, way)

    torch.testing.assert_close(found, whole, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "filters", "expected"),
    [
        ((16, 128, 14, 14), 128, Ways(TWO, TWO)),
        ((2, 384, 26, 26), 256, Ways(FOUR, FOUR)),
        ((1, 384, 26, 26), 256, Ways(None, None)),  # 676 pixels in all
        ((4, 64, 52, 52), 128, Ways(None, FOUR)),  # sums with 64 channels lose in two threads
        ((16, 160, 28, 28), 64, Ways(None, FOUR)),
        ((16, 64, 14, 14), 128, Ways(None, None)),  # 1.6 million: little work
        ((64, 32, 104, 104), 64, Ways(None, None)),
        ((64, 512, 10, 10), 512, Ways(None, None)),
    ],
)
def test_what_is_faster_depends_on_shapes_alone(shape, filters, expected):
    assert ways(torch.empty(shape, device="meta"), filters) == expected


@pytest.mark.parametrize(
    ("shape", "filters", "limits"),
    # off by a norm's share, at most: output, gradients by pixels, kernels, biases
    [
        ((6, 128, 14, 14), 128, (4e-7, 4e-7, 4e-7, 1e-6)),
        ((2, 128, 24, 24), 128, (1.2e-6, 1.2e-6, 1.1e-6, 1e-6)),
        ((2, 64, 24, 24), 64, (6e-7, 6e-7, 1.1e-6, 1e-6)),
    ],
)
def test_gradients_are_as_exact_as_the_librarys(shape, filters, limits, monkeypatch):
    monkeypatch.setattr(winograd_training, "_LEAST_WORK", 0)
    images, kernels, slopes = made_up(shape[0], shape[1], filters, *shape[2:])
    biases = torch.randn(filters)
    assert ways(images, filters).kernels is not None
    exact = gradients(*(x.double() for x in (images, kernels, biases, slopes)))

    found = gradients(images, kernels, biases, slopes, convolved)
    library = gradients(images, kernels, biases, slopes)

    for ours, theirs, true, limit in zip(found, library, exact, limits, strict=True):
        assert off(ours.double(), true) < limit
        assert off(ours.double(), true) < 2 * off(theirs.double(), true) + 1e-8


def test_what_nobody_asks_for_is_not_computed():
    images, kernels, slopes = made_up(6, 128, 128, 14, 14)
    kernels.requires_grad_()

    (by_kernels,) = torch.autograd.grad(convolved(images, kernels, None), kernels, slopes)

    exact = gradients(*(x.double() for x in (images, kernels, torch.zeros(128), slopes)))[2]
    assert off(by_kernels.double(), exact) < 4e-7
    images.requires_grad_()
    (by_images,) = torch.autograd.grad(
        convolved(images, kernels.detach(), None), images, slopes.clone()
    )
    assert by_images.shape == images.shape


def deep_layer(keys: str = "") -> Convolutional:
    text = f"[convolutional]\n{keys}\nfilters=128\nsize=3\npad=1\nbatch_normalize=1\n"
    return layer_of(text, 128, 14, 14)


def called(monkeypatch, layer, *, training=True, lowered=False) -> bool:
    """Whether a pass of the layer comes here."""
    calls = []
    spy = lambda *given: calls.append(given) or convolved(*given)  # noqa: E731
    monkeypatch.setattr("darkpy.layers.convolutional.convolved", spy)
    with torch.autocast("cpu", torch.bfloat16, enabled=lowered):
        layer.train(training)(torch.randn(6, 128, 14, 14))
    return bool(calls)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("activation=leaky", True),
        ("activation=leaky\nstride=2", False),
        ("activation=leaky\ndilation=2", False),
        ("activation=leaky\ngroups=2", False),
        ("activation=leaky\nbinary=1", False),
        ("activation=leaky\nsize=5", False),
    ],
)
def test_plain_3x3_convolutions_are_trained_so_and_no_others(keys, expected, monkeypatch):
    assert called(monkeypatch, deep_layer(keys)) is expected


def test_inference_and_lower_precision_are_left_alone(monkeypatch):
    layer = deep_layer("activation=leaky")

    assert not called(monkeypatch, layer, training=False)
    assert not called(monkeypatch, layer, lowered=True)
    assert not open_to(torch.empty(1, device="meta"))
    assert not open_to(torch.empty(1, dtype=torch.float64))


def test_computed_once_more_on_the_way_back_it_is_the_same(monkeypatch):
    layer = deep_layer("activation=leaky").train()
    images, _, slopes = made_up(6, 128, 128, 14, 14)
    kernels = layer.conv.weight

    plain = torch.autograd.grad(layer(images), kernels, slopes)[0]
    again = torch.autograd.grad(lean(layer, [images]), kernels, slopes)[0]

    assert again.equal(plain)


def test_small_networks_keep_their_bytes():
    network = Network(read_network("cfg/tabletop-tiny.cfg"))
    simple = [x for x in network.layers if isinstance(x, Convolutional) and x.simple]

    assert len(simple) == 11
    for layer in simple:
        shape = layer.plan.inputs[0]
        images = torch.empty(64, *shape, device="meta")
        assert ways(images, layer.options.filters) == Ways(None, None)
