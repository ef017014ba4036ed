"""Decoded pictures in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from darkpy.data import disk_cache, mapped_cache
from darkpy.data.cache import available_bytes, estimated_bytes
from darkpy.data.caching import open_cache
from darkpy.data.disk_cache import DiskCache
from darkpy.errors import DataError, PictureError
from tests.data.conftest import write_picture

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

    with pytest.raises(DataError, match=r"0 MiB, 0 MiB of memory may be.*-cache disk"):
        open_cache("ram", ds, limit=PICTURE)


def test_the_cache_never_holds_more_than_its_limit(ds):
    cache = open_cache("auto", ds, limit=4 * PICTURE)
    cache.limit = 2 * PICTURE  # as if the estimate had been wrong

    for i in range(4):
        cache.read(i)

    assert cache.held == 2 * PICTURE


def test_the_available_memory_is_known_here():
    assert available_bytes() > 2**20


@pytest.mark.parametrize("mode", ["ram", "disk"])
def test_a_changed_picture_is_decoded_again_and_a_vanished_one_is_missing(ds, mode, tmp_path):
    cache = open_cache(mode, ds, limit=2**20, folder=tmp_path / "cache")
    assert (cache.read(1) == 30).all()

    write_picture(Path(ds.path(1)), 99, (10, 12))
    os.utime(ds.path(1), ns=(1, 1))

    assert cache.read(1).shape == (10, 12, 3)
    assert (cache.read(1) == 99).all()
    Path(ds.path(1)).unlink()
    with pytest.raises(PictureError, match="cannot be read"):
        cache.read(1)
    cache.close()


def test_a_disk_cache_is_found_again_by_the_next_run(ds, tmp_path, monkeypatch):
    first = open_cache("disk", ds, folder=tmp_path / "cache")
    for i in (2, 0, 3):
        first.read(i)
    first.close()
    write_picture(Path(ds.path(3)), 77)
    os.utime(ds.path(3), ns=(5, 5))

    again = open_cache("disk", ds, folder=tmp_path / "cache")
    decoded = []
    real = mapped_cache.read_picture
    monkeypatch.setattr(mapped_cache, "read_picture", lambda *a: decoded.append(a[0]) or real(*a))
    levels = [int(again.read(i)[0, 0, 0]) for i in range(4)]
    again.close()

    # Levels of make_dataset: 20 i + 10; picture 1 was never read, picture 3 has changed.
    assert levels == [10, 30, 50, 77]
    assert decoded == [ds.path(1), ds.path(3)]


def test_a_disk_cache_refuses_what_does_not_fit(ds, tmp_path):
    with pytest.raises(DataError, match=r"0 MiB of the disk of .*cache may be used.*-cache off"):
        open_cache("disk", ds, limit=PICTURE, folder=tmp_path / "cache")


def test_a_disk_cache_never_grows_beyond_its_limit(ds, tmp_path):
    cache = DiskCache(ds, tmp_path, limit=2 * PICTURE)

    levels = [int(cache.read(i)[0, 0, 0]) for i in range(4)]
    cache.close()

    assert levels == [10, 30, 50, 70]
    assert cache.path.stat().st_size == cache.held == 2 * PICTURE


def test_a_full_disk_ends_the_keeping_not_the_reading(ds, tmp_path, monkeypatch):
    cache = DiskCache(ds, tmp_path, limit=2**20)
    cache.read(0)
    with open(os.devnull, "rb", buffering=0) as full, monkeypatch.context() as patch:
        patch.setattr(cache, "_file", full)  # every write to it fails
        assert (cache.read(1) == 30).all()
    assert cache.held == PICTURE
    assert (cache.read(0) == 10).all()
    cache.close()


@pytest.mark.parametrize("damage", ["index", "pictures", "kind"])
def test_a_damaged_or_different_disk_cache_is_made_anew(ds, tmp_path, damage):
    cache = DiskCache(ds, tmp_path, limit=2**20)
    for i in range(4):
        cache.read(i)
    cache.close()
    if damage == "index":
        cache.index.write_bytes(b"PK\x03\x04 no index")
    if damage == "pictures":
        os.truncate(cache.path, PICTURE)

    again = DiskCache(ds, tmp_path, limit=2**20, enough=(9, 9) if damage == "kind" else None)

    assert again.held == 0
    assert not again.index.exists()
    assert [int(again.read(i)[0, 0, 0]) for i in range(4)] == [10, 30, 50, 70]
    again.close()


@pytest.mark.skipif(disk_cache.fcntl is None, reason="Windows locks mapped files by itself")
def test_a_disk_cache_belongs_to_one_run_at_a_time(ds, tmp_path):
    cache = DiskCache(ds, tmp_path, limit=2**20)

    with pytest.raises(DataError, match="in use by another run"):
        DiskCache(ds, tmp_path, limit=2**20)
    cache.close()
    DiskCache(ds, tmp_path, limit=2**20).close()
