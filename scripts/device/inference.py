"""(e) Milliseconds of forward and decode, and of the whole detection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch

from darkpy.data.resize import stretch
from darkpy.inference.detector import Detector
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from scripts.device import nets
from scripts.device.asked import Asked, Row

NETS = ("yolov4-tiny", "yolov4", "yolov3", "yolov4-csp", "yolov7-tiny")
DETECTED = ("yolov4-tiny", "yolov4")
COUNTS = (1, 64)
_HALF = Precision(torch.float16)
_SEEN = 0.01  # share of the cells with an objectness above .5


def run(asked: Asked) -> Iterator[Row]:
    """Forward and decode of one and of 64 pictures, then the detection of 64."""
    works: dict[str, Callable[[], Iterator[Row]]] = {}
    names = ("tabletop-tiny",) if asked.tiny else NETS
    for name in names:
        works[f"{name}, forward"] = partial(_forward, asked, name)
    for name in names if asked.tiny else DETECTED:
        works[f"{name}, detect"] = partial(_detect, asked, name)
    yield from asked.each(works)


@torch.inference_mode()
def _forward(asked: Asked, name: str) -> Iterator[Row]:
    net = _network(asked, name)
    times = 2 if asked.tiny else 20
    for count in (1, 2) if asked.tiny else COUNTS:
        images = torch.rand(count, *net.plan.input, device=asked.device)
        images = images.contiguous(memory_format=torch.channels_last)
        for words, precision in (("float32", FLOAT32), ("float16", _HALF)):
            if asked.device.type == "cpu" and precision is _HALF:
                continue
            work = partial(_candidates, asked, net, precision, images)
            yield Row(f"{name}, {count} pictures, {words}", 1e3 * asked.seconds(work, times), "ms")
            if asked.device.type == "cuda":
                replay = _captured(work)
                ms = 1e3 * asked.seconds(replay, times)
                yield Row(f"{name}, {count} pictures, {words}, graph", ms, "ms")


def _candidates(asked: Asked, net: Network, precision: Precision, images: torch.Tensor):
    with precision(asked.device):
        return net.candidates(images)


def _captured(work: Callable[[], object]) -> Callable[[], None]:
    """`work` as one graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def _detect(asked: Asked, name: str) -> Iterator[Row]:
    count = 2 if asked.tiny else 64
    numbers = np.random.default_rng(0)
    side = 64 if asked.tiny else 480
    pictures = [
        numbers.integers(256, size=(side, side * 4 // 3, 3), dtype=np.uint8) for _ in range(count)
    ]
    net = _network(asked, name, pictures[:4])
    detector = Detector(net, (), asked.device)
    found = detector.detect(pictures, thresh=0.25)
    boxes = sum(len(each.boxes) for each in found)
    times = 1 if asked.tiny else 3
    seconds = asked.seconds(lambda: detector.detect(pictures, thresh=0.25), times)
    images = torch.rand(count, *net.plan.input, device=asked.device)
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        bare = asked.seconds(partial(_candidates, asked, net, FLOAT32, images), times)
    note = f"{boxes} boxes; the network alone {1e3 * bare:.1f} ms"
    good = seconds <= 2 * bare if asked.device.type == "cuda" else None
    yield Row(f"{name}, detect {count} decoded pictures", 1e3 * seconds, "ms", good, note)


def _network(asked: Asked, name: str, pictures: Sequence[np.ndarray] = ()) -> Network:
    """In inference, with statistics that let numbers pass through the layers."""
    size = 32 if asked.tiny else 416
    net = nets.network(name, width=size, height=size).to(
        asked.device, memory_format=torch.channels_last
    )
    images = torch.rand(4, *net.plan.input)
    if pictures:
        images = torch.stack([stretch(picture, size, size) for picture in pictures])
    images = images.to(asked.device)
    momenta = [(m, m.momentum) for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm, _ in momenta:
        norm.momentum = 1.0
    with torch.no_grad():
        net.train()(images)
    for norm, momentum in momenta:
        norm.momentum = momentum
    _see_little(net.eval(), images)
    return net


@torch.no_grad()
def _see_little(net: Network, images: torch.Tensor) -> None:
    """Shift the objectness of random weights, so that few cells see something, as in pictures."""
    size = tuple(images.shape[2:])
    for index, output in net(images).items():
        head = net.detecting[index]
        likely = head.decode(output, size).objectness.flatten().quantile(1 - _SEEN)
        before = net.layers[head.plan.sources[0]]
        before.conv.bias.view(len(head.options.own_mask), -1)[:, 4] -= likely.logit()
