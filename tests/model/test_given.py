"""mean= and std= of [net]: what the first layer is given of a picture."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

NET = "[net]\nwidth=3\nheight=1\nchannels=2\n"
SUM_OF_THREE = "[convolutional]\nfilters=1\nsize=3\npad=1\nactivation=linear\n"


def planned(keys: str):
    return plan_network(parse_cfg((NET + keys + "\n" + SUM_OF_THREE).splitlines(), "my.cfg"))


def answer(keys: str) -> list[float]:
    """The sums over three columns and both channels of 1 2 3 and 10 20 30, a tenth of each."""
    network = Network(planned(keys)).eval()
    with torch.no_grad():
        network.layers[0].conv.weight.zero_()[:, :, 1] = 1
        network.layers[0].conv.bias.zero_()
        images = torch.tensor([[1.0, 2, 3], [10, 20, 30]]).view(1, 2, 1, 3) / 10
        return network.last(images).flatten().tolist()


def test_without_the_keys_pictures_are_as_they_are():
    # .1 + .2 + 1 + 2, all six, .2 + .3 + 2 + 3
    assert answer("") == pytest.approx([3.3, 6.6, 5.5])


def test_a_channel_has_its_own_mean_and_deviation_and_the_margin_is_0_after_it():
    # channel 0: (.1 .2 .3 - .1) / .1 = 0 1 2; channel 1: (1 2 3 - 2) / .5 = -2 0 2. With margins of
    # black in place of 0 the ends would be less.
    assert answer("mean=.1,2\nstd=.1,.5") == pytest.approx([-1, 3, 5], abs=1e-5)


def test_one_number_stands_for_all_channels():
    # (x - .5) * 2: -.8 -.6 -.4 and 1 3 5
    assert answer("mean=.5\nstd=.5") == pytest.approx([2.6, 7.2, 7], abs=1e-5)


def test_no_value_of_them_is_in_the_weights_file_or_the_optimizer():
    network = Network(planned("mean=.5\nstd=.5"))
    assert {name for name, _ in network.named_parameters()} == {
        "layers.0.conv.weight",
        "layers.0.conv.bias",
    }
    assert not any("given" in name for name in network.state_dict())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("mean=.1,.2,.3", "mean= has 3 numbers for 2 channels; it must be one for all or one each"),
        ("std=1,0", "std= has a 0, by which nothing can be divided"),
    ],
)
def test_what_cannot_be_computed_with_is_an_error_of_its_line(keys, said):
    (error,) = planned(keys).findings.errors
    assert str(error).startswith("my.cfg:5: ")
    assert said in str(error)
