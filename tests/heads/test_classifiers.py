"""[softmax] and [cost] as the loss of classifiers, [contrastive] of pictures."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.errors import CfgError
from darkpy.heads.base import Moment, Wanted
from darkpy.model.network import Network
from tests.heads.single import head_of, truths_of


def run(head, values, wanted, moment=None):
    raw = torch.tensor(values)[:, :, None, None]
    loss = head.delta(head(raw), Wanted(torch.tensor(wanted)), (1, 1), moment or Moment())
    return loss.delta.flatten(1), loss


def test_softmax_asks_for_the_difference_and_costs_the_logarithm(tmp_path):
    head = head_of(tmp_path, "[softmax]\n", grid=(1, 1), channels=3)

    # e^0 : e^0 : e^ln2 is 1 : 1 : 2
    delta, loss = run(head, [[0.0, 0.0, math.log(2)]], [[0.0, 1.0, 0.0]])

    assert delta[0].tolist() == pytest.approx([-0.25, 0.75, -0.5])
    assert loss.parts["classes"].item() == pytest.approx(math.log(4))
    assert (int(loss.watched["right"]), int(loss.watched["pictures"])) == (0, 1)


def test_temperature_flattens_and_leaves_the_gradient_as_it_is(tmp_path):
    head = head_of(tmp_path, "[softmax]\ntemperature=2\n", grid=(1, 1), channels=2)

    delta, _ = run(head, [[0.0, 2 * math.log(3)]], [[1.0, 0.0]])

    assert delta[0].tolist() == pytest.approx([0.75, -0.75])


def test_softmax_without_loss_is_a_layer_like_others(tmp_path):
    head = head_of(tmp_path, "[softmax]\nnoloss=1\n", grid=(1, 1), channels=2)

    loss = head.delta(head(torch.zeros(1, 2, 1, 1)), truths_of([]), (1, 1), Moment())

    assert loss.parts == {}
    assert loss.delta.abs().sum() == 0


@pytest.mark.parametrize("section", ["[softmax]", "[cost]"])
def test_boxes_for_a_classifier_are_the_users_mistake(tmp_path, section):
    head = head_of(tmp_path, f"{section}\n", grid=(1, 1), channels=2)

    with pytest.raises(CfgError, match=r"head\.cfg:6: \[\w+\] is trained on classes of whole"):
        head.delta(head(torch.zeros(1, 2, 1, 1)), truths_of([]), (1, 1), Moment())


def test_tree_hides_what_the_picture_says_nothing_about(tmp_path):
    (tmp_path / "classes.tree").write_text("animal -1\nthing -1\ncat 0\ndog 0\ncup 1\n")
    head = head_of(tmp_path, "[softmax]\ntree=classes.tree\n", grid=(1, 1), channels=5)

    # a dog is an animal; of things nothing is known. 1/2, 1/2 | 1/2, 1/2 | 1
    delta, loss = run(head, [[0.0] * 5], [[0.0, 0, 0, 1, 0]])

    assert delta[0].tolist() == [0.5, -0.5, -0.5, 0.5, 0]
    assert loss.parts["classes"].item() == pytest.approx(2 * math.log(2))


def test_softmax_prints_the_cross_entropy_of_what_is_wanted_in_part(tmp_path):
    head = head_of(tmp_path, "[softmax]\n", grid=(1, 1), channels=3)

    # 1/4, 1/4, 1/2; .6 ln 4 + .1 ln 4 + .3 ln 2. Darknet prints 2 ln 4 + ln 2.
    delta, loss = run(head, [[0.0, 0.0, math.log(2)]], [[0.6, 0.1, 0.3]])

    assert loss.parts["classes"].item() == pytest.approx(1.7 * math.log(2))
    assert delta[0].tolist() == pytest.approx([0.35, -0.15, -0.2])


def test_a_probability_of_nothing_costs_much_and_not_infinitely_much(tmp_path):
    head = head_of(tmp_path, "[softmax]\n", grid=(1, 1), channels=2)

    _, loss = run(head, [[0.0, 500.0]], [[1.0, 0.0]])

    # float32's least normal number, 2^-126
    assert loss.parts["classes"].item() == pytest.approx(126 * math.log(2))


def test_each_group_of_a_softmax_adds_up_to_one(tmp_path):
    head = head_of(tmp_path, "[softmax]\ngroups=2\n", grid=(1, 1), channels=4)

    # 1/2, 1/2 | 1/4, 3/4
    delta, loss = run(head, [[5.0, 5, 0, math.log(3)]], [[1.0, 0, 0, 1]])

    assert delta[0].tolist() == pytest.approx([0.5, -0.5, -0.25, 0.25])
    assert loss.parts["classes"].item() == pytest.approx(math.log(2) + math.log(4 / 3))


def test_mixed_pictures_ask_of_each_group_of_a_tree_their_share(tmp_path):
    (tmp_path / "classes.tree").write_text("animal -1\nthing -1\ncat 0\ndog 0\ncup 1\nfork 1\n")
    head = head_of(tmp_path, "[softmax]\ntree=classes.tree\n", grid=(1, 1), channels=6)

    # three quarters dog, one quarter fork; every group is even
    delta, loss = run(head, [[0.0] * 6], [[0.0, 0, 0, 0.75, 0, 0.25]])

    # of animal and thing .75 and .25 are wanted where 1/2 each is given; of cat and dog, where the
    # share is .75, 0 and .75 where .75/2 each is given; of cup and fork 0 and .25 where .25/2 is.
    assert delta[0].tolist() == pytest.approx([0.25, -0.25, -0.375, 0.375, -0.125, 0.125])
    assert loss.parts["classes"].item() == pytest.approx(2 * math.log(2))


def test_cost_is_the_sum_of_squares_and_scale_is_for_the_gradient_only(tmp_path):
    head = head_of(tmp_path, "[cost]\nscale=.5\n", grid=(1, 1), channels=2)
    raw = torch.tensor([[1.0, 2.0]], requires_grad=True)[:, :, None, None]
    raw.retain_grad()

    _, loss = head.train_on([raw], Wanted(torch.tensor([[3.0, 1.0]])), (1, 1), Moment())
    loss.root.backward()

    assert loss.total.item() == 4 + 1
    assert raw.grad.flatten().tolist() == [-0.5 * 2, 0.5 * 1]


def test_smooth_cost_grows_linearly_from_a_distance_of_one(tmp_path):
    head = head_of(tmp_path, "[cost]\ntype=smooth\n", grid=(1, 1), channels=3)

    delta, loss = run(head, [[0.0, 0, 0]], [[0.5, 1, -3]])

    # .25, then 2 * 1 - 1 and 2 * 3 - 1
    assert loss.parts["classes"].item() == 0.25 + 1 + 5
    assert delta[0].tolist() == [0.5, 1, -1]


def test_masked_cost_asks_nothing_of_hidden_values(tmp_path):
    head = head_of(tmp_path, "[cost]\ntype=masked\n", grid=(1, 1), channels=2)

    delta, loss = run(head, [[1.0, 1.0]], [[-1234.0, 0.0]])

    assert delta[0].tolist() == [0, -1]
    assert loss.parts["classes"].item() == 1


def test_embeddings_of_one_class_attract_and_of_others_repel(tmp_path):
    head = head_of(tmp_path, "[contrastive]\nclasses=2\n", grid=(1, 1), channels=2)
    # a and b of class 0, c of class 1, each of length 1: a.b = 0, a.c = -1, b.c = 0
    vectors = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]

    delta, loss = run(head, vectors, [[1.0, 0], [1, 0], [0, 1]])

    # share of (a, b): e^0 / e^(b.c) = 1, so b attracts a by 1 - 1 = 0;
    # share of (a, c): e^-1 / e^0; c repels a by that: -(c - a.c * a) * share = 0, they are opposite
    assert delta[0].tolist() == pytest.approx([0, 0], abs=1e-6)
    # share of (b, a): e^0 / e^-1 = e: a attracts b by 1 - e; (b, c): e^0 / e^-1: c repels b by e
    assert delta[1].tolist() == pytest.approx([(1 - math.e) + math.e, 0], abs=1e-6)
    # c has nobody like it
    assert delta[2].tolist() == [0, 0]
    assert loss.parts["classes"].item() == pytest.approx(1)


def test_pictures_without_classes_come_in_pairs(tmp_path):
    head = head_of(tmp_path, "[contrastive]\nclasses=2\n", grid=(1, 1), channels=2)
    vectors = torch.randn(4, 2, generator=torch.Generator().manual_seed(1)).tolist()

    named, _ = run(head, vectors, [[1.0, 0], [1, 0], [0, 1], [0, 1]])
    unnamed, _ = run(head, vectors, [[0.0, 0]] * 4)

    assert torch.equal(named, unnamed)


def test_old_classifiers_end_in_both_and_both_losses_add_up(tmp_path):
    (tmp_path / "net.cfg").write_text(
        "[net]\nwidth=1\nheight=1\nchannels=3\n[convolutional]\nfilters=3\nsize=1\n"
        "activation=linear\n[softmax]\n[cost]\n"
    )
    net = Network.from_cfg(tmp_path / "net.cfg").train()
    wanted = Wanted(torch.tensor([[0.0, 1.0, 0.0]]))

    output = net.train_on(torch.ones(1, 3, 1, 1), wanted)
    output.gradient_root.backward()

    # the bias gets minus the softmax's delta and, passed through, the cost's
    total = output.losses[1].delta.flatten() + output.losses[2].delta.flatten()
    torch.testing.assert_close(net.layers[0].conv.bias.grad, -total)
