"""Detections of several devices: what is sent arrives, in the order of the pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.errors import DarkpyError, PictureError
from darkpy.events import Progress
from darkpy.inference.detector import Detections
from darkpy.session import pool
from darkpy.session.measure import Seen
from darkpy.session.pool import Pool, offer
from darkpy.training.distributed import Order
from darkpy.training.share import Share


def seen(index: int, count: int, classes: int = 3) -> Seen:
    numbers = torch.Generator().manual_seed(index)
    drawn = [torch.rand(count, size, generator=numbers) for size in (4, 1, classes)]
    return Seen(index, (40 + index, 60), Detections(drawn[0], drawn[1][:, 0], drawn[2]))


FOUND = [seen(0, 2), PictureError("b.png: is no\npicture"), seen(2, 0), seen(3, 1), seen(4, 5)]


class Post:
    """Peers of which one leads and the other has sent already. sent: by rank."""

    def __init__(self, rank: int, orders: list[Order], sent: dict[int, list[np.ndarray]]) -> None:
        self.share = Share(rank, 2, 2, 1)
        self.orders, self.sent = orders, sent

    def tell(self, order: int) -> int:
        self.orders.append(Order(order))
        return order

    def hear(self) -> Order:
        return Order.COLLECT if self.orders[-1] != Order.DROP else Order.DROP

    def send(self, arrays):
        self.sent[self.share.rank] = arrays

    def receive(self, rank, dtypes):
        raw = [np.ascontiguousarray(array).reshape(-1) for array in self.sent[rank]]
        assert [array.dtype.type for array in raw if array.size] == [
            kind for kind, array in zip(dtypes, raw, strict=True) if array.size
        ]
        return raw


@pytest.fixture
def found(monkeypatch):
    """Every device finds what FOUND says of its pictures."""

    def detect_all(detector, dataset, *, numbers, **_):
        return iter([FOUND[number] for number in numbers])

    monkeypatch.setattr(pool, "detect_all", detect_all)


def test_two_devices_find_what_one_finds(found):
    orders, sent = [Order.MEASURE], {}
    offer(lambda: None, FOUND, Post(1, orders, sent), letter_box=False)
    together = Pool(Post(0, orders, sent), Order.MEASURE)

    events = list(together.detect_all(None, FOUND, letter_box=False))

    pictures = [event for event in events if not isinstance(event, Progress)]
    assert len(pictures) == len(FOUND)
    for one, expected in zip(pictures, FOUND, strict=True):
        if isinstance(expected, PictureError):
            assert str(one) == "b.png: is no picture"
            continue
        assert (one.index, one.size_hw) == (expected.index, expected.size_hw)
        for name in ("boxes", "objectness", "probs"):
            own, true = (getattr(each.detections, name) for each in (one, expected))
            assert own.flatten().tolist() == true.flatten().tolist()
    assert orders[1:] == [Order.MEASURE, Order.COLLECT]


def test_a_device_that_fails_has_the_measurement_fail_with_its_words(found):
    def broken():
        raise ValueError("no memory")

    orders, sent = [Order.MEASURE], {}
    offer(broken, FOUND, Post(1, orders, sent), letter_box=False)

    with pytest.raises(DarkpyError, match="process 1: ValueError: no memory"):
        list(Pool(Post(0, orders, sent), Order.MEASURE).detect_all(None, FOUND, letter_box=False))


def test_a_measurement_that_is_cut_short_lets_the_others_go(found):
    orders: list[Order] = []
    events = Pool(Post(0, orders, {}), Order.MEASURE).detect_all(None, FOUND, letter_box=False)

    next(events)
    events.close()

    assert orders == [Order.MEASURE, Order.DROP]
