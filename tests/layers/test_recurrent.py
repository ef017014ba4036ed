"""[rnn], [crnn], [gru], [lstm], [conv_lstm] and [history]: what they remember, and for how long."""

from __future__ import annotations

import math

import pytest
import torch

from tests.layers.single import channels, layer_of, set_values

KINDS = {
    "rnn": "[rnn]\noutput=1\nhidden=1\nactivation=linear",
    "crnn": "[crnn]\nsize=1\noutput=1\nhidden=1\nactivation=linear",
    "gru": "[gru]\noutput=1",
    "lstm": "[lstm]\noutput=1",
    "conv_lstm": "[conv_lstm]\nsize=1\noutput=1",
}


def weighted(kind: str, keys: str = "", net: str = "", **weights: float):
    """A layer of one channel whose parts have the given weights, the others 0, no biases."""
    layer = layer_of(f"{KINDS[kind]}\n{keys}", 1, 1, 1, net=net)
    set_values(layer, **{array.name: 0.0 for array in layer.plan.arrays})
    set_values(layer, **{f"{part}.weights": value for part, value in weights.items()})
    return layer


def run(layer, *inputs: float) -> list[float]:
    with torch.no_grad():
        return [layer(channels(x)).item() for x in inputs]


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("kind", ["rnn", "crnn"])
def test_simple_memory_is_the_weighted_memory_plus_the_weighted_input(kind):
    layer = weighted(kind, input=2.0, self=3.0, output=10.0)
    # 2 * 1; 2 * 5 + 3 * 2; 2 * 0 + 3 * 16; times 10.
    assert run(layer, 1, 5, 0) == [20, 160, 480]


@pytest.mark.parametrize("kind", ["rnn", "crnn"])
def test_shortcut_adds_the_memory_to_itself(kind):
    layer = weighted(kind, "shortcut=1", input=2.0, self=3.0, output=10.0)
    # 2; 2 + 10 + 6.
    assert run(layer, 1, 5) == [20, 180]


def test_logistic_is_for_the_memory_only():
    layer = weighted("rnn", "logistic=1", input=2.0, self=3.0, output=1.0)
    # logistic(0) + 2; then logistic(3 * 2.5) + 2.
    assert run(layer, 1, 1) == pytest.approx([2.5, logistic(7.5) + 2])


def test_gru_is_logistic_throughout():
    layer = weighted("gru", input_z=1.0, input_h=2.0, state_h=4.0)
    # update z = logistic(x), reset = logistic(0) = .5, candidate = logistic(2x + 4 * .5 * before).
    first = (1 - logistic(1)) * logistic(2)
    second = logistic(3) * first + (1 - logistic(3)) * logistic(6 + 2 * first)
    assert run(layer, 1, 3) == pytest.approx([first, second])


@pytest.mark.parametrize("kind", ["lstm", "conv_lstm"])
def test_lstm_gates(kind):
    layer = weighted(kind, ug=1.0, uf=2.0, wo=3.0)
    # write and, at first, read are .5: cells = .5 tanh(x), output = .5 tanh(cells). Then forget
    # is logistic(2x), read logistic(3 * output).
    cells = 0.5 * math.tanh(1)
    first = 0.5 * math.tanh(cells)
    cells = logistic(4) * cells + 0.5 * math.tanh(2)
    assert run(layer, 1, 2) == pytest.approx([first, logistic(3 * first) * math.tanh(cells)])


def test_peepholes_see_old_cells_for_writing_and_new_ones_for_reading():
    layer = weighted("conv_lstm", "peephole=1", ug=1.0, vf=2.0, vo=3.0)
    cells = 0.5 * math.tanh(1)
    first = logistic(3 * cells) * math.tanh(cells)
    cells = logistic(2 * cells) * cells + 0.5 * math.tanh(2)
    assert run(layer, 1, 2) == pytest.approx([first, logistic(3 * cells) * math.tanh(cells)])


def test_cells_are_constrained_after_they_were_shown():
    layer = weighted("conv_lstm", "state_constrain=1\nlstm_activation=linear", ug=8.0)
    # cells .5 * 8 = 4, shown as .5 * 4, kept as 1; then .5 * 1 + 4 = 4.5.
    assert run(layer, 1, 1) == pytest.approx([2, 2.25])


def test_constraint_is_32_a_time_step_by_default():
    assert layer_of(KINDS["conv_lstm"], 1, 1, 1, net="time_steps=3\nbatch=3").limit == 96


