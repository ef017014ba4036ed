"""SGD and Adam in flat memory against arithmetic by hand and against torch's own."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from darkpy.cfg.net import NetOptions
from darkpy.solver.memory import FlatMemory
from darkpy.solver.optimizer import build_optimizer

YES, NO = torch.tensor(True), torch.tensor(False)


class Part(nn.Module):
    """A layer with one weight that decays and one bias that does not."""

    def __init__(self, weight=1.0, bias=1.0, factor=1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([weight]))
        self.bias = nn.Parameter(torch.tensor([bias]))
        self.options = SimpleNamespace(learning_rate=factor)

    def decayed(self):
        return [self.weight]


def parts(*made: Part) -> nn.ModuleList:
    return nn.ModuleList(made or [Part()])


def put(parameter, gradient):
    parameter.grad.fill_(gradient)


def test_sgd_keeps_momentum_before_the_rate_and_decays_weights_only():
    net = NetOptions(momentum=0.9, decay=0.1)
    layers = parts()
    optimizer = build_optimizer(layers, net)
    part = layers[0]

    put(part.weight, 2.0)
    put(part.bias, 2.0)
    optimizer.step(1, 0.5, YES)
    # Weight: momentum 2 + .1*1 = 2.1, then 1 - .5*2.1 = -.05. Bias: 1 - .5*2 = 0.
    assert part.weight.item() == pytest.approx(-0.05)
    assert part.bias.item() == pytest.approx(0)

    optimizer.clear()
    optimizer.step(2, 0.1, YES)
    # Weight: .9*2.1 + .1*-.05 = 1.885, then -.05 - .1885. Bias: .9*2 = 1.8, then -.18.
    assert part.weight.item() == pytest.approx(-0.2385)
    assert part.bias.item() == pytest.approx(-0.18)


def test_learning_rate_of_a_layer_is_a_factor():
    layers = parts(Part(), Part(factor=0.25))
    optimizer = build_optimizer(layers, NetOptions(decay=0))

    optimizer.gradients.fill_(1.0)
    optimizer.step(1, 0.4, YES)

    assert layers[0].weight.item() == pytest.approx(0.6)
    assert layers[1].weight.item() == pytest.approx(0.9)  # 1 - .4 * .25


def test_adam_takes_sums_decays_everything_and_corrects_from_the_iterations_number():
    net = NetOptions(adam=True, batch=4, decay=0.05, B1=0.9, B2=0.999, eps=0.5)
    layers = parts()
    optimizer = build_optimizer(layers, net)
    assert optimizer.divisor(1) == 1

    put(layers[0].weight, 2.8)
    put(layers[0].bias, 2.8)
    optimizer.step(3, 0.1, YES)

    # Gradient 2.8 + .05*4*1 = 3 for the bias, too. mean .1*3 / (1 - .9^3), square .001*9 /
    # (1 - .999^3); the value goes down by .1 * mean / (sqrt(square) + .5).
    mean, square = 0.3 / (1 - 0.9**3), 0.009 / (1 - 0.999**3)
    expected = 1 - 0.1 * mean / (math.sqrt(square) + 0.5)
    assert layers[0].weight.item() == pytest.approx(expected, rel=1e-5)
    assert layers[0].bias.item() == pytest.approx(expected, rel=1e-5)


def test_adam_without_decay_goes_the_way_of_torchs():
    net = NetOptions(adam=True, decay=0, eps=1e-6)
    layers = parts()
    optimizer = build_optimizer(layers, net)
    other = nn.Parameter(torch.tensor([1.0]))
    reference = torch.optim.Adam([other], lr=0.01, eps=1e-6)

    for iteration in range(1, 20):
        gradient = math.sin(iteration)
        put(layers[0].weight, gradient)
        other.grad = torch.tensor([gradient])
        optimizer.step(iteration, 0.01, YES)
        reference.step()

    assert layers[0].weight.item() == pytest.approx(other.item(), rel=1e-4)


@pytest.mark.parametrize("adam", [False, True])
def test_a_step_that_is_not_ok_changes_neither_values_nor_memory(adam):
    layers = parts(Part(), Part())
    optimizer = build_optimizer(layers, NetOptions(adam=adam))
    optimizer.gradients.fill_(1.5)
    optimizer.step(1, 0.1, YES)
    values = optimizer.values.clone()
    memory = {name: tensor.clone() for name, tensor in optimizer.memory().items()}

    optimizer.clear()
    put(layers[1].bias, math.nan)
    assert not optimizer.finite()
    optimizer.step(2, 0.1, NO)

    assert torch.equal(optimizer.values, values)
    for name, tensor in optimizer.memory().items():
        assert torch.equal(tensor, memory[name])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_one_number_that_is_not_finite_is_found(number):
    layers = parts(*(Part() for _ in range(40)))
    optimizer = build_optimizer(layers, NetOptions())
    assert optimizer.finite()

    put(layers[31].weight, number)

    assert not optimizer.finite()


def test_layers_that_sleep_have_no_decay_and_no_momentum():
    def awake(iteration):
        return [True, iteration > 1, True]

    layers = parts(Part(), Part(), Part())
    optimizer = build_optimizer(layers, NetOptions(decay=0.1, momentum=0.9), awake)
    optimizer.gradients.fill_(1.0)
    optimizer.step(1, 0.1, YES)
    assert layers[1].weight.item() == 1
    assert layers[0].weight.item() == layers[2].weight.item() == pytest.approx(0.89)

    optimizer.clear()
    put(layers[1].bias, 1.0)
    optimizer.step(2, 0.1, YES)
    assert layers[1].bias.item() == pytest.approx(0.9)  # nothing is left of iteration 1


def test_layers_that_are_treated_alike_move_together():
    layers = parts(*(Part() for _ in range(9)))
    optimizer = build_optimizer(layers, NetOptions())

    assert len(optimizer.moving(1)) == 2  # what decays, what does not
    asleep = build_optimizer(layers, NetOptions(), lambda _: [True] * 4 + [False] + [True] * 4)
    assert len(asleep.moving(1)) == 4


def test_flat_memory_keeps_values_shapes_and_memory_format():
    kernels = nn.Parameter(torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last))
    bias = nn.Parameter(torch.randn(5))
    before = kernels.detach().clone(), bias.detach().clone()

    memory = FlatMemory([bias, kernels], torch.device("cpu"))

    assert torch.equal(kernels, before[0])
    assert torch.equal(bias, before[1])
    assert kernels.is_contiguous(memory_format=torch.channels_last)
    memory.flat.zero_()
    assert not kernels.any()
    assert not bias.any()


def test_gradients_arrive_in_flat_memory():
    layer = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    parameters = list(layer.parameters())
    gradients = FlatMemory(parameters, torch.device("cpu")).beside(parameters)

    for _ in range(2):
        layer(torch.ones(1, 2, 3, 3)).sum().backward()

    # Each of the 3*2*3*3 weights meets one input of 1, in two passes; each bias one output.
    assert gradients.sum().item() == 2 * (54 + 3)
