"""scripts/bench load: its numbers can be trusted, and memory stays flat."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from darkpy.data.loader import Loader
from darkpy.machine.allocator import keep_freed_memory
from scripts.loading import measure
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def tabletop():
    return measure.data_set(ROOT / "data/tabletop/tabletop.data")


def test_memory_stays_flat_with_mosaic_mixup_and_random_sizes(tabletop):
    measure.memory_slope(tabletop, 100, side=64)  # pools and tables fill
    before = measure.resident_mebibytes()

    measure.memory_slope(tabletop, 300, side=64)

    # A batch is 2 pictures of at most 96 px, 54 KiB: kept, 300 of them would be 16 MiB.
    assert measure.resident_mebibytes() - before < 8


def test_the_calls_of_opencv_beside_the_loader_make_the_same_picture(tabletop):
    with measure.loader(tabletop, side=64, threads=0, recipe=measure.PLAIN) as made:
        _, (batch,) = next(iter(made))
    for pixels, number, draw in zip(batch.images, batch.indices, batch.draws, strict=True):
        part, source = draw.parts[0], made.cache.read(int(number))
        bare = measure.bare_picture(part, source, 64)

        np.testing.assert_array_equal(pixels.permute(1, 2, 0), bare)
    assert all(time > 0 for time in measure.beside_opencv(tabletop, 1, 64))


def leave_freed_memory(blocks):
    """Two threads fill memory of their own, 128 KiB a block, and free all but the last block."""
    keep_freed_memory()
    gate, last = threading.Barrier(2), []

    def fill():
        gate.wait(30)
        filled = [np.ones(2**17, np.uint8) for _ in range(blocks)]
        last.append(np.ones(2**17, np.uint8))
        gate.wait(30)
        filled.clear()

    threads = [threading.Thread(target=fill) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return last


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [0, 400])
def test_a_leak_would_be_seen(tabletop, monkeypatch, blocks):
    """Also where the process has freed memory at hand, as much as would be lost."""
    _held = leave_freed_memory(blocks)
    kept, real = [], Loader._make

    def leaking(self, *args):
        made = real(self, *args)
        kept.append(np.ones(2**17, np.uint8))  # 128 KiB
        return made

    monkeypatch.setattr(Loader, "_make", leaking)

    # Two pictures a batch, 1/4 MiB: 250 MiB in 1000 batches.
    assert measure.memory_slope(tabletop, 300, side=32) > 125


def test_the_stages_add_up_to_the_whole(tabletop):
    shares = measure.stage_shares(tabletop, 2, 64)

    assert sum(shares.values()) == pytest.approx(1)
    assert {"decode", "crop and resize", "colour", "other"} <= set(shares)
    assert all(0 <= share < 1 for share in shares.values())
