"""Lines of -benchmark_layers, as the C program prints them."""

from __future__ import annotations

import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.inference.clock import LayerClock
from darkpy.model.network import Network
from darkpy.planning.network import plan_network

CFG = """[net]
height=4
width=4
channels=3
[convolutional]
filters=4
[maxpool]
size=2
stride=2
"""


def test_each_pass_is_timed_layer_by_layer_and_averaged(monkeypatch):
    net = Network(plan_network(parse_cfg(CFG.splitlines(), "my.cfg"))).eval()
    clock = LayerClock(net, torch.device("cpu"))
    # two passes of two layers: 1 and 3 ms, then 11 and 3 ms
    times = iter([0, 0.001, 0.1, 0.103, 1, 1.011, 1.1, 1.103])
    monkeypatch.setattr("darkpy.inference.clock.time.perf_counter", lambda: next(times))

    for _ in range(2):
        net(torch.rand(1, 3, 4, 4), clock.around({}))

    # .9 * 1 + .1 * 11 = 2
    first, second, *table = [line for line in clock.lines() if line]
    assert first == " fw-layer 0 - type: 0 - 11.000000 ms - avg_time 2.000000 ms "
    assert second == " fw-layer 1 - type: 3 - 3.000000 ms - avg_time 3.000000 ms "
    assert table == [
        "Sorted by time (forward):",
        "0 - fw-sort-layer 1 - type: 3 - avg_time 3.000000 ms ",
        "1 - fw-sort-layer 0 - type: 0 - avg_time 2.000000 ms ",
    ]


def test_the_clock_leaves_what_the_layers_give():
    net = Network(plan_network(parse_cfg(CFG.splitlines(), "my.cfg"))).eval()
    images = torch.rand(1, 3, 4, 4)

    timed = net(images, LayerClock(net, torch.device("cpu")).around({0: net.layers[0]}))

    assert torch.equal(timed[1], net(images)[1])
