"""-cache: where decoded pictures are kept, if they fit there."""

from __future__ import annotations

import shutil
from pathlib import Path

from darkpy.data.cache import PictureCache, available_bytes, estimated_bytes
from darkpy.data.dataset import Dataset
from darkpy.data.disk_cache import DiskCache
from darkpy.data.mapped_cache import MappedCache
from darkpy.errors import DataError
from darkpy.files import writable_folder

_SHARES = {"auto": 0.25, "ram": 0.75, "disk": 0.9}  # of what is free, where no limit is given
_SPARE = 1.25  # the size is estimated from a sample
_MEBIBYTE = 2**20


def open_cache(
    mode: str,
    dataset: Dataset,
    channels: int = 3,
    limit: int | None = None,
    *,
    enough: tuple[int, int] | None = None,
    folder: str | Path = "cache",
    among: int = 1,
    shared: bool = False,
) -> PictureCache:
    """A cache for `dataset` of at most `limit` bytes (None: a share of what is free).

    mode: "auto" keeps all pictures in memory if they fit and none otherwise, "off" keeps none,
    "ram" and "disk" keep all and raise a DataError if they do not fit. folder: for "disk". among:
    processes that keep pictures in this memory. shared: what is kept in memory is there for forked
    processes, too.
    """
    if mode == "off":
        return PictureCache(dataset, channels, enough=enough)
    needed = estimated_bytes(dataset, channels, enough)
    if mode == "disk":
        return _on_disk(dataset, channels, limit, needed, enough, folder)
    if limit is None:
        limit = int(available_bytes() * _SHARES[mode] / among)
    if needed > limit:
        if mode == "ram":
            raise DataError(_refusal(dataset, needed, limit, "memory", "disk"))
        return PictureCache(dataset, channels, enough=enough)
    if shared:
        return MappedCache(dataset, channels, min(limit, _wanted(needed)), enough)
    return PictureCache(dataset, channels, limit, enough)


def _on_disk(
    dataset: Dataset,
    channels: int,
    limit: int | None,
    needed: int,
    enough: tuple[int, int] | None,
    folder: str | Path,
) -> DiskCache:
    place = writable_folder(folder, "-cache disk")
    wanted = _wanted(needed)
    if limit is None:
        kept = sum(path.stat().st_size for path in place.glob("*.pictures"))
        limit = int((shutil.disk_usage(place).free + kept) * _SHARES["disk"])
    if wanted > limit:
        raise DataError(_refusal(dataset, wanted, limit, f"the disk of {place}", "off"))
    return DiskCache(dataset, place, channels, wanted, enough)


def _wanted(needed: int) -> int:
    """Bytes of a file for pictures that need about so many."""
    return max(1, int(needed * _SPARE))


def _refusal(dataset: Dataset, needed: int, limit: int, where: str, other: str) -> str:
    return (
        f"{dataset.source}: the decoded pictures need about {needed // _MEBIBYTE} MiB, "
        f"{limit // _MEBIBYTE} MiB of {where} may be used for them: take "
        f"`-cache {other}` or `-cache auto`"
    )
