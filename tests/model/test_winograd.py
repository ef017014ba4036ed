"""Fewer products give the same convolution."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from darkpy.layers.activation import ACTIVATIONS
from darkpy.model import winograd
from darkpy.model.fast import mish_
from darkpy.model.winograd import Winograd, suits


def made_up(b: int, c: int, f: int, h: int, w: int):
    torch.manual_seed(5)
    kernels = torch.randn(f, c, 3, 3).contiguous(memory_format=torch.channels_last)
    images = torch.randn(b, c, h, w).contiguous(memory_format=torch.channels_last)
    return images, kernels, torch.randn(f)


def convolved(images, kernels, biases):
    return F.conv2d(images.double(), kernels.double(), biases.double(), padding=1)


def test_two_by_two_pixels_by_hand():
    # 1 2 in the upper row, 3 4 below; a kernel of ones adds up all that it reaches, and 0.5 more
    images = torch.tensor([[[[1.0, 2], [3, 4]]]])

    found = Winograd(torch.ones(1, 1, 3, 3), torch.tensor([0.5]), None)(images)

    assert found.tolist() == [[[[10.5, 10.5], [10.5, 10.5]]]]


@pytest.mark.parametrize(
    ("h", "w"), [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (5, 4), (7, 7), (12, 9), (13, 13)]
)
def test_every_size_comes_out_the_same(h, w):
    images, kernels, biases = made_up(2, 6, 5, h, w)

    found = Winograd(kernels, biases, None)(images)

    assert found.shape == (2, 5, h, w)
    assert found.is_contiguous(memory_format=torch.channels_last)
    expected = convolved(images, kernels, biases)
    torch.testing.assert_close(found.double(), expected, atol=5e-6, rtol=2e-6)


@pytest.mark.parametrize("at_once", [1, 60, 130, 300, 600, 10_000])
def test_strips_fit_together_whatever_their_size(at_once, monkeypatch):
    monkeypatch.setattr(winograd, "_AT_ONCE", at_once)
    images, kernels, biases = made_up(3, 6, 5, 11, 9)

    found = Winograd(kernels, biases, None)(images)

    expected = convolved(images, kernels, biases)
    torch.testing.assert_close(found.double(), expected, atol=5e-6, rtol=2e-6)


@pytest.mark.parametrize("name", ["leaky", "mish", "relu6", "norm_chan", "norm_chan_softmax"])
def test_activations_see_channels_where_layers_have_them(name):
    images, kernels, biases = made_up(2, 6, 5, 6, 7)
    activation = mish_ if name == "mish" else ACTIVATIONS[name]

    found = Winograd(kernels, biases, activation)(images)

    expected = ACTIVATIONS[name](convolved(images, kernels, biases).float())
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)


def test_it_is_rounded_less_than_the_sum_as_it_stands():
    images, kernels, biases = made_up(1, 128, 128, 14, 14)
    exact = convolved(images, kernels, biases)

    ours = Winograd(kernels, biases, None)(images)
    sums = F.conv2d(images, kernels, biases, padding=1)

    # 2.6e-7 and 4.3e-7 of the norm where oneDNN sums up
    assert (ours - exact).norm() < 4e-7 * exact.norm()
    assert (ours - exact).norm() < (sums - exact).norm()


def test_only_deep_layers_with_pixels_enough_are_faster():
    assert suits(128, 256, 13 * 13)
    assert not suits(64, 256, 13 * 13)
    assert not suits(256, 64, 13 * 13)
    assert not suits(256, 256, 8 * 8)
