"""Detections of a data set from all devices of a training, in the order of its pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import numpy as np
import torch

from darkpy.data.dataset import Dataset
from darkpy.errors import DarkpyError, PeerError, PictureError
from darkpy.events import Progress
from darkpy.inference.detector import Detections, Detector
from darkpy.session.measure import CONFIDENCE, MEASURING, Seen, detect_all
from darkpy.training.distributed import Alone, Order, Peers

Found = Seen | PictureError
# Of what a process sends: number of its picture, height, width and boxes (-1: it has no picture).
_COLUMNS = 4
_TYPES = [np.int64, np.float32, np.float32, np.float32, np.uint8]


class Pool:
    """Shares a measurement out among devices. order: what the others are told, to measure this
    network or the one with averaged weights."""

    def __init__(self, peers: Peers, order: Order) -> None:
        self.peers, self.order = peers, order

    def detect_all(
        self, detector: Detector, dataset: Dataset, *, letter_box: bool
    ) -> Iterator[Found | Progress]:
        """What was found in every picture, in order; and how far this device is with its own.

        DarkpyError if another device could not do its part.
        """
        peers, total = self.peers, len(dataset)
        peers.tell(self.order)
        wanted = False
        try:
            own: list[Found] = []
            numbers = _numbers(0, peers, total)
            for found in detect_all(
                detector, dataset, thresh=CONFIDENCE, letter_box=letter_box, numbers=numbers
            ):
                own.append(found)
                yield Progress(MEASURING, min(total - 1, len(own) * peers.share.size), total)
            wanted = True
        finally:
            peers.tell(Order.COLLECT if wanted else Order.DROP)
        parts = [own, *self._of_the_others()]
        for at in range(total):
            yield parts[at % len(parts)][at // len(parts)]

    def _of_the_others(self) -> list[list[Found]]:
        received = [self.peers.receive(rank, _TYPES) for rank in range(1, self.peers.share.size)]
        return [_unpacked(arrays) for arrays in received]


def offer(
    detector: Callable[[], Detector], dataset: Dataset, peers: Peers, *, letter_box: bool
) -> None:
    """Detect in this device's pictures, and send what was found if the leader still wants it."""
    try:
        numbers = _numbers(peers.share.rank, peers, len(dataset))
        alike = {"thresh": CONFIDENCE, "letter_box": letter_box}
        packed = _packed(list(detect_all(detector(), dataset, **alike, numbers=numbers)))
    except Exception as problem:  # the leader says it, and goes on without this measurement
        said = f"process {peers.share.rank}: {type(problem).__name__}: {problem}"
        packed = [np.full(1, -1, np.int64), *[np.zeros(0, np.float32)] * 3, _letters(said)]
    if peers.hear() == Order.COLLECT:
        peers.send(packed)


def shared_pool(peers: Alone, averaged: bool) -> Pool | None:
    """Those who share a measurement of this network's weights with this device."""
    order = Order.MEASURE_AVERAGED if averaged else Order.MEASURE
    return Pool(peers, order) if isinstance(peers, Peers) else None


def broken_elsewhere(peers: Alone) -> dict[str, str]:
    """What the loaders of the other processes could not read, once they have ended."""
    broken: dict[str, str] = {}
    if isinstance(peers, Peers):
        with suppress(PeerError):  # one that is gone now is no harm any more
            for rank in range(1, peers.share.size):
                (text,) = peers.receive(rank, [np.uint8])
                broken |= json.loads(bytes(text))
    return broken


def tell_broken(peers: Peers, broken: dict[str, str]) -> None:
    """Say at the end which pictures this process could not read."""
    peers.send([_letters(json.dumps(broken))])


def _numbers(rank: int, peers: Peers, total: int) -> range:
    """The pictures of one device."""
    return range(rank, total, peers.share.size)


def _packed(found: Sequence[Found]) -> list[np.ndarray]:
    """As arrays of `_TYPES`; words of pictures that could not be read stand line by line."""
    table = np.zeros((len(found), _COLUMNS), np.int64)
    seen = [one for one in found if isinstance(one, Seen)]
    texts = [str(one).replace("\n", " ") for one in found if isinstance(one, PictureError)]
    for row, one in zip(table, found, strict=True):
        row[:] = (0, 0, 0, -1)
        if isinstance(one, Seen):
            row[:] = (one.index, *one.size_hw, len(one.detections.boxes))
    numbers = (
        [getattr(one.detections, name).numpy().ravel() for one in seen]
        for name in ("boxes", "objectness", "probs")
    )
    flat = [np.concatenate([np.zeros(0, np.float32), *parts]) for parts in numbers]
    return [table, *flat, _letters("\n".join(texts))]


def _unpacked(arrays: list[np.ndarray]) -> list[Found]:
    table, boxes, objectness, probs, letters = arrays
    text = bytes(letters).decode(errors="replace")
    if len(table) == 1:
        raise DarkpyError(text)
    texts = iter(text.split("\n"))
    rows = table.reshape(-1, _COLUMNS)
    total = len(objectness)
    tensors = [torch.from_numpy(part.copy()) for part in (boxes, objectness, probs)]
    boxes, probs = tensors[0].view(total, 4), tensors[2].view(total, len(probs) // max(1, total))
    found: list[Found] = []
    at = 0
    for index, height, width, count in rows.tolist():
        if count < 0:
            found.append(PictureError(next(texts)))
            continue
        own = slice(at, at + count)
        detections = Detections(boxes[own], tensors[1][own], probs[own])
        found.append(Seen(index, (height, width), detections))
        at += count
    return found


def _letters(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)
