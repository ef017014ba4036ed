"""[rnn]: a plain recurrent layer."""

from __future__ import annotations

from darkpy.layers.base import LAYERS
from darkpy.layers.connected import Connected
from darkpy.layers.crnn import Simple


@LAYERS("rnn")
class Rnn(Simple):
    """(B, C, H, W) -> (B, output, 1, 1)."""

    part_kind = Connected
