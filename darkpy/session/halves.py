"""A data set in two halves, for two detectors that each look at what the other one has seen."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkpy.data.alike import hashed
from darkpy.data.dataset import Dataset
from darkpy.data.groups import group_pictures
from darkpy.data.listing import read_listing
from darkpy.data.split import split_by_group
from darkpy.errors import DataError, first_of
from darkpy.events import Progress
from darkpy.files import writable_folder, write_text
from darkpy.session.project import Project

_FEWEST = 4  # pictures that can be halved
_SHOWN = 5


@dataclass(frozen=True)
class Half:
    """Files of one half: a list of its pictures, a .data file to train on them, what comes of it.

    The .data file's valid= is the list of the other half.
    """

    folder: Path

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures.txt"

    @property
    def data(self) -> Path:
        return self.folder / "half.data"

    @property
    def backup(self) -> Path:
        return self.folder / "backup"


def whole_list(project: Project, lists: Sequence[str], path: Path) -> Path:
    """Write a list of all pictures of several lists, each once, by absolute paths."""
    found: dict[str, str] = {}
    for each in lists:
        listing = read_listing(each, project.data.folder)
        found |= {os.path.realpath(picture): picture for picture in listing.pictures}
    write_list(path, [os.path.abspath(picture) for picture in found.values()])
    return path


def write_list(path: Path, pictures: Sequence[str]) -> None:
    """A list file."""
    write_text(path, "".join(f"{picture}\n" for picture in pictures))


def divided(
    dataset: Dataset, project: Project, folder: Path, seed: int
) -> Generator[Progress | str, None, tuple[Half, Half]]:
    """Write the files of two halves, pictures that are alike in the same one.

    DataError where there is nothing to divide.
    """
    paths = [dataset.path(number) for number in range(len(dataset))]
    hashes = yield from hashed(paths)
    decoded = np.array([found is not None for found in hashes], dtype=bool)
    broken = [f"{paths[n]}: cannot be decoded and is left out" for n in np.flatnonzero(~decoded)]
    yield from first_of(broken, _SHOWN, "and {} more pictures that cannot be decoded")
    whole = [path for path, good in zip(paths, decoded, strict=True) if good]
    if len(whole) < _FEWEST:
        raise DataError(f"{dataset.source}: {len(whole)} pictures cannot be halved")
    known = np.array([found for found in hashes if found is not None], dtype=np.uint64)
    groups = group_pictures(whole, known)
    counts = _counts(dataset, project.classes)[decoded]
    rng = np.random.default_rng(seed)
    split = split_by_group(groups.group, known, counts, share=0.5, rng=rng)
    yield (
        f"{(~split.valid).sum()} and {split.valid.sum()} pictures in two halves, "
        f"{groups.alike} that are nearly the same as another on one side"
    )
    halves = Half(folder / "half_1"), Half(folder / "half_2")
    for half, own in zip(halves, (~split.valid, split.valid), strict=True):
        writable_folder(half.folder, "-out")
        write_list(half.pictures, [path for path, here in zip(whole, own, strict=True) if here])
    for half, other in zip(halves, halves[::-1], strict=True):
        write_text(half.data, _data(project, half, other))
    return halves


def _data(project: Project, half: Half, other: Half) -> str:
    """The .data file of a half."""
    lines = [
        f"classes={project.classes}",
        f"train={half.pictures.resolve()}",
        f"valid={other.pictures.resolve()}",
        f"backup={half.backup.resolve()}",
    ]
    if project.data.names:
        lines.append(f"names={project.data.resolve(project.data.names).resolve()}")
    return "".join(f"{line}\n" for line in lines)


def _counts(dataset: Dataset, classes: int) -> np.ndarray:
    """Objects of each class in each picture, (P, K)."""
    owner = np.repeat(np.arange(len(dataset)), np.diff(dataset.offsets))
    counts = np.zeros((len(dataset), classes), dtype=np.int64)
    np.add.at(counts, (owner, dataset.classes), 1)
    return counts
