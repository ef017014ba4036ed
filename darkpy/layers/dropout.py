"""[dropout]: in training, set a random share of the values to zero."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from darkpy.layers.base import LAYERS, Layer


@LAYERS("dropout")
class Dropout(Layer):
    """(B, C, H, W) -> (B, C, H, W); what is kept grows by 1 / (1 - probability)."""

    overwrites_input = True  # parse_network_cfg_custom(): the output is the input's own memory

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.options.probability, self.training)
