"""[sam]: an earlier layer, each value times the one at its place in the layer before."""

from __future__ import annotations

from darkpy.layers.base import LAYERS
from darkpy.layers.scale_channels import ScaleChannels


@LAYERS("sam")
class Sam(ScaleChannels):
    """(B, C, H, W) factors and (B, C, H, W) -> (B, C, H, W)."""
