"""Keys of layers that are given and do nothing, as they stand or beside the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan

_GREEDY_EXPONENT = 0.6  # of nms_kind=greedynms, whatever beta_nms= says


@dataclass(frozen=True)
class _Rule:
    """A key of some kinds of layers, when it does nothing, and what it lacks or what is first."""

    kinds: tuple[str, ...]
    key: str
    idle: Callable[[Any], bool]
    why: str


_CONVOLUTION = ("convolutional", "conv")
_ANCHORED = ("yolo", "Gaussian_yolo", "region")
_FOCAL = ("yolo", "region")
_RULES = (
    _Rule(
        _CONVOLUTION,
        "padding",
        lambda conv: conv.pad and conv.padding != conv.size // 2,
        "beside pad=1, which makes the margin size/2",
    ),
    _Rule(_CONVOLUTION, "dilation", lambda conv: conv.size == 1 < conv.dilation, "with size=1"),
    _Rule(_CONVOLUTION, "groups", lambda conv: conv.xnor and conv.groups > 1, "with xnor=1"),
    _Rule(
        _CONVOLUTION,
        "init",
        lambda conv: conv.share_index is not None,
        "beside share_index=: the weights are the other layer's",
    ),
    _Rule(
        _CONVOLUTION,
        "angle",
        lambda conv: not (conv.sway or conv.stretch_sway),
        "without sway=1 or stretch_sway=1",
    ),
    _Rule(
        (*_CONVOLUTION, "maxpool", "local_avgpool"),
        "stride",
        lambda layer: layer.stride not in layer.steps,
        "beside stride_x= and stride_y=",
    ),
    _Rule(
        ("maxpool",),
        "out_channels",
        lambda pool: not pool.maxpool_depth,
        "without maxpool_depth=1",
    ),
    _Rule(
        ("dropout",),
        "dropblock_size_rel",
        lambda drop: not drop.dropblock,
        "without dropblock=1",
    ),
    _Rule(
        ("dropout",),
        "dropblock_size_rel",
        lambda drop: drop.dropblock and drop.dropblock_size_abs and drop.dropblock_size_rel,
        "beside dropblock_size_abs=",
    ),
    _Rule(
        ("dropout",),
        "dropblock_size_abs",
        lambda drop: not drop.dropblock,
        "without dropblock=1",
    ),
    _Rule(
        ("shortcut",),
        "weights_normalization",
        lambda shortcut: shortcut.weights_type == "none",
        "without weights_type=",
    ),
    _Rule(
        _ANCHORED,
        "cls_normalizer",
        lambda head: head.cls_normalizer != 1 and not head.counters_per_class,
        "without counters_per_class=, as in Darknet",
    ),
    _Rule(
        _ANCHORED,
        "beta_nms",
        lambda head: (
            head.nms_kind != "diounms"
            and (head.nms_kind != "greedynms" or head.beta_nms != _GREEDY_EXPONENT)
        ),
        "without nms_kind=diounms",
    ),
    _Rule(
        _ANCHORED,
        "iou_thresh_kind",
        lambda head: head.iou_thresh == 1,
        "without an iou_thresh= below 1",
    ),
    _Rule(_FOCAL, "alpha", lambda head: not head.focal_loss, "without focal_loss=1"),
    _Rule(_FOCAL, "gamma", lambda head: not head.focal_loss, "without focal_loss=1"),
    _Rule(
        ("yolo",),
        "max_delta",
        lambda head: head.iou_loss == "mse" and not head.counters_per_class,
        "with iou_loss=mse, as in Darknet",
    ),
)


def idle_layer_keys(network: NetworkPlan) -> Iterator[tuple[Plan, str, str]]:
    """Each layer with a key that is given and does nothing, and the sentence that says why."""
    for plan in network.layers:
        for rule in _RULES:
            given = plan.section.entries.get(rule.key) if plan.kind in rule.kinds else None
            if given and hasattr(plan.options, rule.key) and rule.idle(plan.options):
                yield plan, rule.key, f"{rule.key}={given.text} has no effect {rule.why}"
