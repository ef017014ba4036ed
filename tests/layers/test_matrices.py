"""[connected], [local] and [softmax]."""

from __future__ import annotations

import math

import pytest
import torch

from tests.layers.single import channels, layer_of, picture, set_values


def test_connected_sees_channels_then_rows_then_columns():
    layer = layer_of("[connected]\noutput=1\nactivation=linear", 2, 1, 2)
    set_values(layer, biases=5, weights=[1, 10, 100, 1000])
    x = torch.tensor([[[1.0, 2]], [[3, 4]]])[None]
    assert layer(x).tolist() == [[[[1 + 20 + 300 + 4000 + 5]]]]


def test_connected_stores_its_batch_norm_behind_the_weights():
    layer = layer_of("[connected]\noutput=2\nbatch_normalize=1", 3, 1, 1)
    names = [array.name for array in layer.plan.arrays]
    assert names == ["biases", "weights", "scales", "rolling_mean", "rolling_variance"]
    assert layer.decayed() == [layer.matrix.weight]


def test_connected_begins_within_the_root_of_two_over_its_inputs():
    layer = layer_of("[connected]\noutput=64", 50, 1, 1)
    assert 0.95 * 0.2 < layer.matrix.weight.abs().max().item() <= 0.2


def test_local_has_a_kernel_a_place():
    layer = layer_of("[local]\nfilters=1\nsize=1\nactivation=linear", 1, 1, 3)
    set_values(layer, biases=[1, 2, 3], weights=[10, 20, 30])
    assert layer(picture([1, 2, 3])).flatten().tolist() == [11, 42, 93]


def test_local_orders_its_kernel_by_channel_row_and_column():
    layer = layer_of("[local]\nfilters=2\nsize=2\nactivation=linear", 2, 2, 2)
    set_values(layer, biases=0, weights=[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    x = torch.arange(8.0).view(1, 2, 2, 2)
    # Filter 0: channel 0, upper left; filter 1: channel 1, lower left.
    assert layer(x).flatten().tolist() == [0, 6]


def test_softmax_of_groups_at_a_temperature():
    layer = layer_of("[softmax]\ngroups=2\ntemperature=2", 4, 1, 1)
    found = layer(channels(0, 2 * math.log(3), 5, 5)).flatten().tolist()
    assert found == pytest.approx([0.25, 0.75, 0.5, 0.5])


def test_softmax_of_each_pixel():
    layer = layer_of("[softmax]\nspatial=1", 2, 1, 2)
    x = torch.tensor([[[0.0, 7]], [[math.log(3), 7]]])[None]
    assert layer(x).flatten().tolist() == pytest.approx([0.25, 0.5, 0.75, 0.5])


def test_softmax_of_the_children_of_each_parent(tmp_path, monkeypatch):
    (tmp_path / "my.tree").write_text("animal -1\nplant -1\ncat 0\ndog 0\noak 1\n")
    monkeypatch.chdir(tmp_path)
    layer = layer_of("[softmax]\ntree=my.tree", 5, 1, 1)
    found = layer(channels(0, math.log(3), 2, 2, -9)).flatten().tolist()
    assert found == pytest.approx([0.25, 0.75, 0.5, 0.5, 1])