def test_bottleneck_sees_the_last_output_and_the_input_in_one():
    text = "[conv_lstm]\nsize=1\noutput=2\nbottleneck=1\nshortcut=1\nlstm_activation=linear"
    layer = layer_of(text, 2, 1, 1)
    set_values(layer, **{array.name: 0.0 for array in layer.plan.arrays})
    # Channels of the bottleneck's input: last output 0 and 1, input 0 and 1.
    set_values(layer, **{"wf.weights": [1, 0, 10, 0, 0, 0, 0, 1], "ug.weights": [1, 0, 0, 1]})
    first = layer(channels(1, 3)).flatten().tolist()
    # Bottleneck 10 and 3; cells half of it, output half of those; the first channel is added.
    assert first == pytest.approx([2.5 + 10, 0.75])
    # What is remembered is the output without what was added: 2.5 + 10 * 1.
    second = layer(channels(1, 3)).flatten().tolist()
    cells = 0.5 * 5 + 0.5 * 12.5
    assert second[0] == pytest.approx(0.5 * cells + 12.5)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_sequence_in_training_gives_what_its_pictures_give_one_by_one(kind):
    layer = layer_of(KINDS[kind], 1, 1, 1, net="time_steps=3\nbatch=6")
    x = torch.randn(6, 1, 1, 1)
    with torch.no_grad():
        # Two sequences: pictures 0 2 4 and 1 3 5, all first ones before all second ones.
        together = layer.train()(x)
        layer.eval()
        alone = torch.cat([layer(x[n : n + 2]) for n in (0, 2, 4)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_memory_ends_with_reset_state_and_with_another_number_of_pictures(kind):
    layer = layer_of(KINDS[kind], 1, 1, 1)
    x = torch.ones(1, 1, 1, 1)
    with torch.no_grad():
        fresh = layer(x)
        layer(x)
        layer.reset_state()
        torch.testing.assert_close(layer(x), fresh)
        layer(x)
        two = layer(x.expand(2, -1, -1, -1))
    torch.testing.assert_close(two, fresh.expand(2, -1, -1, -1))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_gradients_go_back_in_time(kind):
    keys = "bottleneck=1\npad=1" if kind == "conv_lstm" else ""
    layer = layer_of(f"{KINDS[kind]}\n{keys}", 1, 1, 1, net="time_steps=2\nbatch=2").train()
    x = torch.randn(2, 1, 1, 1, requires_grad=True)
    layer(x)[1].sum().backward()
    assert x.grad[0].abs().item() > 0


def test_history_has_the_newest_first():
    layer = layer_of("[history]\nhistory_size=3", 1, 1, 1, net="time_steps=4\nbatch=4").train()
    found = layer(torch.tensor([1.0, 2, 3, 4]).view(4, 1, 1, 1)).flatten(1).tolist()
    assert found == [[1, 0, 0], [2, 1, 0], [3, 2, 1], [4, 3, 2]]


def test_history_keeps_nothing_where_pictures_come_one_at_a_time():
    layer = layer_of("[history]\nhistory_size=2", 1, 1, 1)
    assert layer(channels(1)).flatten().tolist() == [1, 0]
    assert layer(channels(2)).flatten().tolist() == [2, 0]


def test_parts_hear_of_mini_batches_for_their_batch_norms():
    layer = layer_of(f"{KINDS['crnn']}\nbatch_normalize=2", 1, 1, 1).train()
    numbers = []
    for iteration in (1, 1, 2):
        layer.begin(iteration)
        numbers.append([part.norm.number for part in layer.parts.values()])
    assert numbers == [[1] * 3, [2] * 3, [1] * 3]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_sequence_goes_on_in_the_next_mini_batch_where_darknet_lets_it(kind):
    layer = layer_of(KINDS[kind], 1, 1, 1, net="time_steps=3\nbatch=2")
    x = torch.randn(6, 1, 1, 1)
    with torch.no_grad():
        alone = torch.cat([layer(one[None]) for one in x])
        layer.train().follow(False)
        first = layer(x[:3])
        layer.follow(True)
        second = layer(x[3:])
        layer.follow(False)
        anew = layer(x[3:])
    torch.testing.assert_close(first, alone[:3])
    forgets = kind in ("rnn", "crnn")
    torch.testing.assert_close(second, anew if forgets else alone[3:])
    assert torch.equal(second, anew) == forgets


def test_no_gradient_goes_back_into_the_mini_batch_before():
    layer = layer_of(KINDS["lstm"], 1, 1, 1, net="time_steps=1\nbatch=2").train()
    x = torch.randn(1, 1, 1, 1, requires_grad=True)
    layer(x)
    layer.follow(True)
    layer(torch.ones(1, 1, 1, 1)).sum().backward()
    assert x.grad is None


def test_history_goes_on_and_its_gradient_reaches_the_newest_alone():
    layer = layer_of("[history]\nhistory_size=3", 1, 1, 1, net="time_steps=2\nbatch=2").train()
    x = torch.tensor([1.0, 2]).view(2, 1, 1, 1).requires_grad_()
    layer(x).sum().backward()
    # Darknet hands on what is asked of the newest place, though each frame stands in several.
    assert x.grad.flatten().tolist() == [1, 1]
    layer.follow(True)
    assert layer(x + 2).flatten(1).tolist() == [[3, 2, 1], [4, 3, 2]]


def test_a_measurement_in_between_leaves_no_memory_for_the_training():
    layer = layer_of(KINDS["lstm"], 1, 1, 1, net="time_steps=1\nbatch=2").train()
    x = torch.ones(1, 1, 1, 1)
    with torch.no_grad():
        fresh = layer(x)
        layer.eval()(x)
        layer.train().follow(True)
        torch.testing.assert_close(layer(x), fresh)
