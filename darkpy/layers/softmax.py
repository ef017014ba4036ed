"""[softmax]: probabilities that add up to 1."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.cfg.beside import named_file, read_tree
from darkpy.layers.base import LAYERS, Layer
from darkpy.sections.base import Plan


@LAYERS("softmax", "soft")
class Softmax(Layer):
    """(B, C, H, W) -> the same shape; each group of values adds up to 1."""

    def __init__(self, plan: Plan) -> None:
        """CfgError where the tree file cannot be read."""
        super().__init__(plan)
        tree = self.options.tree
        source = plan.section.source
        self.group_sizes = read_tree(named_file(tree, source)).group_sizes if tree else ()

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        if self.group_sizes:
            groups = (x.flatten(1) / o.temperature).split(self.group_sizes, dim=1)
            return torch.cat([group.softmax(dim=1) for group in groups], dim=1).view(x.shape)
        if o.spatial:
            return x.softmax(dim=1)
        groups = (x / o.temperature).reshape(x.shape[0], o.groups, -1)
        return groups.softmax(dim=2).view(x.shape)
