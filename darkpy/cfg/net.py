"""[net]: the input, the batch, the optimizer's schedule and the augmentation."""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def gradient_divisor(self) -> int:
        """Darknet's Adam takes the sum of the gradients, its SGD the mean over the batch."""
        return 1 if self.adam else self.batch


def net_options(section: Section, findings: Findings) -> NetOptions:
    """[net] as a value, with the checks that need more than one key."""
    options = options_from(section, NetOptions, findings)

    def error(name: str, message: str) -> None:
        findings.error(section.source, section.line_of(name), f"[net] {message}")

    if options.batch % options.subdivisions:
        error(
            "subdivisions",
            f"batch={options.batch} is no multiple of subdivisions={options.subdivisions}",
        )
    if not options.inputs and not (options.width and options.height and options.channels):
        missing = [name for name in ("width", "height", "channels") if not getattr(options, name)]
        error(missing[0], f"needs {', '.join(f'{name}=' for name in missing)} (or inputs=)")
    if len(options.steps) != len(options.scales) and options.policy == "steps":
        error("steps", f"has {len(options.steps)} steps= but {len(options.scales)} scales=")
    if options.letter_box and options.mosaic:
        findings.warning(
            section.source,
            section.line_of("mosaic"),
            "[net] letter_box=1 and mosaic=1 exclude each other in training; keep one of them",
        )
    if options.max_batches and any(step > options.max_batches for step in options.steps):
        findings.warning(
            section.source,
            section.line_of("steps"),
            f"[net] a step of steps= lies beyond max_batches={options.max_batches}: "
            "the rate never drops there",
        )
    return options
