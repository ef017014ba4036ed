"""optimized_memory=1: the same training in less memory."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.test_trainer import iterations, poison, trainer

LEAN = "optimized_memory=1"


def kept_bytes(one) -> int:
    """What is kept for the way back while an iteration goes forward, each piece of memory once."""
    pieces = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        pieces[storage.data_ptr()] = storage  # held, so that no address comes a second time
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        list(one.steps(iterations(1, 1)))
    return sum(storage.nbytes() for storage in pieces.values())


@pytest.mark.parametrize("facts", [{}, {"norm": 0}, {"norm": 2}, {"net": "adam=1"}])
def test_the_training_is_the_same_to_the_byte(facts):
    net = facts.pop("net", "")
    plain, lean = trainer(net, **facts), trainer(f"{net}\n{LEAN}", **facts)

    losses = [[step.loss for step in one.steps(iterations(1, 4))] for one in (plain, lean)]

    assert losses[0] == losses[1]
    assert torch.equal(plain.optimizer.values, lean.optimizer.values)
    assert torch.equal(plain.statistics, lean.statistics)


def test_rolling_statistics_hear_of_a_mini_batch_once():
    plain, lean = trainer(), trainer(LEAN)

    list(plain.steps(iterations(1, 1)))
    list(lean.steps(iterations(1, 1)))

    norms = [one.network.layers[0].norm for one in (plain, lean)]
    assert torch.equal(norms[0].running_mean, norms[1].running_mean)
    assert norms[1].momentum == norms[0].momentum


def test_less_is_kept():
    # Two convolutions with batch norm and leaky keep their input alone, in place of two more
    # tensors each; what the head keeps stays.
    assert kept_bytes(trainer(LEAN)) < 0.75 * kept_bytes(trainer())


def test_an_autopsy_names_each_layer_once():
    one = trainer(LEAN)
    (number, parts), *_ = iterations(1, 1)
    poison(one.network.layers[1], at={0})

    found = one.autopsy(number, parts)

    assert [look.layer for look in found.outputs] == [0, 1, 2, 3]
    assert found.first[1].layer == 1
    assert math.isfinite(found.outputs[0].largest)
