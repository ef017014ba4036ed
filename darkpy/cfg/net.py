"""[net]: the input, the batch, the optimizer's schedule and the augmentation.

Stands first in every cfg. One iteration is one step of the optimizer on batch= pictures, computed
in subdivisions= mini-batches; all schedules count iterations, not epochs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from darkpy.cfg.net_augmentation import AugmentationOptions
from darkpy.cfg.net_schedule import ScheduleOptions
from darkpy.cfg.options import key, options_from
from darkpy.cfg.reader import Section
from darkpy.errors import Findings

_CUDA_ONLY = "a setting of the C program's own memory management"
_TRACKER = "tracking networks are not part of darkpy"
_NO_PAIRS = "two views of one picture are not loaded"


@dataclass(frozen=True)
class NetOptions(AugmentationOptions, ScheduleOptions):
    """Keys of [net]; defaults from parse_net_options() in Darknet's src/parser.c."""

    dynamic_minibatch: bool = key(
        False,
        "1: random=1 of a head: smaller input sizes get larger mini-batches",
        inert="mini-batches keep their size at all input sizes",
    )
    optimized_memory: int = key(0, "trade speed for memory", inert=_CUDA_ONLY)
    workspace_size_limit_MB: int = key(1024, "cuDNN's scratch memory", inert=_CUDA_ONLY)
    use_cuda_graph: bool = key(False, "replay a captured graph", inert=_CUDA_ONLY)
    try_fix_nan: bool = key(
        False,
        "1: weights that are not finite are set to 0",
        inert="an update that is not finite is always left out",
    )
    weights_reject_freq: int = key(
        0,
        "iterations between removals of filters that are nearly equal to others; 0 is never",
        inert="filters are left as they are trained",
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
    attention: bool = key(
        False,
        "1: with adversarial_lr=, a window shows what the network looks at",
        inert="no window is opened while training",
    )
    contrastive: bool = key(
        False,
        "1: for a [contrastive] layer: every other picture is spared by adversarial_lr=",
        note="Darknet also loads two views of each picture, one after the other; darkpy does not: "
        "a [contrastive] layer compares the pictures of the mini-batch as they come.",
    )
    contrastive_jit_flip: bool = key(
        False, "contrastive=1: 1 jitters and flips both views, not one", inert=_NO_PAIRS
    )
    contrastive_color: bool = key(
        False, "contrastive=1: 1 changes the colours of both views, not of one", inert=_NO_PAIRS
    )
    unsupervised: bool = key(
        False, "contrastive=1: 1 trains without looking at the labels", inert=_NO_PAIRS
    )
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
    right = min(n for n in range(1, batch + 1) if batch % n == 0 and n >= min(parts, batch))
    findings.warning(
        section.source,
        section.line_of("subdivisions"),
        f"[net] batch={batch} is no multiple of subdivisions={parts}: an iteration has {taken} "
        f"pictures, {options.mini_batch} at a time; subdivisions={right} would fit",
        section.fix("subdivisions", right),
    )
    return replace(options, batch=taken)


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
