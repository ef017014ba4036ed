"""Every picture of a data set opened once, in parallel, into flat arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset
from darkpy.data.picture_content import file_bytes
from darkpy.data.picture_file import PictureFile, inspect, upright
from darkpy.data.pictures import DIM_BITS, decode, deep_pixels
from darkpy.errors import PictureError
from darkpy.events import Progress
from darkpy.machine.opencv import cv2
from darkpy.machine.processors import available_processors

_CHUNK = 64  # pictures that a thread looks at in one go
_DIGEST_BYTES = 8
_FACTS = np.dtype(
    [
        ("width", np.uint32),
        ("height", np.uint32),
        ("digest", np.uint64),
        ("orientation", np.uint8),
        ("grey", np.bool_),
        ("alpha", np.bool_),
        ("deep", np.bool_),
        ("dim", np.bool_),
        ("faulty", np.bool_),
    ]
)


@dataclass(frozen=True, eq=False)
class Scan:
    """What is known about the P pictures of a data set.

    facts: (P,) with width, height (upright, px, 0 where unknown), digest (of the file's bytes),
    orientation (EXIF), grey, alpha, deep (more than 8 bits), dim (of which 12 at most are
    used), faulty. faults: number of a picture
    -> what is wrong with its file.
    """

    facts: np.ndarray
    faults: dict[int, str]


class _Part(NamedTuple):
    facts: np.ndarray
    faults: dict[int, str]


def scan(dataset: Dataset | ClassDataset, what: str) -> Generator[Progress, None, Scan]:
    """Open every picture once, with as many threads as processors; `what` names the progress.

    A thread holds one file at a time, so memory does not grow with the data set.
    """
    starts = range(0, len(dataset), _CHUNK)
    pool = ThreadPoolExecutor(available_processors())
    parts: list[_Part] = []
    # What OpenCV would print about a broken picture is in the report.
    talking = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        for part in pool.map(lambda start: _scan_part(dataset, start), starts):
            parts.append(part)
            done = min(len(parts) * _CHUNK, len(dataset))
            yield Progress(what, done, len(dataset))
    finally:
        pool.shutdown(cancel_futures=True)
        cv2.utils.logging.setLogLevel(talking)
    faults = {number: fault for part in parts for number, fault in part.faults.items()}
    return Scan(np.concatenate([part.facts for part in parts]), faults)


def _scan_part(dataset: Dataset | ClassDataset, start: int) -> _Part:
    numbers = range(start, min(start + _CHUNK, len(dataset)))
    facts = np.zeros(len(numbers), _FACTS)
    faults: dict[int, str] = {}
    for row, number in enumerate(numbers):
        try:
            file, digest = look_at(dataset.path(number))
        except PictureError as problem:
            faults[number] = str(problem)
            facts[row] = (0, 0, 0, 1, False, False, False, False, True)
            continue
        if file.fault:
            faults[number] = f"{dataset.path(number)}: {file.fault}; restore it"
        facts[row] = (
            file.width,
            file.height,
            digest,
            file.orientation,
            file.grey,
            file.alpha,
            file.deep,
            file.dim,
            bool(file.fault),
        )
    return _Part(facts, faults)


def look_at(path: str) -> tuple[PictureFile, int]:
    """Facts of a picture file and a digest of its bytes.

    PictureError if it cannot be read or decoded. A JPEG is decoded at an eighth of its size, which
    reads all of its data; a file that cannot be whole is not decoded at all.
    """
    raw = file_bytes(path)
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()
    file = inspect(raw.tobytes())
    if file.fault:
        pass
    elif file.kind:
        decode(raw, path, _CHEAPEST[file.kind])
    else:
        decode(raw, path, cv2.IMREAD_COLOR)  # as trainings do; others refuse less
        file = _facts_of(cv2.imdecode(raw, cv2.IMREAD_UNCHANGED), file.orientation)
    if file.deep and not file.fault:
        file = replace(file, dim=deep_pixels(raw)[1] <= DIM_BITS[-1])
    return file, int.from_bytes(digest, "little")


# Flags for OpenCV that decode as little as they can and yet read all of the file.
_CHEAPEST = {"jpeg": cv2.IMREAD_REDUCED_GRAYSCALE_8, "png": cv2.IMREAD_COLOR}


def _facts_of(pixels: np.ndarray, orientation: int) -> PictureFile:
    """Facts of a picture whose header nothing here reads, taken from its decoded pixels."""
    width, height = upright(pixels.shape[1], pixels.shape[0], orientation)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    return PictureFile(
        width=width,
        height=height,
        orientation=orientation,
        grey=channels == 1,
        alpha=channels == 4,
        deep=pixels.dtype != np.uint8,
    )


def alike(digests: np.ndarray) -> list[np.ndarray]:
    """Numbers of the pictures of each group with the same digest; 0 stands for none."""
    order = np.argsort(digests, kind="stable")
    ordered = digests[order]
    groups = np.split(order, np.flatnonzero(np.diff(ordered)) + 1)
    return [group for group in groups if len(group) > 1 and digests[group[0]]]
