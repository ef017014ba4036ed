"""Fewer products give the same convolution."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from darkpy.layers import winograd
from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.winograd import FOUR, TWO, Transforms, Winograd, suiting
from darkpy.model.fast import mish_

WAYS = pytest.mark.parametrize("way", [TWO, FOUR], ids=["two", "four"])
# of sums of 54 products with a norm of 7.3; some of FOUR's are off by 3e-6 of that
CLOSE = {TWO: {"atol": 5e-6, "rtol": 2e-6}, FOUR: {"atol": 4e-5, "rtol": 2e-6}}


def made_up(b: int, c: int, f: int, h: int, w: int):
    torch.manual_seed(5)
    kernels = torch.randn(f, c, 3, 3).contiguous(memory_format=torch.channels_last)
    images = torch.randn(b, c, h, w).contiguous(memory_format=torch.channels_last)
    return images, kernels, torch.randn(f)


def convolved(images, kernels, biases):
    return F.conv2d(images.double(), kernels.double(), biases.double(), padding=1)


@WAYS
def test_two_by_two_pixels_by_hand(way):
    # 1 2 in the upper row, 3 4 below; a kernel of ones adds up all that it reaches, and 0.5 more
    images = torch.tensor([[[[1.0, 2], [3, 4]]]])

    found = Winograd(torch.ones(1, 1, 3, 3), torch.tensor([0.5]), None, way)(images)

    expected = torch.full((1, 1, 2, 2), 10.5)
    # TWO adds and halves whole numbers; FOUR divides, by 5/8 * 2 * (5/8 + 3/2) * ... for one
    torch.testing.assert_close(found, expected, atol=0, rtol=0 if way is TWO else 1e-6)


@pytest.mark.parametrize(
    ("h", "w"), [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (5, 4), (7, 7), (12, 9), (13, 13)]
)
@WAYS
def test_every_size_comes_out_the_same(way, h, w):
    images, kernels, biases = made_up(2, 6, 5, h, w)

    found = Winograd(kernels, biases, None, way)(images)

    assert found.shape == (2, 5, h, w)
    assert found.is_contiguous(memory_format=torch.channels_last)
    expected = convolved(images, kernels, biases)
    torch.testing.assert_close(found.double(), expected, **CLOSE[way])


# 11x9 pixels are 6 rows of 5 tiles of two, or 3 rows of 3 tiles of four
@pytest.mark.parametrize("at_once", [1, 10, 20, 36, 50, 72, 120, 10_000])
@WAYS
def test_strips_fit_together_whatever_their_size(way, at_once, monkeypatch):
    monkeypatch.setattr(winograd, "AT_ONCE", at_once)
    images, kernels, biases = made_up(3, 6, 5, 11, 9)

    found = Winograd(kernels, biases, None, way)(images)

    expected = convolved(images, kernels, biases)
    torch.testing.assert_close(found.double(), expected, **CLOSE[way])


@pytest.mark.parametrize("name", ["leaky", "mish", "relu6", "norm_chan", "norm_chan_softmax"])
def test_activations_see_channels_where_layers_have_them(name):
    images, kernels, biases = made_up(2, 6, 5, 6, 7)
    activation = mish_ if name == "mish" else ACTIVATIONS[name]

    found = Winograd(kernels, biases, activation, TWO)(images)

    expected = ACTIVATIONS[name](Winograd(kernels, biases, None, TWO)(images))
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)


def test_two_is_rounded_less_than_the_sum_as_it_stands():
    images, kernels, biases = made_up(1, 128, 128, 14, 14)
    exact = convolved(images, kernels, biases)

    ours = Winograd(kernels, biases, None, TWO)(images)
    sums = F.conv2d(images, kernels, biases, padding=1)

    # 3.7e-7 and 6.0e-7 of the norm where oneDNN sums up
    assert (ours - exact).norm() < 4e-7 * exact.norm()
    assert (ours - exact).norm() < (sums - exact).norm()


def test_four_is_rounded_about_as_the_sum_as_it_stands():
    images, kernels, biases = made_up(1, 256, 128, 14, 14)
    exact = convolved(images, kernels, biases)

    ours = Winograd(kernels, biases, None, FOUR)(images)
    usual = Winograd(kernels, biases, None, Transforms.at(0, 1, -1, 2, -2))(images)

    # 1.1e-6 of the norm where the sum has 8e-7, and 2.3e-6 with the usual points
    assert (ours - exact).norm() < 1.2e-6 * exact.norm()
    assert (ours - exact).norm() < 0.6 * (usual - exact).norm()


def test_values_at_0_1_and_minus_1_are_sums_and_differences():
    # The pixels d0 + d1 x + d2 x^2 + d3 x^3, without what vanishes at the other points: times
    # (x - 1)(x + 1) d0 - d2, x (x + 1) d1 + d2, x (x - 1) d2 - d1, x (x - 1)(x + 1) d3 - d1.
    one_way = torch.tensor([[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])

    assert TWO.pixels.equal(torch.kron(one_way, one_way).float())


@pytest.mark.parametrize(
    ("filters", "channels", "pixels", "way"),
    [
        (64, 64, 26 * 26, None),
        (64, 128, 26 * 26, None),
        (128, 64, 26 * 26, None),
        (128, 256, 13 * 13, TWO),
        (64, 256, 13 * 13, None),
        (256, 64, 13 * 13, None),
        (256, 256, 8 * 8, None),
    ],
)
def test_only_deep_layers_with_pixels_enough_are_faster(filters, channels, pixels, way):
    assert suiting(filters, channels, pixels) is way
