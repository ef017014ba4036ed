"""[net]: the input, the batch, the optimizer's schedule and the augmentation.

Stands first in every cfg. One iteration is one step of the optimizer on batch= pictures, computed
in subdivisions= mini-batches; all schedules count iterations, not epochs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from darkpy.cfg.options import key, options_from
from darkpy.cfg.reader import Section
from darkpy.errors import Findings

POLICIES = ("constant", "step", "steps", "exp", "poly", "random", "sig", "sigmoid", "sgdr")
LARGEST_SIDE = 2**14

_CUDA_ONLY = "a setting of the C program's own memory management"
_TRACKER = "tracking networks are not part of darkpy"


@dataclass(frozen=True)
class NetOptions:
    """Keys of [net]; defaults from parse_net_options() in Darknet's src/parser.c."""

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
        1, "recurrent layers: successive pictures that make one sequence", minimum=1
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
        (), "policy=steps, recurrent layers: factor on the length of the sequences at each step"
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

    angle: float = key(
        0.0,
        "classifiers: largest random rotation, degrees",
        note="Darknet ignores it in detectors, and so does darkpy: take rotate= there.",
    )
    rotate: float = key(
        0.0,
        "detectors: largest random rotation, degrees; boxes become those around the turned ones",
        minimum=0,
        note="A key of darkpy's own; Darknet warns of it and trains without.",
    )
    aspect: float = key(1.0, "classifiers: largest random change of the aspect", minimum=0)
    max_crop: int = key(
        0,
        "classifiers: longest side that pictures are scaled to before cropping; 0: 2*width",
        minimum=0,
    )
    min_crop: int = key(
        0,
        "classifiers: shortest side that pictures are scaled to before cropping; 0: width",
        minimum=0,
    )
    saturation: float = key(
        1.0, "training: saturation is multiplied or divided by up to this; 1.5 is usual", minimum=0
    )
    exposure: float = key(
        1.0, "training: brightness is multiplied or divided by up to this; 1.5 is usual", minimum=0
    )
    hue: float = key(
        0.0, "training: colours turn by up to this share of the circle; .1 is usual", minimum=0
    )
    flip: bool = key(
        True,
        "training: half of the pictures are mirrored, left for right",
        note="Set flip=0 where left and right are different classes: arrows, letters, hands.",
    )
    blur: int = key(
        0,
        "training: a third of the pictures stay sharp, a third blur all but the objects, a third "
        "blur as a whole with a kernel of this many pixels",
        minimum=0,
    )
    gaussian_noise: int = key(
        0,
        "training: half of the pictures get noise of this standard deviation, grey levels",
        minimum=0,
    )
    mixup: bool = key(
        False, "1: half of the training pictures are averages of two, with the objects of both"
    )
    cutmix: bool = key(
        False,
        "1: classifiers: a rectangle of one picture is pasted into another",
        note="In a detector it does nothing alone; with mosaic=1 pictures are joined as mosaic=1.",
    )
    mosaic: bool = key(
        False,
        "1: half of the training pictures are joined from parts of four, so that objects are "
        "small and in new surroundings",
        note="Darknet refuses it together with letter_box=1.",
    )
    mosaic_bound: bool = key(
        False, "mosaic=1: 1 cuts the boxes at the border of the picture's part"
    )
    letter_box: bool = key(
        False,
        "1: pictures keep their aspect and get grey bars; 0 stretches them to width= x height=",
        note="Train and detect with the same value. Stretching is Darknet's default.",
    )
    resize_step: int = key(32, "random=1 of a head: sizes are multiples of this", minimum=1)
    label_smooth_eps: float = key(
        0.0, "classifiers: label smoothing, targets of e/(K-1) and 1-e", minimum=0, maximum=1
    )
    max_chart_loss: float = key(20.0, "upper end of the chart's axis", minimum=0)

    dynamic_minibatch: bool = key(
        False, "1: random=1 of a head: smaller input sizes get larger mini-batches"
    )
    optimized_memory: int = key(0, "trade speed for memory", inert=_CUDA_ONLY)
    workspace_size_limit_MB: int = key(1024, "cuDNN's scratch memory", inert=_CUDA_ONLY)
    use_cuda_graph: bool = key(False, "replay a captured graph", inert=_CUDA_ONLY)
    try_fix_nan: bool = key(False, "1: weights that are not finite are set to 0")
    weights_reject_freq: int = key(
        0, "iterations between resets of weights that ran away from the others; 0 is never"
    )
    equidistant_point: int = key(
        0,
        "against class imbalance: the iteration from which small gradients are dropped; 0 is never",
        minimum=0,
    )
    badlabels_rejection_percentage: float = key(
        0.0,
        "against wrong labels: in the last quarter of the training the boxes with the largest "
        "gradients, so many percent, are dropped",
        minimum=0,
    )
    num_sigmas_reject_badlabels: float = key(
        0.0,
        "against wrong labels: in the last quarter of the training gradients this many standard "
        "deviations above the mean are dropped",
        minimum=0,
    )
    adversarial_lr: float = key(
        0.0, "self-adversarial training: step of the network's own attack on the picture; 0 is off"
    )
    attention: bool = key(False, "1: with adversarial_lr=, draws what the network looks at")
    contrastive: bool = key(
        False, "1: pairs of views of the same picture are loaded, for a [contrastive] layer"
    )
    contrastive_jit_flip: bool = key(
        False, "contrastive=1: 1 jitters and flips both views, not one"
    )
    contrastive_color: bool = key(
        False, "contrastive=1: 1 changes the colours of both views, not of one"
    )
    unsupervised: bool = key(False, "contrastive=1: 1 trains without looking at the labels")
    track: bool = key(False, "read the train list as sequences", inert=_TRACKER)
    augment_speed: int = key(2, "track=1: pictures skipped in a sequence", inert=_TRACKER)
    sequential_subdivisions: int = key(0, "sequences per mini-batch", inert=_TRACKER)

    @property
    def mini_batch(self) -> int:
        """Pictures of one forward and backward pass."""
        return max(1, self.batch // self.subdivisions)

    @property
    def gradient_divisor(self) -> int:
        """Darknet's Adam takes the sum of the gradients, its SGD the mean over the batch."""
        return 1 if self.adam else self.batch


def net_options(section: Section, findings: Findings) -> NetOptions:
    """[net] as a value, with the checks that need more than one key."""
    options = options_from(section, NetOptions, findings)
    options = _whole_mini_batches(section, options, findings)
    if not options.inputs and not (options.width and options.height and options.channels):
        _check_input(section, options, findings)
    _check_steps(section, options, findings)
    if options.letter_box and options.mosaic:
        findings.warning(
            section.source,
            section.line_of("mosaic"),
            "[net] letter_box=1 and mosaic=1 exclude each other in training, which Darknet "
            "refuses; keep one of them",
        )
    return options


def _check_input(section: Section, options: NetOptions, findings: Findings) -> None:
    """Report what is missing of the input's size, unless it is there and could not be read."""
    sides = ("width", "height", "channels")
    absent = [name for name in sides if name not in section.entries]
    zero = [name for name in sides if section.entries.get(name) and not getattr(options, name)]
    if absent:
        needed = ", ".join(f"{name}=" for name in absent)
        findings.error(section.source, section.line, f"[net] needs {needed} (or inputs=)")
    elif all(section.entries[name].text.strip("0.") == "" for name in zero):
        message = f"[net] {zero[0]}=0 leaves no input; it must be 1 or more"
        findings.error(section.source, section.line_of(zero[0]), message)


def _whole_mini_batches(section: Section, options: NetOptions, findings: Findings) -> NetOptions:
    """Options with the batch= that an iteration really has: as many equal mini-batches."""
    batch, parts = options.batch, options.subdivisions
    if batch % parts == 0:
        return options
    taken = options.mini_batch * parts
    right = _divisor_from(parts, batch)
    findings.warning(
        section.source,
        section.line_of("subdivisions"),
        f"[net] batch={batch} is no multiple of subdivisions={parts}: an iteration has {taken} "
        f"pictures, {options.mini_batch} at a time; subdivisions={right} would fit",
        section.fix("subdivisions", right),
    )
    return replace(options, batch=taken)


def _divisor_from(least: int, number: int) -> int:
    """The smallest divisor of a number that is `least` or more, the number itself if none is."""
    small = [n for n in range(1, math.isqrt(number) + 1) if number % n == 0]
    large = [number // n for n in reversed(small)]
    return next((n for n in (*small, *large) if n >= least), number)


def _check_steps(section: Section, options: NetOptions, findings: Findings) -> None:
    steps, scales = options.steps, options.scales
    unread = [n for n in ("steps", "scales") if n in section.entries and not getattr(options, n)]
    if options.policy != "steps" or unread:
        return
    place = section.source, section.line_of("steps")
    counts = f"[net] has {len(steps)} steps= but {len(scales)} scales="
    if not steps or len(scales) < len(steps):
        same = scales[:1] * len(steps) if len(set(scales)) == 1 and steps else ()
        fix = section.fix("scales", ",".join(f"{scale:g}" for scale in same)) if same else None
        findings.error(*place, f"{counts}; policy=steps needs one for each", fix)
    elif len(scales) > len(steps):
        used = ",".join(f"{scale:g}" for scale in scales[: len(steps)])
        message = f"{counts}; only the first {len(steps)} have an effect"
        findings.warning(*place, message, section.fix("scales", used))
    if options.max_batches and any(step >= options.max_batches for step in steps):
        _late_steps(section, options, findings)


def _late_steps(section: Section, options: NetOptions, findings: Findings) -> None:
    """The usual places of two steps are 80 % and 90 % of the training."""
    last = options.max_batches
    usual = f"{last * 8 // 10},{last * 9 // 10}" if len(options.steps) == 2 and last > 9 else ""
    findings.warning(
        section.source,
        section.line_of("steps"),
        f"[net] a step of steps= lies beyond max_batches={last}: the rate never drops there"
        + (f"; steps={usual} would be usual" if usual else ""),
        section.fix("steps", usual) if usual else None,
    )
