"""The input size against what the layers make of it."""

from __future__ import annotations

from darkpy.cfg.net_sizes import channels_fault, largest_hw, takes_numbers
from darkpy.check.subject import Subject
from darkpy.errors import number_of


def check_multiple(subject: Subject) -> None:
    """Sides that are no multiples of the network's stride: its heads see less or more than all."""
    net, section = subject.net, subject.net_section
    if not (subject.anchored and net.width and net.height and subject.whole):
        return
    stride = subject.stride
    for key, side in (("width", net.width), ("height", net.height)):
        if side % stride:
            below = side // stride * stride
            around = f"{below} or {below + stride}" if below else f"{stride}"
            message = f"{key}={side} is no multiple of {stride}, the stride of this network"
            subject.warning(section, key, f"{message}; {around} would be right")


def check_channels(subject: Subject) -> None:
    """channels= that no picture file has."""
    if subject.heads and (fault := channels_fault(subject.net)):
        subject.error(subject.net_section, "channels", fault)


def check_random(subject: Subject) -> None:
    """random=1 trains at larger sizes too, which takes memory."""
    if not subject.heads:
        return
    last, net = subject.heads[-1], subject.net
    if not (last.options.random and net.width and net.height):
        return
    h, w = largest_hw(net, last.options.random)
    step = net.resize_step
    times = w * h / (net.width * net.height)
    subject.note(
        last,
        "random",
        f"random={last.options.random:g} trains at sizes up to {w}x{h}, which takes {times:.1f} "
        f"times the memory of {net.width}x{net.height}; random=0 or more subdivisions= save it",
    )
    if subject.whole and step % (stride := subject.stride):
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


def check_strided_ones(subject: Subject) -> None:
    """1x1 kernels with a stride, which torch cannot train on a CPU as they stand."""
    layers = [
        layer
        for layer in subject.plan.layers
        if layer.kind in ("convolutional", "conv")
        and layer.options.size == 1
        and layer.options.kernel_steps != (1, 1)
    ]
    if layers:
        there = f", and {number_of(len(layers) - 1, 'layers')} like it" if layers[1:] else ""
        subject.note(
            layers[0],
            "stride",
            f"size=1 with a stride{there}: on a CPU such a layer takes 1.1 to 1.7 times as long in "
            "training, for the pixels are picked first: torch 2.13 would write beyond its memory",
        )


def check_judged(subject: Subject) -> None:
    """A network without any layer that has a loss, or none that detects."""
    if not subject.whole or subject.heads:
        return
    if takes_numbers(subject.plan.net):
        subject.note(subject.net_section, "inputs", channels_fault(subject.plan.net))
    elif subject.plan.of_kind("softmax"):
        message = "no layer detects: this is a classifier, for `darkpy classifier`"
        subject.note(subject.plan.of_kind("softmax")[-1], "", message)
    elif not subject.plan.heads:
        subject.note(
            subject.plan.layers[-1],
            "",
            "is the last layer, and no layer has a loss ([yolo], [region], [softmax], …): "
            "this network computes features, it neither trains nor detects",
        )
