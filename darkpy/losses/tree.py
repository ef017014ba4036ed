"""A hierarchy of classes as tensors: softmax among siblings, ways from a class to the top.

C: softmax_tree(), get_hierarchy_probability(), hierarchy_predictions() of Darknet's src.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from darkpy.cfg.beside import Tree


class ClassTree(nn.Module):
    """K classes in G groups of siblings; a way has at most D classes.

    groups (K,): the group of each class. ways (K, D): each class, its parent and so on; K where
    the way is over.
    """

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self.classes = len(tree.names)
        self.group_count = len(tree.group_sizes)
        ways = torch.full((self.classes, tree.depth), self.classes)
        for number, parent in enumerate(tree.parents):
            ways[number, 0] = number
            if parent >= 0:
                ways[number, 1:] = ways[parent, :-1]
        self.register_buffer("ways", ways, persistent=False)
        self.register_buffer("groups", torch.tensor(tree.groups), persistent=False)
        padded = torch.tensor([*tree.groups, self.group_count])
        self.register_buffer("_padded_groups", padded, persistent=False)

    def softmax(self, x: Tensor, dim: int) -> Tensor:
        """Softmax along the K values of `dim`, each group by itself."""
        shape = list(x.shape)
        shape[dim] = self.group_count
        along = [1] * x.dim()
        along[dim] = self.classes
        index = self.groups.view(along).expand_as(x)
        largest = x.new_full(shape, -torch.inf).scatter_reduce_(dim, index, x, "amax")
        raised = (x - largest.index_select(dim, self.groups)).exp()
        # of raised's type: on a GPU autocast computes exp in float32 whatever x is
        total = raised.new_zeros(shape).index_add_(dim, self.groups, raised)
        return raised / total.index_select(dim, self.groups)

    def absolute(self, conditional: Tensor, dim: int) -> Tensor:
        """Probability of each class from those of all on its way, K values along `dim`."""
        padded = torch.cat((conditional, torch.ones_like(conditional.narrow(dim, 0, 1))), dim)
        product = conditional
        for parents in self.ways.T[1:]:
            product = product * padded.index_select(dim, parents)
        return product

    def wanted(self, classes: Tensor, counts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What ways to `classes` (E,) ask: values (E, K), and which of them are asked (E, K).

        On the way 1, their siblings 0; other groups are not asked. counts (E, D): the steps of
        the ways that count, default all.
        """
        ways = self.ways[classes]
        if counts is not None:
            ways = torch.where(counts, ways, self.classes)
        values = torch.zeros(len(classes), self.classes + 1, device=classes.device)
        values = values.scatter_(1, ways, 1)[:, :-1]
        asked = torch.zeros(len(classes), self.group_count + 1, device=classes.device)
        asked = asked.scatter_(1, self.way_groups(ways), 1)
        return values, asked[:, self.groups] > 0

    def way_groups(self, ways: Tensor) -> Tensor:
        """The groups of classes of ways; G where a way is over."""
        return self._padded_groups[ways]
