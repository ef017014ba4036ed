"""[batchnorm], [normalization] and [l2norm]."""

from __future__ import annotations

import pytest
import torch

from tests.layers.single import channels, layer_of, set_values


def test_batchnorm_on_its_own():
    layer = layer_of("[batchnorm]", 2, 1, 1)
    names = [array.name for array in layer.plan.arrays]
    assert names == ["biases", "scales", "rolling_mean", "rolling_variance"]
    set_values(layer, biases=[1, 0], scales=[2, 1], rolling_mean=[3, 0], rolling_variance=1 - 1e-5)
    assert layer(channels(4, 5)).flatten().tolist() == pytest.approx([3, 5])


def test_batchnorm_spares_its_scales_from_decay():
    assert layer_of("[batchnorm]", 2, 1, 1).decayed() == []


def test_normalization_leaves_out_the_square_that_the_c_program_forgets():
    layer = layer_of("[normalization]\nsize=3\nalpha=1\nbeta=1\nkappa=1", 4, 1, 1)
    # The running sum of the neighbours' squares begins without that of channel 3 // 2 = 1, 4, and
    # takes it off at the end all the same. Squares 1 4 9 16; the sums are 1, 1 + 9,
    # 1 + 9 + 16 - 1, 1 + 9 + 16 - 1 - 4.
    found = layer(channels(1, 2, 3, 4)).flatten().tolist()
    assert found == pytest.approx([1 / 2, 2 / 11, 3 / 26, 4 / 22])


def test_no_gradient_flows_through_the_divisor_of_normalization():
    layer = layer_of("[normalization]\nsize=1\nalpha=1\nbeta=1\nkappa=1", 2, 1, 1)
    x = channels(1, 3).requires_grad_()
    layer(x).sum().backward()
    # Of size 1 the forgotten square is channel 0's, 1: 1 / 1 and 1 / (1 + 9 - 1).
    assert x.grad.flatten().tolist() == pytest.approx([1, 1 / 9])


def test_pictures_of_a_mini_batch_share_statistics_in_training_only():
    layer = layer_of("[batchnorm]", 1, 1, 1).train()
    x = torch.tensor([1.0, 3]).view(2, 1, 1, 1)
    assert layer(x).flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)


def test_l2norm_gives_each_pixel_its_scales():
    layer = layer_of("[l2norm]", 2, 1, 1)
    # (3, 4) is of length 5, and the factors begin with 20.
    assert layer(channels(3, 4)).flatten().tolist() == pytest.approx([12, 16])

    set_values(layer, scales=[1, 10])
    assert layer(channels(3, 4)).flatten().tolist() == pytest.approx([0.6, 8])
    assert layer.decayed() == []


def test_l2norm_of_nothing_is_nothing_and_has_a_gradient():
    layer = layer_of("[l2norm]", 2, 1, 1)
    x = channels(0, 0).requires_grad_()

    found = layer(x)
    found.sum().backward()

    assert found.abs().sum() == 0
    assert x.grad.isfinite().all()
