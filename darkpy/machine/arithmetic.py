"""What a GPU makes of float32, for as long as a block runs.

Left alone torch lets cuDNN round the factors of convolutions to TF32's 10 bits, and pick among
algorithms that add up in whatever order the threads come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Where torch keeps them: (object, name).
_CONVOLUTIONS = (torch.backends.cudnn, "allow_tf32")
_PRODUCTS = (torch.backends.cuda.matmul, "allow_tf32")
_ORDER = (torch.backends.cudnn, "deterministic")
_TRIALS = (torch.backends.cudnn, "benchmark")


@contextmanager
def arithmetic(
    device: torch.device, *, tf32: bool = False, deterministic: bool = False
) -> Iterator[None]:
    """Compute so on a GPU inside the block; whatever the caller had set is set again after it.

    tf32: convolutions and matrix products may round their factors to 10 bits. deterministic: only
    algorithms that give the same bytes each time; else cuDNN's setting is left as it is.
    """
    if device.type != "cuda":
        yield
        return
    wanted = {_CONVOLUTIONS: tf32, _PRODUCTS: tf32}
    if deterministic:
        wanted |= {_ORDER: True, _TRIALS: False}
    before = {place: getattr(*place) for place in wanted}
    try:
        _set(wanted)
        yield
    finally:
        _set(before)


def _set(values: dict[tuple[object, str], bool]) -> None:
    for (owner, name), value in values.items():
        setattr(owner, name, value)
