"""[reorg], [reorg3d], [upsample] and [crop]."""

from __future__ import annotations

import pytest
import torch

from tests.layers.single import layer_of, picture

FOUR = picture([1, 2], [3, 4])


def test_upsample_repeats_and_scales():
    layer = layer_of("[upsample]\nstride=2\nscale=.5", 1, 1, 2)
    assert layer(picture([2, 6]))[0, 0].tolist() == [[1, 1, 3, 3], [1, 1, 3, 3]]


def test_upsample_below_zero_adds_up():
    assert layer_of("[upsample]\nstride=-2", 1, 2, 2)(FOUR).item() == 10


def test_reorg3d_gathers_the_corners_of_squares():
    layer = layer_of("[reorg3d]\nstride=2", 1, 2, 2)
    assert layer(FOUR).flatten().tolist() == [1, 2, 3, 4]
    two = layer_of("[reorg3d]\nstride=2", 2, 2, 2)
    # All upper left pixels first: of both channels, then the upper right ones, ...
    both = torch.cat((FOUR, 10 * FOUR), dim=1)
    assert two(both).flatten().tolist() == [1, 10, 2, 20, 3, 30, 4, 40]


def test_reorg_reads_the_memory_as_a_larger_picture_of_fewer_channels():
    layer = layer_of("[reorg]\nstride=2", 4, 2, 2)
    x = torch.arange(16.0).view(1, 4, 2, 2)
    # The 16 values as one 4 x 4 picture: its upper left pixels of each square are 0, 2, 8, 10.
    found = layer(x)
    assert found.shape == (1, 16, 1, 1)
    assert found.flatten().tolist() == [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]


@pytest.mark.parametrize("kind", ["reorg", "reorg3d"])
@pytest.mark.parametrize("reverse", [0, 1])
def test_every_value_comes_out_once(kind, reverse):
    layer = layer_of(f"[{kind}]\nstride=2\nreverse={reverse}", 16, 4, 6)
    x = torch.randperm(2 * 16 * 24).float().view(2, 16, 4, 6)
    found = layer(x)
    assert found.shape == (2, *layer.plan.out)
    for before, after in zip(x, found, strict=True):
        assert torch.equal(before.flatten().sort().values, after.flatten().sort().values)


def test_crop_takes_the_middle_and_stretches_to_minus_1():
    layer = layer_of("[crop]\ncrop_width=2\ncrop_height=1", 1, 3, 4)
    x = picture([0, 0, 0, 0], [0, 0.25, 0.75, 0], [0, 0, 0, 0])
    assert layer(x).flatten().tolist() == [-0.5, 0.5]
    raw = layer_of("[crop]\ncrop_width=2\ncrop_height=1\nnoadjust=1", 1, 3, 4)
    assert raw(x).flatten().tolist() == [0.25, 0.75]


def test_crop_of_a_training_picture_is_one_of_its_parts():
    layer = layer_of("[crop]\ncrop_width=2\ncrop_height=1\nflip=1\nnoadjust=1", 1, 1, 4).train()
    x = picture([1, 2, 3, 4])
    torch.manual_seed(0)
    parts = {tuple(layer(x).flatten().tolist()) for _ in range(200)}
    assert parts == {(1, 2), (2, 3), (3, 4), (2, 1), (3, 2), (4, 3)}
