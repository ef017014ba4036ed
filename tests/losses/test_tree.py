"""A hierarchy of classes as tensors."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.beside import Tree
from darkpy.losses.tree import ClassTree

#   a      b
#  c d     e
#    f
TREE = ClassTree(Tree(("a", "b", "c", "d", "e", "f"), (-1, -1, 0, 0, 1, 3)))


def test_ways_lead_to_the_top():
    over = 6
    assert TREE.ways.tolist() == [
        [0, over, over],
        [1, over, over],
        [2, 0, over],
        [3, 0, over],
        [4, 1, over],
        [5, 3, 0],
    ]


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_softmax_is_among_siblings(dim):
    x = torch.randn(6, 6, 6, generator=torch.Generator().manual_seed(1)) * 100

    parts = [group.softmax(dim) for group in x.split((2, 2, 1, 1), dim)]

    torch.testing.assert_close(TREE.softmax(x, dim), torch.cat(parts, dim))


def test_absolute_probability_is_the_product_along_the_way():
    conditional = torch.tensor([[0.6, 0.4, 0.5, 0.5, 1.0, 0.9]])

    absolute = TREE.absolute(conditional, dim=1)

    # c: .5 * .6, d: .5 * .6, e: 1 * .4, f: .9 * .5 * .6
    assert absolute[0].tolist() == pytest.approx([0.6, 0.4, 0.3, 0.3, 0.4, 0.27])


def test_wanted_is_one_on_the_way_and_zero_beside_it():
    values, asked = TREE.wanted(torch.tensor([3, 4]))

    assert values.tolist() == [[1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0]]
    assert asked.int().tolist() == [[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0]]


def test_steps_that_do_not_count_ask_nothing():
    steps = torch.tensor([[True, False, False]])

    values, asked = TREE.wanted(torch.tensor([3]), steps)

    assert values.tolist() == [[0, 0, 0, 1, 0, 0]]
    assert asked.int().tolist() == [[0, 0, 1, 1, 0, 0]]
