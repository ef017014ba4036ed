"""The input size against what the layers make of it."""

from __future__ import annotations

import math
from dataclasses import replace

from darkpy.check.subject import JUDGING, Subject
from darkpy.errors import Findings
from darkpy.sections.network import plan_layers

_PROBE = 4096  # px; larger than any stride, and within the limits of every layer
_DEFAULT_FACTOR = 1.4  # random=1
_USUAL_STEP = 32  # px; Darknet's own random sizes are multiples of it, whatever the stride


def total_stride(subject: Subject) -> int:
    """Input pixels for each cell of the coarsest layer, 1 if that depends on the input."""
    net = replace(subject.net, width=_PROBE, height=_PROBE, channels=subject.net.channels or 3)
    plans = plan_layers(subject.text.sections[1:], net, Findings())
    coarsest = min((plan.out.w for plan in plans if plan.out.w > 1), default=_PROBE)
    stride = round(_PROBE / coarsest)
    return stride if stride & (stride - 1) == 0 else 1


def check_multiple(subject: Subject) -> None:
    """Sides that are no multiples of the network's stride: its heads see less or more than all."""
    net, section = subject.net, subject.net_section
    if not (subject.anchored and net.width and net.height and subject.whole):
        return
    stride = total_stride(subject)
    for key, side in (("width", net.width), ("height", net.height)):
        if side % stride:
            below = side // stride * stride
            around = f"{below} or {below + stride}" if below else f"{stride}"
            message = f"{key}={side} is no multiple of {stride}, the stride of this network"
            tell = subject.error if side % min(stride, _USUAL_STEP) else subject.warning
            tell(section, key, f"{message}; {around} would be right")


def check_random(subject: Subject) -> None:
    """random=1 trains at larger sizes too, which takes memory."""
    if not subject.heads:
        return
    last, net = subject.heads[-1], subject.net
    if not (last.options.random and net.width and net.height):
        return
    factor = _DEFAULT_FACTOR if last.options.random == 1 else last.options.random
    step = net.resize_step
    w, h = (math.floor(factor * side / step + 1.5) * step for side in (net.width, net.height))
    times = w * h / (net.width * net.height)
    subject.note(
        last,
        "random",
        f"random={last.options.random:g} trains at sizes up to {w}x{h}, which takes {times:.1f} "
        f"times the memory of {net.width}x{net.height}; random=0 or more subdivisions= save it",
    )
    if subject.whole and step % (stride := total_stride(subject)):
        subject.warning(
            subject.net_section,
            "resize_step",
            f"resize_step={step} with random= gives sizes that are no multiples of {stride}, the "
            f"stride of this network; {stride} would be right",
            stride,
        )


def check_batch_norm(subject: Subject) -> None:
    """Batch norm over mini-batches of one picture."""
    net = subject.net
    if net.batch > 1 and net.mini_batch == 1 and net.time_steps == 1 and subject.heads:
        subject.note(
            subject.net_section,
            "subdivisions",
            f"batch={net.batch} subdivisions={net.subdivisions} makes mini-batches of one picture; "
            "batch normalisation sees one at a time, which trains worse",
        )


def check_judged(subject: Subject) -> None:
    """A network without any layer that has a loss."""
    if subject.whole and not subject.plan.of_kind(*JUDGING) and len(subject.plan.layers) > 1:
        subject.note(
            subject.plan.layers[-1],
            "",
            "is the last layer, and no layer has a loss ([yolo], [region], [softmax], …): "
            "this network computes features, it neither trains nor detects",
        )
