from __future__ import annotations

import torch

from tests.layers.single import channels, layer_of, picture


def rows(x: torch.Tensor) -> list[list[float]]:
    return x[0, 0].tolist()


def test_windows_of_two_without_a_margin_at_the_left():
    layer = layer_of("[maxpool]\nsize=2\nstride=2", 1, 2, 4)
    assert rows(layer(picture([1, 2, 3, 4], [8, 7, 6, 5]))) == [[8, 6]]


def test_an_odd_side_gets_a_last_window_of_its_own():
    # padding = size - 1 = 1, all of it at the right and below: (3 + 1 - 2) / 2 + 1 = 2 windows.
    layer = layer_of("[maxpool]\nsize=2\nstride=2", 1, 1, 3)
    assert rows(layer(picture([-1, -2, -3]))) == [[-1, -3]]


def test_stride_1_keeps_the_size_and_the_border_counts_for_nothing():
    layer = layer_of("[maxpool]\nsize=2\nstride=1", 1, 1, 3)
    assert rows(layer(picture([-1, -2, -3]))) == [[-1, -2, -3]]


def test_of_an_even_padding_half_is_at_the_left():
    layer = layer_of("[maxpool]\nsize=3\nstride=1", 1, 1, 4)
    assert rows(layer(picture([1, 5, 2, 0]))) == [[5, 5, 5, 2]]


def test_two_strides():
    layer = layer_of("[maxpool]\nsize=1\nstride_x=2\nstride_y=1", 1, 2, 4)
    assert rows(layer(picture([1, 2, 3, 4], [5, 6, 7, 8]))) == [[1, 3], [5, 7]]


def test_depth_takes_the_largest_of_every_nth_channel():
    layer = layer_of("[maxpool]\nmaxpool_depth=1\nout_channels=2", 5, 1, 1)
    # Channels 0, 2, 4 and 1, 3.
    assert layer(channels(1, 9, 5, 2, 3)).flatten().tolist() == [5, 9]


def test_zero_nonmax_keeps_what_is_the_largest_of_its_window():
    layer = layer_of("[maxpool]\nsize=3\nstride=1\nmaxpool_zero_nonmax=1", 1, 1, 5)
    assert rows(layer(picture([1, 4, 2, 3, 3]))) == [[0, 4, 0, 3, 3]]


def test_antialiasing_of_two_averages_four_pixels():
    layer = layer_of("[maxpool]\nsize=1\nstride=2\nantialiasing=2", 1, 2, 4)
    assert rows(layer(picture([1, 2, 3, 4], [5, 6, 7, 8]))) == [[3.5, 5.5]]


def test_another_input_size_than_planned():
    layer = layer_of("[maxpool]\nsize=2\nstride=2", 1, 4, 4)
    assert layer(torch.zeros(1, 1, 7, 9)).shape == (1, 1, 4, 5)
