"""Which pictures belong together: frames of one video, copies, near-duplicates.

A validation picture that is nearly the same as a training picture makes a detector look better
than it is; what belongs together therefore goes to one side of a split.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkpy.data.alike import connected, distances, near_duplicates

_NUMBERED = re.compile(r"^(.*?)[ _.-]*\(?(\d{1,18})\)?$")
_EXPORTED = re.compile(r"[._](?:jpe?g|png|bmp)\.rf\.[0-9a-f]+$", re.IGNORECASE)  # by Roboflow
_SHORTEST = 4  # pictures; fewer cannot show that neighbours are alike
_NO_TIES = np.empty((0, 2), dtype=np.int64)
# Neighbours of a video differ in less than this share of the bits in which distant frames differ.
_ALIKE_SHARE = 0.7


@dataclass(frozen=True)
class Groups:
    """P pictures, grouped.

    group: (P,) the group of each, 0 to count-1. videos: series of names whose neighbours look
    alike. series: the others, whose numbers mean nothing. alike: pictures that have a
    near-duplicate or a copy under another name.
    """

    group: np.ndarray
    videos: int
    series: int
    alike: int

    @property
    def count(self) -> int:
        return int(self.group.max()) + 1 if len(self.group) else 0


def group_pictures(paths: Sequence[str], hashes: np.ndarray) -> Groups:
    """Tie together what belongs together; paths and hashes (P,) in the same order."""
    duplicates = near_duplicates(hashes)
    numbered = [members for members in _series(paths) if len(members) >= _SHORTEST]
    videos = [members for members in numbered if _is_video(hashes[members])]
    pairs = [duplicates, _copies(paths), *(_chain(members) for members in videos)]
    names = connected(len(paths), np.concatenate(pairs))
    return Groups(
        group=np.unique(names, return_inverse=True)[1],
        videos=len(videos),
        series=len(numbered) - len(videos),
        alike=len(np.unique(duplicates)),
    )


def _series(paths: Sequence[str]) -> list[np.ndarray]:
    """Pictures of one folder whose names differ in a running number only, an array a series.

    The arrays hold indices into `paths`, in the order of the running numbers.
    """
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for at, path in enumerate(paths):
        folder, stem = _named(path)
        if numbered := _NUMBERED.match(stem):
            found.setdefault((folder, numbered[1]), []).append((int(numbered[2]), at))
    return [np.array([at for _, at in sorted(members)]) for members in found.values()]


def _copies(paths: Sequence[str]) -> np.ndarray:
    """Ties between the changed copies of one picture that an export made."""
    found: dict[tuple[str, str], list[int]] = {}
    for at, path in enumerate(paths):
        found.setdefault(_named(path), []).append(at)
    return np.concatenate([_NO_TIES, *(_chain(np.array(m)) for m in found.values() if len(m) > 1)])


def _named(path: str) -> tuple[str, str]:
    """Folder, and name without its endings."""
    folder, name = os.path.split(path)
    return folder, _EXPORTED.sub("", os.path.splitext(name)[0])


def _chain(members: np.ndarray) -> np.ndarray:
    """Each tied to the next."""
    return np.column_stack((members[:-1], members[1:]))


def _is_video(hashes: np.ndarray) -> bool:
    """Whether pictures in the order of their numbers look like their neighbours.

    Their distance is compared with that of pictures half the series apart.
    """
    half = len(hashes) // 2
    near = float(np.median(distances(hashes[:-1], hashes[1:])))
    far = float(np.median(distances(hashes[:-half], hashes[half:])))
    return near <= _ALIKE_SHARE * far
