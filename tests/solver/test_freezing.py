"""Which layers move in which iteration."""

from __future__ import annotations

from darkpy.cfg.reader import parse_cfg
from darkpy.planning.network import plan_network
from darkpy.solver.freezing import frozen_words

NET = "[net]\nwidth=32\nheight=32\nchannels=3\nburn_in=10\nmax_batches=100\n"
CONV = "[convolutional]\nfilters=4\n"


def plan(*keys: str):
    text = NET + "".join(f"{CONV}{text}\n" for text in keys)
    return plan_network(parse_cfg(text.splitlines(), "x.cfg"))


def test_a_layer_with_dont_update_waits_for_that_iteration():
    moves = plan("", "dont_update=5").moving

    assert [moves(i)[1] for i in (1, 5, 6)] == [False, False, True]
    assert moves(1)[0]


def test_burnin_update_waits_for_a_multiple_of_burn_in():
    moves = plan("burnin_update=2", "").moving

    assert [moves(i)[0] for i in (1, 19, 20)] == [False, False, True]


def test_stopbackward_1_freezes_the_layer_and_all_before_it():
    assert plan("", "stopbackward=1", "").moving(99) == [False, False, True]


def test_stopbackward_of_more_ends_after_that_iteration():
    moves = plan("", "stopbackward=8", "").moving

    assert moves(8) == [False, False, True]
    assert moves(9) == [True, True, True]


def test_train_only_bn_holds_for_all_layers_before_it_too():
    assert plan("", "train_only_bn=1", "").moving(99) == [False, False, True]


def test_a_layer_that_only_goes_forward_does_not_move():
    assert plan("", "onlyforward=1", "").moving(99) == [True, False, True]


HEADS = """[yolo]
mask=0
anchors=2,2
classes=1
num=1
"""
TWO_HEADS = f"""{NET}freeze=all-but-last
{CONV}[convolutional]
filters=6
size=1
activation=linear
{HEADS}[route]
layers=0
{CONV}[convolutional]
filters=2
[convolutional]
filters=4
[route]
layers=-1,-2
{HEADS}"""


def test_all_but_last_leaves_the_layers_right_before_each_head():
    found = plan_network(parse_cfg(TWO_HEADS.splitlines(), "x.cfg"))

    # 0 conv, 1 conv, 2 yolo, 3 route, 4 conv, 5 and 6 convs that a route joins, 7 it, 8 yolo.
    learn = [index for index, frozen in enumerate(found.frozen(1)) if not frozen]
    assert learn == [1, 2, 5, 6, 7, 8]
    assert found.moving(1) == [not frozen for frozen in found.frozen(1)]
    assert frozen_words(found) == "frozen layers: 2"


def test_all_but_last_of_a_network_without_heads_is_its_last_layer_with_values():
    text = f"{NET}freeze=all-but-last\n{CONV}{CONV}[avgpool]\n[dropout]\n"

    found = plan_network(parse_cfg(text.splitlines(), "x.cfg"))

    assert found.frozen(1) == [True, False, False, False]


def test_what_shares_the_last_weights_learns_with_their_owner():
    shared = "[convolutional]\nfilters=6\nsize=1\nactivation=linear\nshare_index=0\n"
    text = f"{NET}freeze=all-but-last\nchannels=6\n".replace("channels=3\n", "")
    text += f"[convolutional]\nfilters=6\nsize=1\nactivation=linear\n{HEADS}{CONV}"
    text += f"[convolutional]\nfilters=6\nsize=1\n{shared}{HEADS}"

    found = plan_network(parse_cfg(text.splitlines(), "x.cfg"))

    assert found.findings.errors == []
    assert [i for i, frozen in enumerate(found.frozen(1)) if not frozen] == [0, 1, 4, 5]


def test_what_is_frozen_is_said():
    assert frozen_words(plan("", "")) == ""
    words = frozen_words(plan("", "stopbackward=1", "burnin_update=2"))
    assert words == "frozen layers: 2; frozen at first: 1"
