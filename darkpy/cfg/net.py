"""[net]: the input, the batch, the optimizer's schedule and the augmentation."""

from __future__ import annotations

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

    batch: int = key(1, "pictures per iteration (one optimizer step)", minimum=1)
    subdivisions: int = key(1, "mini-batches an iteration is cut into", minimum=1)
    time_steps: int = key(1, "pictures of one sequence, for recurrent layers", minimum=1)
    width: int = key(0, "input width, px", minimum=0, maximum=LARGEST_SIDE)
    height: int = key(0, "input height, px", minimum=0, maximum=LARGEST_SIDE)
    channels: int = key(0, "input channels: 3 colour, 1 grey", minimum=0, maximum=4096)
    inputs: int = key(0, "length of an input that is a flat vector", minimum=0)

    max_batches: int = key(0, "iterations of the whole training", minimum=0)
    learning_rate: float = key(0.001, "step size after burn-in", minimum=0)
    learning_rate_min: float = key(0.00001, "lowest rate of policy=sgdr", minimum=0)
    policy: str = key("constant", "how the rate changes over the iterations", choices=POLICIES)
    burn_in: int = key(0, "iterations over which the rate grows from 0", minimum=0)
    power: float = key(4.0, "exponent of burn-in and of policy=poly")
    step: int = key(1, "policy=step, sig: iterations between changes", minimum=1)
    scale: float = key(1.0, "policy=step: factor at each step")
    steps: tuple[int, ...] = key((), "policy=steps: iterations at which the rate changes")
    scales: tuple[float, ...] = key((), "policy=steps: factor at each of steps=")
    seq_scales: tuple[float, ...] = key((), "policy=steps: sequence lengths factor at each step")
    gamma: float = key(1.0, "policy=exp, sig: base of the decay")
    sgdr_cycle: int = key(0, "policy=sgdr: first cycle; 0 means max_batches", minimum=0)
    sgdr_mult: int = key(2, "policy=sgdr: growth of the cycle at each restart", minimum=1)

    momentum: float = key(0.9, "momentum of the optimizer", minimum=0, maximum=1)
    decay: float = key(0.0001, "weight decay; biases and scales are spared", minimum=0)
    adam: bool = key(False, "Adam in place of SGD")
    B1: float = key(0.9, "adam=1: decay of the mean gradient", minimum=0, maximum=1)
    B2: float = key(0.999, "adam=1: decay of the mean square", minimum=0, maximum=1)
    eps: float = key(1e-6, "adam=1: added to the root", minimum=0)
    ema_alpha: float = key(0.0, "decay of the averaged weights; 0 is off", minimum=0, maximum=1)
    loss_scale: float = key(1.0, "factor on the loss in half precision", minimum=0)

    angle: float = key(0.0, "classifiers: largest rotation, degrees")
    aspect: float = key(1.0, "classifiers: largest change of aspect", minimum=0)
    max_crop: int = key(0, "classifiers: longest side; 0 means twice the width", minimum=0)
    min_crop: int = key(0, "classifiers: shortest side; 0 means the width", minimum=0)
    saturation: float = key(1.0, "largest factor on saturation", minimum=0)
    exposure: float = key(1.0, "largest factor on exposure", minimum=0)
    hue: float = key(0.0, "largest shift of the hue, in turns", minimum=0)
    flip: bool = key(True, "mirror half of the pictures")
    blur: int = key(0, "1 blurs the background, more blurs all with this kernel", minimum=0)
    gaussian_noise: int = key(0, "standard deviation of the noise, grey levels", minimum=0)
    mixup: bool = key(False, "average pairs of pictures")
    cutmix: bool = key(False, "classifiers: paste a rectangle of another picture")
    mosaic: bool = key(False, "join four pictures into one")
    mosaic_bound: bool = key(False, "keep boxes inside their tile of the mosaic")
    letter_box: bool = key(False, "keep the aspect of pictures; the default stretches them")
    resize_step: int = key(32, "multiple to which random=1 rounds the input size", minimum=1)
    label_smooth_eps: float = key(0.0, "label smoothing of classifiers", minimum=0, maximum=1)
    max_chart_loss: float = key(20.0, "highest loss that the chart shows", minimum=0)

    dynamic_minibatch: bool = key(False, "larger mini-batches at smaller random sizes")
    optimized_memory: int = key(0, "trade speed for memory", inert=_CUDA_ONLY)
    workspace_size_limit_MB: int = key(1024, "cuDNN's scratch memory", inert=_CUDA_ONLY)
    use_cuda_graph: bool = key(False, "replay a captured graph", inert=_CUDA_ONLY)
    try_fix_nan: bool = key(False, "zero the weights that are not finite")
    weights_reject_freq: int = key(0, "iterations between resets of outlying weights")
    equidistant_point: int = key(0, "iteration from which small deltas are dropped", minimum=0)
    badlabels_rejection_percentage: float = key(0.0, "share of large deltas dropped", minimum=0)
    num_sigmas_reject_badlabels: float = key(0.0, "limit on deltas, in sigmas", minimum=0)
    adversarial_lr: float = key(0.0, "step of the self-made attack on the input")
    attention: bool = key(False, "draw what the network looks at")
    contrastive: bool = key(False, "train embeddings by contrast")
    contrastive_jit_flip: bool = key(False, "jitter and flip both pictures of a pair")
    contrastive_color: bool = key(False, "change the colours of both pictures of a pair")
    unsupervised: bool = key(False, "contrast without labels")
    track: bool = key(False, "read the train list as sequences", inert=_TRACKER)
    augment_speed: int = key(2, "track=1: pictures skipped in a sequence", inert=_TRACKER)
    sequential_subdivisions: int = key(0, "sequences per mini-batch", inert=_TRACKER)

    @property
    def mini_batch(self) -> int:
        """Pictures of one forward and backward pass."""
        return max(1, self.batch // self.subdivisions)


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
