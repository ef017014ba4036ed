"""The input sizes that random= of a head trains at: train_detector(), Darknet's src/detector.c."""

from __future__ import annotations

import math

from darkpy.cfg.net import NetOptions

_DEFAULT_FACTOR = 1.4  # of random=1


def zoom_factor(random: float) -> float:
    """The largest zoom by random= of a head: 0 off, 1 the usual factor, else the factor itself."""
    return _DEFAULT_FACTOR if random == 1 else random


def zoomed_hw(net: NetOptions, zoom: float) -> tuple[int, int]:
    """Height and width of the input, px, at a zoom of the cfg's own."""
    height, width = (_rounded(zoom * side, net.resize_step) for side in (net.height, net.width))
    if zoom < 1 and (width > net.width or height > net.height):
        return net.height, net.width
    return height, width


def largest_hw(net: NetOptions, random: float) -> tuple[int, int]:
    """The largest height and width that can come, px."""
    return zoomed_hw(net, zoom_factor(random)) if random else (net.height, net.width)


def _rounded(side: float, step: int) -> int:
    """One step above the side's nearest multiple, as in the C program."""
    # roundl(): halves go away from zero
    return max(step, math.floor(side / step + 1 + 0.5) * step)


def takes_numbers(net: NetOptions) -> bool:
    """Whether the input is a row of numbers and no picture, as the C program's text models have."""
    return bool(net.inputs) and not (net.channels or net.width or net.height)


def channels_fault(net: NetOptions) -> str:
    """Why picture files cannot feed a network of these channels; empty if they can."""
    if takes_numbers(net):
        return (
            f"inputs={net.inputs} without width=, height= and channels= are numbers, not pictures: "
            "the C program's text models are not trained here. With these keys in its place "
            "recurrent layers learn from frames of films (time_steps=, track=1)"
        )
    if net.channels in (0, 1, 3):
        return ""
    return (
        f"channels={net.channels}: picture files are read in grey (channels=1) or colour "
        "(channels=3), and the C program cannot be made to read others either"
    )
