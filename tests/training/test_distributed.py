"""Several devices compute what one computes. Here they are threads of one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from darkpy.data.batch import Batch
from darkpy.errors import PeerError
from darkpy.training.distributed import Peers
from darkpy.training.record import Step
from darkpy.training.share import Share
from darkpy.training.trainer import Trainer
from tests.training.test_trainer import iterations, poison, trainer

ITERATIONS = 5
FIELDS = ("images", "truths", "counts", "ignored", "indices")


class Room:
    """Where threads hand each other tensors."""

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size, timeout=60)
        self.brought: list[torch.Tensor | None] = [None] * size

    def all(self, rank: int, tensor: torch.Tensor) -> list[torch.Tensor]:
        self.brought[rank] = tensor.clone()
        self.barrier.wait()
        found = [each.clone() for each in self.brought]
        self.barrier.wait()
        return found


class InThreads(Peers):
    """Devices that are threads; sums are those of torch.distributed."""

    def __init__(self, share: Share, room: Room, *, sync_bn: bool) -> None:
        super().__init__(share, sync_bn=sync_bn)
        self.room = room

    def gathered(self, tensor):
        return torch.stack(self.room.all(self.share.rank, tensor))

    def draw_anew(self, seed, iteration):
        """torch's chance belongs to the process."""

    def _sum_of_all(self, tensor):
        tensor.copy_(torch.stack(self.room.all(self.share.rank, tensor)).sum(0))


def pictures(batches: list[Batch], at: range) -> Batch:
    """The pictures of these places in an iteration."""
    own = {name: torch.cat([getattr(b, name) for b in batches])[at] for name in FIELDS}
    return replace(batches[0], **own)


def trained(size: int, *, sync_bn: bool = False, act: Callable = lambda t: None, **facts):
    """Trainers and steps of each of so many devices; act: on each trainer before it begins."""
    room, trainers = Room(size), [trainer(**facts) for _ in range(size)]

    def train(rank: int) -> list[Step]:
        one = trainers[rank]
        share = Share.of(rank, size, one.net)
        act(one)
        if size > 1:
            one.join(InThreads(share, room, sync_bn=sync_bn))
        batches = [
            (number, [pictures(parts, at) for at in share.slots])
            for number, parts in iterations(1, ITERATIONS)
        ]
        try:
            return list(one.steps(batches))
        except BaseException:
            room.barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        ends = [pool.submit(train, rank) for rank in range(size)]
    # Whoever ends with an error breaks the barrier that others may still be leaving.
    problems = [end.exception() for end in ends if end.exception() is not None]
    problems.sort(key=lambda problem: isinstance(problem, threading.BrokenBarrierError))
    if problems:
        raise problems[0]
    return trainers, [end.result() for end in ends]


def assert_alike(one: Trainer, other: Trainer) -> None:
    assert torch.allclose(one.optimizer.values, other.optimizer.values, rtol=1e-4, atol=1e-6)
    assert torch.allclose(one.statistics, other.statistics, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "facts", "sync_bn"),
    [
        (2, {"subdivisions": 2}, False),  # a mini-batch each: batch norm sees what it sees on one
        (2, {"subdivisions": 1, "norm": 0}, False),
        (2, {"subdivisions": 1}, True),
        (4, {"subdivisions": 1}, True),
        (2, {"subdivisions": 1, "net": "adam=1", "norm": 0}, False),
    ],
)
def test_several_devices_train_as_one_does(size, facts, sync_bn):
    (one,), (alone,) = trained(1, **facts)
    several, steps = trained(size, sync_bn=sync_bn, **facts)

    for rank in range(size):
        assert_alike(several[rank], one)
        for step, expected in zip(steps[rank], alone, strict=True):
            assert step.loss == pytest.approx(expected.loss, rel=1e-5)
            assert step.average == pytest.approx(expected.average, rel=1e-5)
            assert step.parts == pytest.approx(expected.parts, rel=1e-4)
            assert step.watched == pytest.approx(expected.watched, rel=1e-4)
    for other in several[1:]:
        assert torch.equal(other.optimizer.values, several[0].optimizer.values)
        assert torch.equal(other.statistics, several[0].statistics)


def test_the_mean_overlap_is_one_of_the_whole_mini_batch():
    # With iou_loss= the printed loss of boxes is a mean over the objects of a mini-batch: the sum
    # of two devices' own means would be twice as large.
    facts = {"subdivisions": 1, "norm": 0, "iou": "iou_loss=ciou"}
    (_,), (alone,) = trained(1, **facts)
    _, steps = trained(2, **facts)

    for step, expected in zip(steps[0], alone, strict=True):
        assert step.parts["box"] == pytest.approx(expected.parts["box"], rel=1e-5)


def test_batch_norm_sees_the_own_part_alone_unless_it_is_to_see_all():
    _, (alone,) = trained(1, subdivisions=1)
    several, steps = trained(2, subdivisions=1)

    assert steps[0][0].loss != pytest.approx(alone[0].loss, rel=1e-4)
    assert torch.equal(several[0].optimizer.values, several[1].optimizer.values)


def test_an_iteration_that_is_not_finite_on_one_device_is_left_out_on_all():
    started = []

    def spoil_the_first(one):
        if not started:
            poison(one.network.layers[1], at={2})
        started.append(one)

    several, steps = trained(2, act=spoil_the_first, subdivisions=2)

    assert [step.updated for step in steps[0]] == [True, True, False, True, True]
    assert [step.updated for step in steps[1]] == [True, True, False, True, True]
    assert torch.equal(several[0].optimizer.values, several[1].optimizer.values)


def test_a_device_that_goes_in_the_middle_of_a_step_leaves_good_values():
    one = trainer(subdivisions=1)
    share = Share.of(0, 2, one.net)
    peers = InThreads(share, Room(1), sync_bn=False)
    one.join(peers)
    before = [one.optimizer.values.clone(), one.statistics.clone()]

    def gone(*_):
        raise PeerError("gone")

    peers._sum_of_all = gone
    batches = [(1, [pictures(iterations(1, 1)[0][1], share.slots[0])])]
    with pytest.raises(PeerError):
        list(one.steps(batches))

    assert torch.equal(one.optimizer.values, before[0])
    assert torch.equal(one.statistics, before[1])
    assert one.iteration == 0


def test_an_autopsy_looks_at_whole_mini_batches_without_the_others():
    one = trainer(subdivisions=1)
    one.join(InThreads(Share.of(0, 2, one.net), Room(2), sync_bn=True))  # nobody else comes
    parts = iterations(1, 1)[0][1]

    found = one.autopsy(1, [pictures(parts, range(4))])

    assert found.mini_batch is None
    assert one.network.layers[0].norm.gathered is not None


@pytest.mark.parametrize(("size", "subdivisions"), [(2, 2), (2, 1)])
def test_every_device_can_tell_of_all_mini_batches(size, subdivisions):
    facts = {"subdivisions": subdivisions, "norm": 0, "apart": True}
    _, (alone,) = trained(1, **facts)
    _, steps = trained(size, **facts)

    for rank in range(size):
        for step, expected in zip(steps[rank], alone, strict=True):
            assert len(step.mini_batches) == subdivisions
            for own, others in zip(step.mini_batches, expected.mini_batches, strict=True):
                for head, values in others.items():
                    assert own[head] == pytest.approx(values, rel=1e-4)
