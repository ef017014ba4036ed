"""Names and shapes of torchvision's state dicts in their order, and values that never change.

tests/oracle/torchvision_nets/make.py compares the names with torchvision's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

Named = Iterator[tuple[str, tuple[int, ...]]]

_BOTTLENECKS = (3, 4, 6, 3)
# widening, channels, blocks, stride
_INVERTED = (
    (1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1),
)  # fmt: skip


def _norm(name: str, channels: int, frozen: bool = False) -> Named:
    for field in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{field}", (channels,)
    if not frozen:
        yield f"{name}.num_batches_tracked", ()


def _conv(name: str, *shape: int, bias: bool = True) -> Named:
    yield f"{name}.weight", shape
    if bias:
        yield f"{name}.bias", shape[:1]


def resnet50_layers(prefix: str = "", frozen: bool = False) -> Named:
    """Without the classifier."""
    yield from _conv(f"{prefix}conv1", 64, 3, 7, 7, bias=False)
    yield from _norm(f"{prefix}bn1", 64, frozen)
    channels = 64
    for stage, blocks in enumerate(_BOTTLENECKS):
        inside = 64 * 2**stage
        for block in range(blocks):
            name = f"{prefix}layer{stage + 1}.{block}"
            shapes = (
                (inside, channels, 1, 1), (inside, inside, 3, 3), (4 * inside, inside, 1, 1),
            )  # fmt: skip
            for number, shape in enumerate(shapes, 1):
                yield from _conv(f"{name}.conv{number}", *shape, bias=False)
                yield from _norm(f"{name}.bn{number}", shape[0], frozen)
            if block == 0:
                yield from _conv(f"{name}.downsample.0", 4 * inside, channels, 1, 1, bias=False)
                yield from _norm(f"{name}.downsample.1", 4 * inside, frozen)
            channels = 4 * inside


def resnet50() -> Named:
    yield from resnet50_layers()
    yield from _conv("fc", 1000, 2048)


def mobilenet_v2() -> Named:
    def joined(name: str, *shape: int) -> Named:
        yield from _conv(f"{name}.0", *shape, bias=False)
        yield from _norm(f"{name}.1", shape[0])

    yield from joined("features.0", 32, 3, 3, 3)
    channels, number = 32, 1
    for widening, out, blocks in _INVERTED:
        for _ in range(blocks):
            inside, name, place = channels * widening, f"features.{number}.conv", 0
            if widening > 1:
                yield from joined(f"{name}.0", inside, channels, 1, 1)
                place = 1
            yield from joined(f"{name}.{place}", inside, 1, 3, 3)
            yield from _conv(f"{name}.{place + 1}", out, inside, 1, 1, bias=False)
            yield from _norm(f"{name}.{place + 2}", out)
            channels, number = out, number + 1
    yield from joined("features.18", 1280, 320, 1, 1)
    yield from _conv("classifier.1", 1000, 1280)


def ssd300_vgg16() -> Named:
    """For 20 classes and the background."""
    yield "backbone.scale_weight", (512,)
    channels, place = 3, 0
    for out, layers in ((64, 2), (128, 2), (256, 3), (512, 3)):
        for _ in range(layers):
            yield from _conv(f"backbone.features.{place}", out, channels, 3, 3)
            channels, place = out, place + 2
        place += 1
    for place in (1, 3, 5):
        yield from _conv(f"backbone.extra.0.{place}", 512, 512, 3, 3)
    yield from _conv("backbone.extra.0.7.1", 1024, 512, 3, 3)
    yield from _conv("backbone.extra.0.7.3", 1024, 1024, 1, 1)
    maps = [512, 1024]
    for number, (inside, out) in enumerate(((256, 512), *((128, 256),) * 3), 1):
        yield from _conv(f"backbone.extra.{number}.0", inside, maps[-1], 1, 1)
        yield from _conv(f"backbone.extra.{number}.2", out, inside, 3, 3)
        maps.append(out)
    for part, values in (("classification", 21), ("regression", 4)):
        for number, (channels, anchors) in enumerate(zip(maps, (4, 6, 6, 6, 4, 4), strict=True)):
            name = f"head.{part}_head.module_list.{number}"
            yield from _conv(name, anchors * values, channels, 3, 3)


def retinanet_resnet50_fpn() -> Named:
    """For 80 classes."""
    yield from resnet50_layers("backbone.body.")
    for level, channels in enumerate((512, 1024, 2048)):
        yield from _conv(f"backbone.fpn.inner_blocks.{level}.0", 256, channels, 1, 1)
    for level in range(3):
        yield from _conv(f"backbone.fpn.layer_blocks.{level}.0", 256, 256, 3, 3)
    for name in ("p6", "p7"):
        yield from _conv(f"backbone.fpn.extra_blocks.{name}", 256, 256, 3, 3)
    for part, last, values in (("classification", "cls_logits", 80), ("regression", "bbox_reg", 4)):
        for number in range(4):
            yield from _conv(f"head.{part}_head.conv.{number}.0", 256, 256, 3, 3)
        yield from _conv(f"head.{part}_head.{last}", 9 * values, 256, 3, 3)


NETS = {
    "resnet50": resnet50,
    "mobilenet_v2": mobilenet_v2,
    "ssd300_vgg16": ssd300_vgg16,
    "retinanet_resnet50_fpn": retinanet_resnet50_fpn,
}


def state_of(net: str) -> dict[str, Tensor]:
    """A state dict with values of RandomState(3), one tensor after the other."""
    chance = np.random.RandomState(3)
    return {
        name: torch.from_numpy(np.asarray(_values(chance, name, shape)))
        for name, shape in NETS[net]()
    }


def calm_state_of(net: str) -> dict[str, Tensor]:
    """The same with the last layers of heads made small, so that no score is nearly 0 or 1."""
    last = {"module_list": 0.004, "cls_logits": 0.03, "bbox_reg": 0.03}
    return {
        name: tensor * next((factor for part, factor in last.items() if part in name), 1)
        for name, tensor in state_of(net).items()
    }


def _values(chance: np.random.RandomState, name: str, shape: tuple[int, ...]) -> np.ndarray:
    field = name.rpartition(".")[2]
    if field == "num_batches_tracked":
        return np.array(0)
    if field == "running_var":
        return chance.uniform(0.5, 1.5, shape).astype(np.float32)
    if field == "weight" and len(shape) == 1:
        return chance.uniform(0.5, 1.0, shape).astype(np.float32)
    if len(shape) == 1:
        return (0.1 * chance.standard_normal(shape)).astype(np.float32)
    return (chance.standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))).astype(np.float32)


def pictures(side: int) -> Tensor:
    """(2, 3, side, side), 0 to 1, by RandomState(4)."""
    return torch.from_numpy(np.random.RandomState(4).uniform(0, 1, (2, 3, side, side))).float()
