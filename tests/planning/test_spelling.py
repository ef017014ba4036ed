"""[fpn] is the layers that it stands for, to the last weight."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.planning.network import plan_network

NET = "[net]\nwidth=64\nheight=32\nchannels=3\n"
CONV = "[convolutional]\nfilters={filters}\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
# Layers 0 to 3: of 32x16, 16x8, 8x4 and 4x2 px
BACKBONE = NET + "".join(CONV.format(filters=filters) for filters in (4, 6, 8, 10))
FPN = "[fpn]\nfrom=-1,2,1\nfilters=5\n"
ONE = "[convolutional]\nfilters=5\nsize=1\npad=1\nactivation=linear\n"
THREE = "[convolutional]\nfilters=5\nsize=3\npad=1\nactivation=linear\n"
HALVED = THREE.replace("pad=1", "pad=1\nstride=2")
DOWN = "[route]\nlayers={carried}\n[upsample]\n[shortcut]\nfrom={beside}\nactivation=linear\n"
SPELLED_OUT = (
    f"[route]\nlayers=3\n{ONE}{THREE}"  # 4 5 6: the sum and level of layer 3
    + f"[route]\nlayers=2\n{ONE}{DOWN.format(carried=5, beside=8)}{THREE}"  # 7 to 12
    + f"[route]\nlayers=1\n{ONE}{DOWN.format(carried=11, beside=14)}{THREE}"  # 13 to 18
)
LEVELS = "".join(f"[route]\nlayers={level}\n" for level in (18, 12, 6))


def planned(text):
    return plan_network(parse_cfg(text.splitlines(), "t.cfg"))


def rows(text):
    plan = planned(text)
    assert not plan.findings.items
    return [(layer.row, layer.sources, layer.arrays) for layer in plan.layers]


@pytest.mark.parametrize(
    ("extra", "layers", "levels"),
    [
        ("", "", ""),
        ("extra=p6c5\n", f"[route]\nlayers=3\n{HALVED}", "[route]\nlayers=20\n"),
        ("extra=p6p5\n", f"[route]\nlayers=6\n{HALVED}", "[route]\nlayers=20\n"),
        (
            "extra=p6c5,p7\n",
            f"[route]\nlayers=3\n{HALVED}[activation]\nactivation=relu\n{HALVED}",
            "[route]\nlayers=20\n[route]\nlayers=22\n",
        ),
    ],
)
def test_it_is_what_it_stands_for(extra, layers, levels):
    # ends in a 1 x 1 pyramid's top: 4x2 px halved twice
    assert rows(BACKBONE + FPN + extra) == rows(BACKBONE + SPELLED_OUT + layers + LEVELS + levels)


def test_its_weights_are_those_of_the_layers_spelled_out(tmp_path):
    short, long = (Network(planned(BACKBONE + text)) for text in (FPN, SPELLED_OUT + LEVELS))
    save_weights(short, tmp_path / "a.weights", 0)
    load_weights(long, tmp_path / "a.weights")
    images = torch.rand(2, 3, 32, 64)

    pairs = zip(short.outputs(images), long.outputs(images), strict=True)

    assert all(one.equal(other) for one, other in pairs)


def test_the_last_layers_are_its_levels_from_the_finest_on():
    plan = planned(BACKBONE + FPN + "extra=p6p5,p7\n")

    assert [tuple(layer.out) for layer in plan.layers[-5:]] == [
        (5, 8, 16),
        (5, 4, 8),
        (5, 2, 4),
        (5, 1, 2),
        (5, 1, 1),
    ]


def test_a_level_adds_the_enlarged_sum_of_the_coarser_one():
    network = Network(planned(BACKBONE + FPN))
    outputs = network.outputs(torch.rand(1, 3, 32, 64))
    coarse, beside, total = outputs[5], outputs[8], outputs[11]

    assert total[0, 2, 3, 6] == beside[0, 2, 3, 6] + coarse[0, 2, 1, 3]


def test_keys_of_any_layer_and_its_own_go_to_its_layers():
    plan = planned(
        BACKBONE + FPN + "learning_rate=.1\nstopbackward=1\nbatch_normalize=1\nactivation=relu\n"
    )

    assert {layer.options.learning_rate for layer in plan.layers[4:]} == {0.1}
    assert plan.stopped(1) == len(plan.layers)
    convolutions = [layer.options for layer in plan.layers[4:] if layer.kind == "convolutional"]
    assert {(o.size, o.norm, o.activation) for o in convolutions} == {
        (1, 1, "linear"),
        (3, 1, "relu"),
    }


def test_later_sections_count_its_layers():
    route = "[route]\nlayers=-3\n"

    plan = planned(f"{BACKBONE}{FPN}{route}")

    assert plan.layers[-1].index == 22
    assert plan.layers[-1].out == (5, 8, 16)
    assert plan.layers[-1].section.line == 4 + 4 * 6 + 4


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "t.cfg:29: error: [fpn] needs from=, at least 2 layers, the coarsest first"),
        ("from=-1", "t.cfg:30: error: [fpn] needs from=, at least 2 layers, the coarsest first"),
        ("from=-1,9", "t.cfg:30: error: [fpn] from=9 is no earlier layer; layer 4 can reach"),
        ("from=-1,2\nextra=p8", "t.cfg:31: error: [fpn] extra=p8 is not one of "),
        ("from=-1,2\nfilter=5", "t.cfg:31: warning: [fpn] filter= is not used; did you mean"),
        ("from=-1,1", "t.cfg:29: error: [shortcut] layer 8 is 16x8 px but the layer before is 8x4"),
    ],
)
def test_mistakes_are_said_once_and_where_they_stand(keys, said):
    findings = planned(f"{BACKBONE}[fpn]\n{keys}\n").findings.items

    assert len(findings) == 1
    assert str(findings[0]).startswith(said)
