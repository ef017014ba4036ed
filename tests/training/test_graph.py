"""Steps in buffers that stay equal plain steps; a CPU runs them so, without a recording."""

from __future__ import annotations

import pytest
import torch

from darkpy.model.precision import Precision
from darkpy.training.graph import Room, StepGraph, unsteady
from tests.training.test_trainer import CPU, batch, everything, iterations, poison, trainer


def both(count: int, batches=None, net="", **facts):
    """A training in buffers and a plain one after some iterations of the same batches."""
    trainings = [trainer(net, graph=graph, **facts) for graph in (True, False)]
    steps = [list(t.steps(batches or iterations(1, count))) for t in trainings]
    return *trainings, *steps


def same(one, other) -> bool:
    return all(torch.equal(a, b) for a, b in zip(everything(one), everything(other), strict=True))


@pytest.mark.parametrize(
    "net",
    ["", "adam=1", "ema_alpha=.9", "burn_in=3", "policy=steps\nsteps=2\nscales=.1"],
)
def test_steps_in_buffers_are_the_plain_steps_bit_for_bit(net):
    buffered, plain, steps, others = both(4, net=net)

    assert buffered.graph is not None
    assert plain.graph is None
    assert same(buffered, plain)
    assert [step.loss for step in steps] == [step.loss for step in others]


def test_the_rate_of_each_iteration_counts():
    # A rate that was recorded with the first step would stay: here it would move weights by 0.
    trainings = [trainer(graph=graph) for graph in (True, False)]
    for training in trainings:
        training.rate = lambda iteration: 0.0 if iteration == 1 else 0.01 * iteration
        list(training.steps(iterations(1, 4)))

    assert same(*trainings)
    (kind,) = trainings[0].graph._kinds.values()
    assert kind.facts[0].item() == pytest.approx(-0.04)


def test_more_truths_than_there_is_room_for_make_new_room():
    numbers = [1, 2, 12, 3, 0]  # 12 rows: more than the 8 that the first step made room for
    batches = [
        (i, [batch(2 * i, objects=n), batch(2 * i + 1, objects=1)])
        for i, n in enumerate(numbers, 1)
    ]
    buffered, plain, steps, others = both(0, batches)

    (kind,) = buffered.graph._kinds.values()
    assert kind.room.rows == 16
    assert kind.done == 3  # the third step and those after it
    assert same(buffered, plain)
    assert [step.watched["count"] for step in steps] == [step.watched["count"] for step in others]


def test_rows_of_an_earlier_batch_do_not_stay_in_the_room():
    many, few = batch(1, objects=3), batch(2, objects=1)
    room = Room([many], CPU)
    room.take([many])
    room.take([few])

    (own,) = room.parts
    assert own.truths.shape == (2, 8, 5)
    assert torch.equal(own.truths[:, :1], few.truths)
    assert not own.truths[:, 1:].any()
    assert own.counts.tolist() == [1, 1]
    assert torch.equal(own.images, few.images)
    assert own.images.stride() == few.images.stride()


def test_a_step_that_is_not_finite_changes_nothing_in_buffers_either():
    training = trainer(graph=True)
    list(training.steps(iterations(1, 2)))
    before = everything(training)
    poison(training.network.layers[1], at={0})

    (step,) = training.steps(iterations(3, 3))

    assert not step.updated
    for now, then in zip(everything(training), before, strict=True):
        assert torch.equal(now, then)


def test_lowered_steps_with_a_loss_scale_are_the_same_too():
    precision = Precision(torch.bfloat16, scaled=True)
    buffered, plain, *_ = both(4, precision=precision)

    assert same(buffered, plain)
    assert buffered.scale.factor.item() == plain.scale.factor.item()


def test_what_freezes_and_thaws_is_another_kind_of_step():
    buffered, plain = (trainer(first="dont_update=3", graph=graph) for graph in (True, False))
    for training in (buffered, plain):
        list(training.steps(iterations(1, 5)))

    assert len(buffered.graph._kinds) == 2
    assert same(buffered, plain)


def test_each_size_of_pictures_is_a_kind_of_its_own():
    graph = StepGraph(CPU)
    small, large = batch(1, pictures=1), batch(1, pictures=2)
    seen = []

    def work(parts, facts):
        seen.append((parts[0].images.data_ptr(), facts.tolist()))
        return parts[0].images.float().mean()

    for part, fact in ((small, 1.0), (large, 2.0), (small, 3.0)):
        result = graph.run("key", [part], [fact], work)
        assert result == part.images.float().mean()

    assert seen[0][0] == seen[2][0] != seen[1][0]
    assert [facts for _, facts in seen] == [[1.0], [2.0], [3.0]]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"second": "[dropout]\n"}, "[dropout] in line"),
        ({"norm": 2}, "[convolutional] in line"),
        ({"first": "assisted_excitation=1"}, "[convolutional] in line"),
        ({"net": "adversarial_lr=.5"}, "adversarial_lr="),
        ({"net": "equidistant_point=5"}, "bad labels"),
    ],
)
def test_networks_that_change_by_iteration_are_not_recorded_and_say_why(keys, why):
    training = trainer(graph=True, **keys)

    assert why in training.unsteady
    assert training.graph is None
    list(training.steps(iterations(1, 1)))


def test_a_cpu_records_nothing():
    # Nothing is recorded here: a GPU's training only is looked at, not run.
    assert trainer().graph is None
    assert trainer("use_cuda_graph=1").graph is None
    assert unsteady(trainer().network) == ""


def test_a_recording_that_fails_is_said_once_and_the_training_goes_on_plainly():
    training, plain = trainer(graph=True), trainer()
    training.graph.words = "out of memory"

    steps = list(training.steps(iterations(1, 2)))

    assert len(steps) == 2
    assert list(training.news()) == ["no CUDA graph any more, steps run plainly: out of memory"]
    assert list(training.news()) == []
    list(training.steps(iterations(3, 4)))
    list(plain.steps(iterations(1, 4)))
    assert same(training, plain)
