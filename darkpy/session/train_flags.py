"""The flags of a training, and the seed where they name none."""

from __future__ import annotations

import secrets

from darkpy.flags.detector import TrainFlags

__all__ = ["TrainFlags", "drawn_seed"]

_SEED_BITS = 31


def drawn_seed() -> int:
    """A seed where none was given."""
    return secrets.randbits(_SEED_BITS)
