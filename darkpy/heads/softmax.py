"""[softmax]: probabilities that add up to 1, and the loss of classifiers; softmax_layer.c."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.cfg.beside import named_file, read_tree
from darkpy.heads.base import Hw, Moment, Truths, Wanted
from darkpy.heads.cost import HIDDEN, values_like
from darkpy.heads.delta import Delta, DeltaHead
from darkpy.layers.base import LAYERS
from darkpy.losses.tree import ClassTree
from darkpy.sections.base import Plan


@LAYERS("softmax", "soft")
class Softmax(DeltaHead):
    """(B, C, H, W) -> the same shape; each group of values adds up to 1.

    The gradient is `wanted - given`, which is that of the cross-entropy at temperature 1; what
    later layers ask is passed on as it is, as Darknet does.
    """

    def __init__(self, plan: Plan) -> None:
        """CfgError where the tree file cannot be read."""
        super().__init__(plan)
        o, source = self.options, plan.section.source
        self.tree = ClassTree(read_tree(named_file(o.tree, source))) if o.tree else None

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        if self.tree is not None:
            return self.tree.softmax(x.flatten(1) / o.temperature, dim=1).view(x.shape)
        if o.spatial:
            return x.softmax(dim=1)
        groups = (x / o.temperature).reshape(x.shape[0], o.groups, -1)
        return groups.softmax(dim=2).view(x.shape)

    def delta(self, output: Tensor, truths: Truths | Wanted, net_hw: Hw, moment: Moment) -> Delta:
        """Cross-entropy; with a tree only along the way to the class. CfgError for boxes."""
        if self.options.noloss:
            return Delta(torch.zeros_like(output), {})
        wanted = values_like(self, output, truths)
        if self.tree is not None:
            wanted = self._along_the_tree(wanted.flatten(1)).view(output.shape)
        asked = wanted != HIDDEN
        error = torch.where(asked & (wanted != 0), -output.log(), 0)
        delta = torch.where(asked, wanted - output, 0)
        return Delta(delta, {"classes": error.sum()}, _top_class(output, wanted))

    def _along_the_tree(self, wanted: Tensor) -> Tensor:
        """Ancestors of what is wanted are wanted too, untouched groups hidden: fill_hierarchy()."""
        tree = self.tree
        named = (wanted > 0).to(wanted.dtype)  # (B, K)
        padded = wanted.new_zeros(len(wanted), tree.classes + 1)
        above = tree.ways[:, 1:].T  # (D - 1, K)
        for parents in above:
            padded.index_add_(1, parents, named)
        whole = torch.where((padded[:, :-1] > 0) & (wanted >= 0), 1.0, wanted)
        touched = wanted.new_zeros(len(wanted), tree.group_count)
        touched.index_add_(1, tree.groups, (whole > 0).to(wanted.dtype))
        return torch.where(touched[:, tree.groups] > 0, whole, HIDDEN)


def _top_class(output: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """How many pictures have their likeliest class right, and how many there are."""
    right = output.flatten(1).argmax(dim=1) == wanted.flatten(1).argmax(dim=1)
    return {"right": right.sum(), "pictures": torch.ones_like(right).sum()}
