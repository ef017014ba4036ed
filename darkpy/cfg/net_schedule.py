"""The keys of [net] about the input, the batch, the optimizer and its schedule."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key

POLICIES = ("constant", "step", "steps", "exp", "poly", "random", "sig", "sigmoid", "sgdr")
LARGEST_SIDE = 2**14


@dataclass(frozen=True)
class ScheduleOptions:
    """What a network is shown, and how it learns from it."""

    batch: int = key(
        1,
        "pictures of one iteration, that is of one optimizer step",
        minimum=1,
        note="Darknet's yolov3.cfg ships batch=1 subdivisions=1, which are for testing; trainings "
        "want batch=64. Detection itself does not look at it.",
    )
    subdivisions: int = key(
        1,
        "mini-batches that an iteration is cut into: their gradients add up, so a larger number "
        "needs less memory and changes nothing but batch norm, which sees one mini-batch",
        minimum=1,
        note="Out of memory? Double it. batch= must be a multiple of it.",
    )
    time_steps: int = key(
        1,
        "recurrent layers: successive pictures that make one sequence; an iteration then has "
        "batch= sequences, that is time_steps= times as many pictures",
        minimum=1,
    )
    width: int = key(
        0,
        "width of the network's input, pixels; pictures are resized to it",
        minimum=0,
        maximum=LARGEST_SIDE,
        note="A multiple of 32 in nearly all nets. Weights fit every size; smaller is faster, "
        "larger finds smaller objects.",
    )
    height: int = key(
        0,
        "height of the network's input, pixels; a multiple of 32 as width= is",
        minimum=0,
        maximum=LARGEST_SIDE,
    )
    channels: int = key(0, "channels of the input: 3 colour (RGB), 1 grey", minimum=0, maximum=4096)
    inputs: int = key(0, "length of an input that is a flat vector and no picture", minimum=0)

    max_batches: int = key(
        0,
        "iterations of the whole training",
        minimum=0,
        note="Iterations, not epochs: for your own data the largest of 6000, 2000*classes and the "
        "number of training pictures is usual.",
    )
    learning_rate: float = key(
        0.001, "size of the optimizer's steps once burn-in is over", minimum=0
    )
    learning_rate_min: float = key(0.00001, "policy=sgdr: the lowest rate", minimum=0)
    policy: str = key(
        "constant",
        "how the learning rate changes: steps multiplies it by scales= at the iterations of "
        "steps=, sgdr is a cosine with restarts, poly falls to 0 at max_batches=",
        choices=POLICIES,
    )
    burn_in: int = key(
        0,
        "iterations at the beginning over which the rate grows from 0 to learning_rate=",
        minimum=0,
    )
    power: float = key(4.0, "exponent of the growth in burn-in, and of policy=poly")
    step: int = key(1, "policy=step, sig: iterations between changes", minimum=1)
    scale: float = key(1.0, "policy=step: factor on the rate at each change")
    steps: tuple[int, ...] = key(
        (),
        "policy=steps: the iterations at which the rate changes; 80 and 90 % of max_batches= are "
        "usual",
        note="A step beyond max_batches= never comes: change both together.",
    )
    scales: tuple[float, ...] = key(
        (), "policy=steps: the factor on the rate at each of steps=; .1,.1 is usual"
    )
    seq_scales: tuple[float, ...] = key(
        (),
        "policy=steps, track=1: factor on sequential_subdivisions= at each of steps=",
    )
    gamma: float = key(1.0, "policy=exp, sig: base of the decay")
    sgdr_cycle: int = key(
        0, "policy=sgdr: iterations of the first cycle; 0 means max_batches=", minimum=0
    )
    sgdr_mult: int = key(
        2, "policy=sgdr: each cycle is so many times as long as the one before", minimum=1
    )

    momentum: float = key(
        0.9, "how much of the last step is kept in the next", minimum=0, maximum=1
    )
    decay: float = key(
        0.0001,
        "weight decay: weights shrink by this share; biases and scales are spared",
        minimum=0,
    )
    adam: bool = key(False, "1: the optimizer is Adam, not SGD")
    B1: float = key(0.9, "adam=1: decay of the mean gradient", minimum=0, maximum=1)
    B2: float = key(0.999, "adam=1: decay of the mean squared gradient", minimum=0, maximum=1)
    eps: float = key(1e-6, "adam=1: added to the root, against division by zero", minimum=0)
    ema_alpha: float = key(
        0.0,
        "decay of averaged weights, kept beside the trained ones from half of max_batches= on and "
        "saved as _ema.weights; .9998 is usual, 0 is off",
        minimum=0,
        maximum=1,
    )
    loss_scale: float = key(
        1.0, "factor on the loss in half precision, against gradients too small to hold", minimum=0
    )
