"""What a network keeps from one picture to the next."""

from __future__ import annotations

from darkpy.layers.base import Layer
from darkpy.model.network import Network


def remembers(network: Network) -> bool:
    """Whether what it says of a picture depends on those before."""
    return any(type(layer).reset_state is not Layer.reset_state for layer in network.layers)
