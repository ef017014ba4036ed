"""[route], [scale_channels], [sam], [implicit], [empty] and [cost]."""

from __future__ import annotations

import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.model.network import Network
from darkpy.planning.network import plan_network
from tests.layers.single import channels, layer_of, picture, set_values


def last_of(*sections: str) -> Network:
    head = "[net]\nchannels=4\nheight=1\nwidth=2\n"
    plan = plan_network(parse_cfg((head + "".join(sections)).splitlines(), "j.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return Network(plan).layers[-1]


EMPTY = "[empty]\n"
AVERAGE = "[avgpool]\n"


def test_a_route_joins_in_the_order_named():
    joined = last_of(EMPTY, EMPTY, "[route]\nlayers=1,0\n")
    assert joined.plan.sources == (1, 0)
    assert joined(channels(1, 2), channels(3)).flatten().tolist() == [1, 2, 3]


def test_a_route_takes_one_group_of_each():
    taken = last_of(EMPTY, EMPTY, "[route]\nlayers=0,1\ngroups=2\ngroup_id=1\n")
    assert taken(channels(1, 2, 3, 4), channels(5, 6)).flatten().tolist() == [3, 4, 6]


def test_factors_of_channels():
    scaled = last_of(EMPTY, AVERAGE, "[scale_channels]\nfrom=0\n")
    x = torch.tensor([[1.0, 2], [3, 4], [5, 6], [7, 8]]).view(1, 4, 1, 2)
    assert scaled(channels(1, 10, 0, -1), x).flatten().tolist() == [1, 2, 30, 40, 0, 0, -7, -8]


def test_factors_of_pixels():
    one = "[convolutional]\nfilters=1\n"
    scaled = last_of(EMPTY, one, "[scale_channels]\nfrom=0\nscale_wh=1\nactivation=relu\n")
    x = torch.tensor([[1.0, 2], [3, 4], [5, 6], [7, 8]]).view(1, 4, 1, 2)
    assert scaled(picture([10, -1]), x).flatten().tolist() == [10, 0, 30, 0, 50, 0, 70, 0]


def test_factors_of_values():
    scaled = last_of(EMPTY, EMPTY, "[sam]\nfrom=0\nactivation=leaky\n")
    assert scaled(channels(2, -1), channels(3, 5)).flatten().tolist() == [6, -0.5]


def test_implicit_values_are_the_same_for_all_pictures_and_lie_about_their_mean():
    layer = layer_of("[implicit]\nfilters=256\nmean=1\nstd=.02", 1, 1, 1)
    assert 0.98 <= layer.weights.min().item() < 0.985
    assert 1.015 < layer.weights.max().item() <= 1.02
    small = layer_of("[implicit]\nfilters=2\natoms=2", 1, 1, 1)
    set_values(small, weights=[1, 2, 3, 4])
    assert small(torch.zeros(2, 1, 1, 1))[1].flatten().tolist() == [1, 2, 3, 4]


def test_implicit_values_are_decayed_and_clipped():
    layer = layer_of("[implicit]\nfilters=2\nclip=.5", 1, 1, 1)
    assert layer.decayed() == [layer.weights]
    set_values(layer, weights=[-3, 0.25])
    layer.after_step()
    assert layer.weights.flatten().tolist() == [-0.5, 0.25]


def test_empty_and_cost_pass_on_what_they_get():
    for kind in ("[empty]", "[silence]", "[cost]"):
        assert layer_of(kind, 3, 1, 1)(channels(1, 2, 3)).flatten().tolist() == [1, 2, 3]
