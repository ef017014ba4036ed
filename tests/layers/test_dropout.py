from __future__ import annotations

import pytest
import torch

from darkpy.layers.dropout import draw_blocks
from tests.layers.single import layer_of


def test_what_is_kept_makes_up_for_what_is_lost():
    torch.manual_seed(0)
    layer = layer_of("[dropout]\nprobability=.25", 1, 100, 100).train()
    found = layer(torch.ones(1, 1, 100, 100))
    assert found.unique().tolist() == pytest.approx([0, 4 / 3])
    # 10,000 tosses: the share of zeros lies within four standard deviations of .0043.
    assert (found == 0).float().mean().item() == pytest.approx(0.25, abs=0.018)


def test_at_inference_nothing_is_lost():
    for keys in ("", "dropblock=1"):
        x = torch.rand(1, 2, 8, 8)
        assert torch.equal(layer_of(f"[dropout]\n{keys}", 2, 8, 8)(x), x)


def test_blocks_are_whole_squares_at_most_one_a_channel():
    torch.manual_seed(1)
    kept = draw_blocks(torch.zeros(4, 64, 9, 9), 3, probability=1.0)
    assert (kept == 0).sum(dim=(2, 3)).unique().tolist() == [9]
    rows = (kept == 0).any(dim=3).sum(dim=2)
    assert rows.unique().tolist() == [3]
    starts = (kept == 0).any(dim=3).int().argmax(dim=2)
    assert set(starts.unique().tolist()) == set(range(7))


def test_without_luck_no_block_is_dropped():
    assert draw_blocks(torch.zeros(2, 8, 5, 5), 3, probability=0.0).min() == 1


def test_blocks_grow_over_85_percent_of_the_training():
    text = "[dropout]\nprobability=1\ndropblock=1\ndropblock_size_abs=4"
    layer = layer_of(text, 32, 8, 8, net="max_batches=1000").train()
    torch.manual_seed(0)
    sizes = {}
    for iteration in (1, 426, 851, 1000):
        layer.begin(iteration)
        found = layer(torch.ones(8, 32, 8, 8))
        sizes[iteration] = (found == 0).sum(dim=(2, 3)).max().item()
    # None is begun at first; half of 4 px after 425 iterations, all 4 after 850.
    assert sizes == {1: 0, 426: 4, 851: 16, 1000: 16}


def test_kept_values_of_a_picture_make_up_for_its_own_blocks():
    text = "[dropout]\nprobability=1\ndropblock=1\ndropblock_size_abs=2"
    layer = layer_of(text, 4, 8, 8, net="max_batches=10").train()
    layer.begin(10)
    torch.manual_seed(3)
    x = torch.ones(3, 4, 8, 8)
    assert layer(x).mean(dim=(1, 2, 3)).tolist() == pytest.approx([1, 1, 1])
