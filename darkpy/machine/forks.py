"""A child that was forked off after torch had computed in several threads.

The threads are not in the child, but torch waits for them there for ever. One thread works.
"""

from __future__ import annotations

import os

import torch

_prepared: list[bool] = []


def compute_alone_in_children() -> None:
    """Have later forks of this process compute in one thread; nothing changes in itself.

    Asked for when torch is about to compute in several threads; a second time does nothing.
    """
    if _prepared or torch.get_num_threads() == 1 or not hasattr(os, "register_at_fork"):
        return
    _prepared.append(True)
    os.register_at_fork(after_in_child=_compute_alone)


def _compute_alone() -> None:
    torch.set_num_threads(1)
