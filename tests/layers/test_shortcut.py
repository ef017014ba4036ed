from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.layers.shortcut import Shortcut
from darkpy.model.network import Network
from darkpy.planning.network import plan_network
from tests.layers.single import channels

EPS = 1e-4


def shortcut(keys: str, *filters: int, net: str = "") -> Shortcut:
    """A shortcut behind convolutions of so many filters; it adds all but the last to the last."""
    cfg = f"[net]\nchannels=1\nheight=1\nwidth=1\n{net}\n"
    cfg += "".join(f"[convolutional]\nfilters={n}\n" + "[route]\nlayers=0\n" * 0 for n in filters)
    reach = ",".join(str(-n) for n in range(2, len(filters) + 1))
    plan = plan_network(parse_cfg(f"{cfg}[shortcut]\nfrom={reach}\n{keys}".splitlines(), "s.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return Network(plan).layers[-1]


def test_inputs_are_added_and_activated():
    added = shortcut("activation=leaky", 2, 2, 2)
    assert added(channels(1, -9), channels(2, 3), channels(4, 1)).flatten().tolist() == [7, -0.5]


def test_fewer_channels_are_added_to_the_first_ones():
    added = shortcut("", 1, 3)
    assert added(channels(1, 2, 3), channels(10)).flatten().tolist() == [11, 2, 3]


def test_of_more_channels_only_the_first_are_added():
    added = shortcut("", 3, 2)
    assert added(channels(1, 2), channels(10, 20, 30)).flatten().tolist() == [11, 22]


@pytest.mark.parametrize(
    ("normalization", "weights", "factors"),
    [
        ("none", [2, -1], [2, -1]),
        ("relu", [3, -1], [3 / (3 + EPS), 0]),
        ("avg_relu", [3, 1], [3 / (4 + EPS), 1 / (4 + EPS)]),
        # Of weights 0 and ln 3: 1/3 and 1, divided by their sum.
        ("softmax", [0, 1.0986123], [1 / 3 / (4 / 3 + EPS), 1 / (4 / 3 + EPS)]),
    ],
)
@pytest.mark.parametrize("kind", ["per_feature", "per_layer", "per_channel"])
def test_weighted_inputs(kind, normalization, weights, factors):
    added = shortcut(f"weights_type={kind}\nweights_normalization={normalization}", 2, 2)
    with torch.no_grad():
        added.weights.copy_(torch.tensor(weights)[:, None].expand(added.weights.shape))
    found = added(channels(1, 10), channels(100, 1000)).flatten().tolist()
    first, second = factors
    wanted = [first + 100 * second, 10 * first + 1000 * second]
    assert found == pytest.approx(wanted, rel=1e-5)


def gradients(normalization: str, weights: list[float]) -> list[float]:
    """Of the weights, when the inputs are 2 and 3 and the output's gradient is 1."""
    added = shortcut(f"weights_type=per_feature\nweights_normalization={normalization}", 1, 1)
    with torch.no_grad():
        added.weights.copy_(torch.tensor(weights)[:, None])
    added(channels(2), channels(3)).backward()
    return added.weights.grad.flatten().tolist()


def test_gradients_of_the_weights_are_darknets_and_not_the_derivatives():
    # Input times slope; the slope is the factor itself with relu, f * (1 - f) with softmax.
    assert gradients("none", [5, 7]) == [2, 3]
    assert gradients("relu", [3, 1]) == pytest.approx([2 * 0.75, 3 * 0.25], rel=1e-4)
    assert gradients("softmax", [4, 4]) == pytest.approx([2 * 0.25, 3 * 0.25], rel=1e-3)


def test_a_weight_below_zero_counts_as_a_thousandth_for_its_gradient():
    assert gradients("relu", [1, -5]) == pytest.approx([2 / 1.0011, 3 * 0.001 / 1.0011], rel=1e-4)


def test_updates_of_weights_are_limited_to_1_an_iteration_and_decay_spares_them():
    added = shortcut("weights_type=per_feature\nweights_normalization=relu", 1, 1, net="batch=4")
    added.weights.grad = torch.tensor([[0.75], [-0.125]])
    added.before_step()
    # The gradient is a mean of 4 pictures: the sum 3 becomes 1, which is .25 of the mean.
    assert added.weights.grad.flatten().tolist() == [0.25, -0.125]
    assert added.decayed() == []
