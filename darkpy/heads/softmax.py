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

_LEAST = torch.finfo(torch.float32).tiny


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
        """Cross-entropy; with a tree only along the way to the class. CfgError for boxes.

        Darknet prints the logarithms of all classes that are wanted at all, unweighted, which is
        no cross-entropy where classes are smoothed or mixed (AlexeyAB/darknet issue 5207).
        """
        if self.options.noloss:
            return Delta(torch.zeros_like(output), {})
        wanted, given = values_like(self, output, truths), output
        if self.tree is not None:
            wanted, shares = self._along_the_tree(wanted.flatten(1))
            wanted, given = wanted.view(output.shape), output * shares.view(output.shape)
        asked = wanted != HIDDEN
        # The logarithm of a probability that is 0 in float32 would be infinite.
        logarithms = output.clamp(min=_LEAST).log()
        error = torch.where(asked, -wanted * logarithms, 0)
        delta = torch.where(asked, wanted - given, 0)
        return Delta(delta, {"classes": error.sum()}, _top_class(output, wanted))

    def _along_the_tree(self, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Ancestors of what is wanted are wanted too, untouched groups hidden: fill_hierarchy().

        Gives what is wanted (B, K), and for each class how much is wanted of its group, (B, K):
        all of it, or in mixed pictures the share of those that have a class there. Darknet mixes
        what it has hidden, too.
        """
        tree = self.tree
        named = wanted.clamp(min=0)
        padded = wanted.new_zeros(len(wanted), tree.classes + 1)
        above = tree.ways[:, 1:].T  # (D - 1, K)
        for parents in above:
            padded.index_add_(1, parents, named)
        below = padded[:, :-1]
        whole = torch.where((below > 0) & (wanted >= 0), (wanted + below).clamp(max=1), wanted)
        mass = wanted.new_zeros(len(wanted), tree.group_count)
        mass = mass.index_add_(1, tree.groups, whole.clamp(min=0)).clamp(max=1)[:, tree.groups]
        return torch.where(mass > 0, whole, HIDDEN), mass


def _top_class(output: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """How many pictures have their likeliest class right, and how many there are."""
    right = output.flatten(1).argmax(dim=1) == wanted.flatten(1).argmax(dim=1)
    return {"right": right.sum(), "pictures": torch.ones_like(right).sum()}
