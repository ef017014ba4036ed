"""[avgpool] and [local_avgpool]."""

from __future__ import annotations

import torch

from tests.layers.single import layer_of, picture


def test_the_mean_of_a_channel():
    x = torch.tensor([[[1.0, 2], [3, 6]], [[0, 0], [0, 8]]])[None]
    assert layer_of("[avgpool]", 2, 2, 2)(x).flatten().tolist() == [3, 2]


def test_a_local_mean_counts_only_pixels_of_the_picture():
    layer = layer_of("[local_avgpool]\nsize=3\nstride=1", 1, 1, 3)
    # (3 + 6) / 2, (3 + 6 + 0) / 3, (6 + 0) / 2: one px of margin at each side counts for nothing.
    assert layer(picture([3, 6, 0])).flatten().tolist() == [4.5, 3, 3]


def test_local_means_without_margins_and_with_two_strides():
    layer = layer_of("[local_avgpool]\nsize=2\npadding=0\nstride_x=2\nstride_y=1", 1, 3, 4)
    x = picture([0, 4, 8, 12], [0, 4, 8, 12], [8, 12, 16, 20])
    assert layer(x)[0, 0].tolist() == [[2, 10], [6, 14]]
