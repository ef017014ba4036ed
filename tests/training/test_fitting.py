"""Out of memory: smaller mini-batches, the same batch."""

from __future__ import annotations

import pytest
import torch

from darkpy.errors import DarkpyError
from darkpy.training.trainer import Trainer
from tests.training.test_distributed import pictures, trained
from tests.training.test_trainer import batch, iterations, trainer

WHOLE = range(4)


def whole(first: int, last: int):
    """Iterations of one mini-batch of four pictures each."""
    return [(i, [pictures(parts, WHOLE)]) for i, parts in iterations(first, last)]


def fits(one: Trainer, most: int, at: int = 1, problem=torch.OutOfMemoryError) -> Trainer:
    """A trainer whose layer `at` has no memory for more pictures than `most`."""
    layer = one.network.layers[at]
    own = layer.forward

    def forward(x):
        if len(x) > most:
            raise problem("CUDA out of memory. Tried to allocate 2.00 GiB")
        return own(x)

    layer.forward = forward
    return one


def test_a_mini_batch_that_does_not_fit_is_cut_and_the_training_is_that_of_more_subdivisions():
    short, roomy = fits(trainer(subdivisions=1), most=2), trainer(subdivisions=2)

    steps = list(short.steps(whole(1, 3)))
    expected = list(roomy.steps(iterations(1, 3)))

    assert [step.loss for step in steps] == [step.loss for step in expected]
    assert torch.equal(short.optimizer.values, roomy.optimizer.values)
    assert torch.equal(short.statistics, roomy.statistics)
    assert list(short.news()) == [
        "out of memory on cpu: from here on 2 pictures at a time in place of 4, as subdivisions=2 "
        "has it (batch=4 stays; batch norm sees what is computed at a time); say subdivisions= in "
        "the cfg"
    ]
    assert list(short.news()) == []


def test_a_batch_is_cut_as_often_as_it_takes():
    short = fits(trainer(subdivisions=1), most=1)

    (step,) = short.steps(whole(1, 1))

    assert step.updated
    assert short.fitting.pieces == 4
    assert "1 pictures at a time in place of 4" in next(short.news())


def test_memory_of_a_cpu_that_cannot_be_had_counts_too():
    class NoMemory(RuntimeError):
        def __str__(self) -> str:
            return "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"

    short = fits(trainer(subdivisions=1), most=2, problem=NoMemory)

    assert next(short.steps(whole(1, 1))).updated


def test_other_failures_are_not_taken_for_it():
    broken = fits(trainer(subdivisions=1), most=0, problem=ValueError)
    before = broken.statistics.clone()

    with pytest.raises(ValueError, match="out of memory"):
        list(broken.steps(whole(1, 1)))
    assert torch.equal(broken.statistics, before)


def test_where_not_even_one_picture_fits_it_is_said():
    with pytest.raises(DarkpyError, match="not even one picture fits; take a smaller width= and"):
        list(fits(trainer(subdivisions=1), most=0).steps(whole(1, 1)))


def test_sequences_are_not_cut():
    one = fits(trainer("time_steps=2", subdivisions=1), most=2)

    with pytest.raises(DarkpyError, match="its mini-batches cannot be cut; raise subdivisions="):
        list(one.steps(whole(1, 1)))


def test_a_rehearsal_finds_what_fits_and_changes_nothing():
    one, untried = fits(trainer(subdivisions=1), most=2), trainer(subdivisions=2)
    chance = torch.get_rng_state()

    one.rehearse(batch(9, pictures=4))

    assert one.fitting.pieces == 2
    assert torch.equal(torch.get_rng_state(), chance)
    assert torch.equal(one.statistics, untried.statistics)
    list(one.steps(whole(1, 2)))
    list(untried.steps(iterations(1, 2)))
    assert torch.equal(one.optimizer.values, untried.optimizer.values)


def test_cross_iteration_statistics_begin_anew_with_the_second_try():
    # The layer after the first batch norm fails, which has counted a mini-batch by then.
    short, roomy = fits(trainer(norm=2, subdivisions=1), most=2), trainer(norm=2, subdivisions=2)

    list(short.steps(whole(1, 2)))
    list(roomy.steps(iterations(1, 2)))

    assert torch.equal(short.optimizer.values, roomy.optimizer.values)


def short_of_memory(most: int):
    """For `trained`: the first device finds no memory for more pictures than that."""
    found = []

    def act(one: Trainer) -> None:
        if not found:
            fits(one, most)
        found.append(one)

    return act


def test_what_does_not_fit_one_device_is_cut_on_all_of_them():
    # two devices with a mini-batch of two pictures each, cut in two: as subdivisions=4 alone
    several, steps = trained(2, act=short_of_memory(1), subdivisions=2)
    (one,), (alone,) = trained(1, act=short_of_memory(1), subdivisions=2)

    assert [each.fitting.pieces for each in several] == [2, 2]
    assert torch.equal(several[0].optimizer.values, several[1].optimizer.values)
    assert torch.equal(several[0].statistics, several[1].statistics)
    assert torch.allclose(several[0].optimizer.values, one.optimizer.values, rtol=1e-4, atol=1e-6)
    assert torch.allclose(several[0].statistics, one.statistics, rtol=1e-4, atol=1e-6)
    for step, expected in zip(steps[1], alone, strict=True):
        assert step.loss == pytest.approx(expected.loss, rel=1e-5)
    for device in several:
        assert list(device.news()) == [
            "out of memory on one of the devices: from here on 1 pictures at a time in place of 2, "
            "as subdivisions=4 has it (batch=4 stays; batch norm sees what is computed at a time); "
            "say subdivisions= in the cfg"
        ]


@pytest.mark.parametrize("sync_bn", [False, True])
def test_sharers_of_a_mini_batch_find_out_before_they_begin_a_step(sync_bn):
    # one mini-batch of four pictures, two on each device: cut, one picture of each at a time
    several, steps = trained(2, act=short_of_memory(1), subdivisions=1, sync_bn=sync_bn)

    assert [each.fitting.pieces for each in several] == [2, 2]
    assert all(step.updated for step in steps[0])
    assert torch.equal(several[0].optimizer.values, several[1].optimizer.values)
    assert torch.equal(several[0].statistics, several[1].statistics)
    told = next(several[1].news())
    assert "1 pictures at a time in place of 2, as subdivisions=2 has it" in told


def test_sharers_cannot_stop_in_the_middle_of_a_step():
    one = trainer(subdivisions=1)
    one.peers.sharers = 2
    one.fitting.attempt = lambda *_: None  # all was well when this size of the input came first
    fits(one, most=1)

    with pytest.raises(DarkpyError, match="devices that share a mini-batch cannot stop halfway"):
        list(one.steps(whole(1, 1)))


def test_where_no_device_has_room_all_of_them_say_so():
    with pytest.raises(DarkpyError, match="not even one picture fits"):
        trained(2, act=short_of_memory(0), subdivisions=2)
