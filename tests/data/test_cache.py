"""Decoded pictures in memory."""

from __future__ import annotations

import pytest

from darkpy.data.cache import available_bytes, estimated_bytes, open_cache
from darkpy.errors import DataError

PICTURE = 24 * 32 * 3  # bytes of one picture of these tests


@pytest.fixture
def ds(make_dataset):
    return make_dataset(dict.fromkeys("abcd"))


def test_the_estimate_is_the_sum_of_all_pictures(ds):
    assert estimated_bytes(ds) == 4 * PICTURE
    assert estimated_bytes(ds, channels=1) == 4 * PICTURE // 3


def test_auto_keeps_all_that_fit(ds):
    cache = open_cache("auto", ds, limit=4 * PICTURE)

    first = cache.read(0)
    cache.read(0)

    assert cache.read(0) is first
    assert cache.held == PICTURE
    assert not first.flags.writeable


def test_auto_keeps_nothing_where_one_does_not_fit(ds):
    cache = open_cache("auto", ds, limit=4 * PICTURE - 1)

    assert cache.read(0) is not cache.read(0)
    assert cache.held == 0


def test_off_keeps_nothing(ds):
    cache = open_cache("off", ds)

    assert cache.read(0) is not cache.read(0)


def test_ram_refuses_what_does_not_fit_and_says_how_much_it_is(make_dataset):
    ds = make_dataset(dict.fromkeys("abcd"))

    with pytest.raises(DataError, match=r"need about 0 MiB, 0 MiB may be used.*-cache off"):
        open_cache("ram", ds, limit=PICTURE)


def test_the_cache_never_holds_more_than_its_limit(ds):
    cache = open_cache("auto", ds, limit=4 * PICTURE)
    cache.limit = 2 * PICTURE  # as if the estimate had been wrong

    for i in range(4):
        cache.read(i)

    assert cache.held == 2 * PICTURE


def test_the_available_memory_is_known_here():
    assert available_bytes() > 2**20
