"""A host's random state is its own."""

from __future__ import annotations

import pytest
import torch

from darkpy.machine.host import with_own_chance


def throws(log):
    torch.manual_seed(5)
    try:
        while True:
            yield float(torch.rand(()))
    finally:
        log.append("closed")


def test_the_stream_of_each_side_goes_on_as_if_it_was_alone():
    alone = throws([])
    expected = [next(alone) for _ in range(3)]
    torch.manual_seed(9)
    host_alone = [float(torch.rand(())) for _ in range(3)]

    torch.manual_seed(9)
    log, got, host = [], [], []
    mixed = with_own_chance(throws(log))
    for _ in range(3):
        got.append(next(mixed))
        host.append(float(torch.rand(())))
    mixed.close()

    assert got == expected
    assert host == host_alone
    assert log == ["closed"]


def test_an_error_leaves_the_hosts_state_too():
    def fails():
        torch.manual_seed(5)
        raise ValueError("broken")
        yield

    before = torch.get_rng_state()

    with pytest.raises(ValueError, match="broken"):
        next(with_own_chance(fails()))

    assert torch.equal(torch.get_rng_state(), before)
