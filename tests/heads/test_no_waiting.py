"""A head's loss never asks how many there are of anything: on a device that would be a wait.

Every operation of the losses passes by here. Those that hand a number to Python, or whose result
has a size that depends on values, are the ones that wait for the device.
"""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.heads.stored import CASES, Case

WAITING = {
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "item",
    "masked_select",
    "nonzero",
    "nonzero_numpy",
    "unique_dim",
    "_unique",
    "_unique2",
    "bincount",
    "histc",
}
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_"}
MASKS = (torch.bool, torch.uint8)


class Watch(TorchDispatchMode):
    """Collects the operations that would wait."""

    def __init__(self):
        super().__init__()
        self.waits = []
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        self.count += 1
        masked = name in INDEXING and any(i is not None and i.dtype in MASKS for i in args[1])
        repeated = name == "repeat_interleave" and isinstance(args[0], torch.Tensor)
        # A tensor made from Python numbers comes from the host's memory.
        made = name == "lift_fresh" and args[0].numel() > 0
        if name in WAITING or masked or repeated or made:
            self.waits.append(name)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_loss_does_not_wait(kind, name, tmp_path):
    case = Case(kind, name, tmp_path)
    heads = case.network.heads.values()
    watch = Watch()
    for head in heads:
        head.loss = _watched(head.loss, watch)

    list(case.steps())

    assert watch.count > 3
    assert watch.waits == []


def _watched(loss, watch):
    def run(*args):
        with watch:
            return loss(*args)

    return run


@pytest.mark.parametrize(
    ("waits", "name"),
    [
        (lambda x, mask: x[mask], "index"),
        (lambda x, mask: x.__setitem__(mask, 0.0), "index_put_"),
        (lambda x, mask: x.sum().item(), "_local_scalar_dense"),
        (lambda x, mask: bool(mask.any()), "_local_scalar_dense"),
        (lambda x, mask: mask.nonzero(), "nonzero"),
        (lambda x, mask: x.masked_select(mask), "masked_select"),
        (lambda x, mask: x.unique(), "_unique2"),
        (lambda x, mask: x.new_tensor([1.0]), "lift_fresh"),
    ],
)
def test_the_watch_sees_what_waits(waits, name):
    x, mask = torch.arange(3.0), torch.tensor([True, False, True])

    with Watch() as watch:
        waits(x, mask)

    assert name in watch.waits
