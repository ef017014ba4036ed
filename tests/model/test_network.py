"""The network's loop: who reads what, what is let go, what is frozen, who hears of what."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.heads.base import Moment, Truths
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

NET = "[net]\nbatch=2\nwidth=8\nheight=8\nchannels=2\nmax_batches=100\n"
CONV = "[convolutional]\nfilters=2\nsize=1\nactivation=linear\n"
NORM = "[convolutional]\nbatch_normalize=1\nfilters=2\nsize=1\nactivation=leaky\n"
YOLO = "[convolutional]\nfilters=6\nsize=1\nactivation=linear\n{}[yolo]\nmask=0\nanchors=2,2\n\
classes=1\nnum=1\n"


def network_of(*sections: str) -> Network:
    torch.manual_seed(0)
    plan = plan_network(parse_cfg((NET + "".join(sections)).splitlines(), "test.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return Network(plan)


def truths() -> Truths:
    """One object in the first picture, none in the second."""
    rows = torch.tensor([[[0.5, 0.5, 0.25, 0.25, 0]], [[0.0, 0, 0, 0, 0]]])
    return Truths.from_rows(rows, torch.tensor([1, 0]))


def trained(network: Network, iteration: int = 1) -> list[bool]:
    """Which layers have a gradient after a mini-batch of that iteration."""
    network.train().zero_grad()
    output = network.train_on(torch.rand(2, 2, 8, 8), truths(), Moment(iteration=iteration))
    output.gradient_root.backward()
    return [any(p.grad is not None for p in layer.parameters()) for layer in network.layers]


def test_who_reads_a_layer_below_a_dropout_gets_the_dropouts_output():
    network = network_of(CONV, "[dropout]\nprobability=.5\n", "[route]\nlayers=0\n").train()
    *_, dropped, routed = network.outputs(torch.rand(2, 2, 8, 8))
    assert (dropped == 0).any()
    assert torch.equal(routed, dropped)


def test_some_outputs_are_those_of_all_and_what_follows_them_is_not_computed():
    network = network_of(CONV, "[dropout]\n", CONV, "[avgpool]\n")
    network.eval()
    x = torch.rand(2, 2, 8, 8)
    heard = []
    network.layers[3].register_forward_hook(lambda *_: heard.append(3))

    found = network.outputs_of(x, [2, 0])

    assert sorted(found) == [0, 2]
    assert not heard
    for index, output in found.items():
        assert torch.equal(output, network.outputs(x)[index])


def test_dropouts_one_on_the_other_overwrite_the_same_layer():
    drop = "[dropout]\nprobability=.5\n"
    network = network_of(CONV, drop, drop, "[route]\nlayers=0\n").train()
    _, first, second, routed = network.outputs(torch.rand(2, 2, 8, 8))
    assert (second == 0).sum() > (first == 0).sum()
    assert torch.equal(routed, second)


def test_outputs_are_let_go_when_nobody_reads_them_any_more():
    network = network_of(CONV, CONV, CONV, "[shortcut]\nfrom=0\n", CONV, "[dropout]\n")
    # Layer 0 is read by 3, 1 by 2, 2 by 3, 3 by 4; the dropout (5) lives in 4's place. -1 is the
    # picture, read by 0.
    assert network._last_use == [[-1], [], [1], [0, 2], [3], [4]]


def test_shared_weights_are_the_others_even_through_a_chain():
    network = network_of(CONV, CONV + "share_index=0\n", CONV + "share_index=-1\n")
    with torch.no_grad():
        network.layers[0].conv.weight.copy_(torch.tensor([[0.0, 2], [1, 0]]).view(2, 2, 1, 1))
    x = torch.tensor([1.0, 3]).view(1, 2, 1, 1)
    # (x, y) -> (2y, x) each time: (1, 3) -> (6, 1) -> (2, 6) -> (12, 2).
    assert network.outputs(x)[-1].flatten().tolist() == [12, 2]
    assert len(list(network.parameters())) == 2


def with_statistics(network):
    """As loaded weights have it: there is something to keep."""
    for module in network.modules():
        if hasattr(module, "running_var"):
            module.running_var.fill_(1)
    return network


def test_stopbackward_freezes_its_layer_and_all_before_it():
    network = with_statistics(network_of(NORM, NORM + "stopbackward=1\n", NORM, YOLO.format("")))
    before = [layer.norm.running_mean.clone() for layer in network.layers[:3]]
    assert trained(network) == [False, False, True, True, False]
    after = [layer.norm.running_mean for layer in network.layers[:3]]
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [True, True, False]


@pytest.mark.parametrize(("iteration", "frozen"), [(1, True), (800, True), (801, False)])
def test_stopbackward_above_1_lasts_until_that_iteration(iteration, frozen):
    network = with_statistics(network_of(NORM, NORM + "stopbackward=800\n", YOLO.format("")))
    assert trained(network, iteration) == [not frozen, not frozen, True, False]
    assert network.layers[0].norm.training is not frozen
    assert network.layers[2].training


def test_a_thawed_layer_follows_train_and_eval_again():
    network = with_statistics(network_of(NORM + "stopbackward=2\n", YOLO.format("")))
    trained(network, 2)
    assert not network.train().layers[0].norm.training
    trained(network, 3)
    assert network.train().layers[0].norm.training
    assert not network.eval().layers[0].norm.training


def test_onlyforward_passes_no_gradient_on_but_others_do():
    route = "[route]\nlayers=0\nonlyforward=1\n"
    network = network_of(CONV, route, CONV, YOLO.format(""))
    assert trained(network) == [False, False, True, True, False]
    both = network_of(CONV, route, CONV, "[shortcut]\nfrom=0\n", YOLO.format(""))
    assert trained(both)[0]


def test_a_head_with_onlyforward_trains_nothing():
    network = network_of(CONV, YOLO.format(""))
    only = network_of(CONV, YOLO.format("") + "onlyforward=1\n")
    assert trained(network) == [True, True, False]
    assert trained(only) == [False, False, False]


def test_layers_hear_of_the_boxes_of_a_mini_batch_and_of_its_iteration():
    network = network_of(CONV + "assisted_excitation=1\n", YOLO.format(""))
    trained(network, 26)
    boxes, strength = network.layers[0]._excited
    assert boxes.tolist() == [[[0.5, 0.5, 0.25, 0.25]], [[0, 0, 0, 0]]]
    # 25 of 100 iterations are done: (1 + cos(pi / 4)) / 2.
    assert strength == pytest.approx((1 + 0.5**0.5) / 2)


def test_steps_of_all_layers_are_called():
    network = network_of(CONV + "clip=.25\n", YOLO.format(""))
    trained(network)
    network.before_step()
    with torch.no_grad():
        network.layers[0].conv.weight.fill_(-3)
    network.after_step()
    assert network.layers[0].conv.weight.unique().tolist() == [-0.25]


def test_what_is_frozen_is_not_clipped_either():
    network = network_of(CONV + "clip=.25\nstopbackward=1\n", YOLO.format(""))
    with torch.no_grad():
        network.layers[0].conv.weight.fill_(-3)
    trained(network)
    network.before_step()
    network.after_step()
    assert network.layers[0].conv.weight.unique().tolist() == [-3]


def test_reset_state_forgets_earlier_pictures():
    network = network_of(CONV, "[rnn]\noutput=3\nhidden=2\nactivation=tanh\n").eval()
    x = torch.rand(1, 2, 8, 8)
    with torch.no_grad():
        first, second = (network.outputs(x)[-1] for _ in range(2))
        network.reset_state()
        again = network.outputs(x)[-1]
    assert not torch.equal(first, second)
    assert torch.equal(first, again)


def test_training_between_two_pictures_forgets_the_first():
    network = network_of(CONV, "[rnn]\noutput=3\nhidden=2\nactivation=tanh\n").eval()
    x = torch.rand(1, 2, 8, 8)
    with torch.no_grad():
        first = network.outputs(x)[-1]
        network.train().outputs(x)
        assert torch.equal(network.eval().outputs(x)[-1], first)
