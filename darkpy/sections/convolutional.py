"""[convolutional]: a convolution, batch norm, an activation.

The workhorse. `filters` kernels of `size` x `size` px slide over the picture with step `stride`;
pad=1 and an odd size keep the picture's size (divided by the step). filters= right before a
detection head is fixed by its classes and masks.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.activation import ACTIVATION_NAMES, keeps_input
from darkpy.sections.antialiasing import blur_window, blurred
from darkpy.sections.base import SECTIONS, Array, LayerOptions, Place, Plan, Shape, Window, sides
from darkpy.sections.initial import check_init, init_key
from darkpy.sections.same_tf import SAME_TF, margins_tf
from darkpy.sections.sharing import check_shared
from darkpy.sections.transform import TRANSFORMS, check_transform

XNOR_SPEEDUP = 32  # the C program multiplies 32 bits at a time
_LARGEST_FILTERS = 2**17
_LARGEST_SIZE = 255
_CUDA_STREAMS = "the C program's own scheduling of CUDA streams"
_BIT_PACKED = "a shortcut of the C program's bit-packed inference"


@SECTIONS("convolutional", "conv")
@dataclass(frozen=True)
class Convolutional(LayerOptions):
    """Keys of [convolutional]; defaults from parse_convolutional() in Darknet's src/parser.c."""

    filters: int = key(
        1,
        "number of output channels, each the work of one kernel",
        minimum=1,
        maximum=_LARGEST_FILTERS,
        note="Right before a [yolo] it is (classes+5)*masks, before a [Gaussian_yolo] "
        "(classes+9)*masks, before a [region] num*(classes+5).",
    )
    groups: int = key(
        1,
        "input and output channels are cut into so many groups that do not see each other; as many "
        "as channels make a depthwise convolution",
        minimum=1,
    )
    size: int = key(1, "side of the kernel, px", minimum=1, maximum=_LARGEST_SIZE)
    stride: int = key(1, "step of the kernel, px; 2 halves width and height", minimum=1)
    stride_x: int | None = key(None, "horizontal step where it differs from stride=")
    stride_y: int | None = key(None, "vertical step where it differs from stride=")
    dilation: int = key(
        1,
        "distance of the kernel's taps, px: 2 sees twice as far with as many weights",
        minimum=1,
        note="As in Darknet it is ignored where size=1.",
    )
    pad: bool | str = key(
        False,
        "1: a margin of size/2 px of zeros, so that the picture keeps its size; padding= is then "
        "not used; same_tf: TensorFlow's margin, where an odd pixel lies right and below",
        choices=("0", "1", SAME_TF),
        note="A switch, not a width: pad=2 is the same as pad=1. same_tf differs from 1 where a "
        "step meets an even side; the C program reads it as 0.",
    )
    padding: int = key(0, "margin of zeros on each side, px, where pad=0", minimum=0)
    activation: str = key(
        "logistic",
        "the function on every value of the result: linear before a head, leaky, mish or swish "
        "elsewhere",
        choices=ACTIVATION_NAMES,
        note="Left out it is logistic, which is hardly ever meant.",
    )
    batch_normalize: int = key(
        0,
        "1: batch norm before the activation; 2: cross-iteration batch norm, which also takes the "
        "last mini-batches into account and suits small ones",
        minimum=0,
    )
    cbn: bool = key(False, "1: the same as batch_normalize=2")
    antialiasing: int = key(
        0, "1: a stride is taken by a 3x3 blur after the activation, 2: by a 2x2 mean", minimum=0
    )
    share_index: int | None = key(
        None, "the layer whose weights this one uses too; negative counts back from here"
    )
    assisted_excitation: int = key(
        0,
        "training: values under objects grow by the mean of the channels, less and less; 1 until "
        "half of max_batches=, more until that iteration",
        minimum=0,
    )
    coordconv: bool = key(
        False, "1: the first three output channels become x, y and the distance to the middle"
    )
    binary: bool = key(
        False, "1: each weight acts as its sign times the mean size of the filter's weights"
    )
    xnor: bool = key(
        False, "1: weights act as with binary=1 and inputs as their signs; groups= is then 1"
    )
    bin_output: bool = key(False, "the next layer wants signs only", inert=_BIT_PACKED)
    sway: bool = key(False, "a quarter of the kernels each: as is, turned by ±angle, mirrored")
    rotate: bool = key(False, "a quarter of the kernels each: turned by 0, 90, 180, 270 degrees")
    stretch: bool = key(False, "a quarter of the kernels each: of size 1, .65, .8, 1.3")
    stretch_sway: bool = key(False, "eighths of the kernels: stretched, turned by ±angle, mirrored")
    # All four end after half of max_batches: update_network_gpu()
    angle: float = key(15.0, "sway=, stretch_sway=: the turn, degrees")
    grad_centr: bool = key(
        False, "1: gradient centralization: the mean of each filter's gradient is taken off it"
    )
    reverse: float = key(
        0.0, "not 0: in place of its gradient g a weight moves by (10*|g|+1) to this power, signed"
    )
    init: str = init_key()
    flipped: bool = key(False, "the weights file holds the kernels transposed")
    dot: float = key(0.0, "punish filters that are alike", inert="Darknet reads it only")
    stream: int | None = key(None, "CUDA stream to run in", inert=_CUDA_STREAMS)
    wait_stream: int | None = key(None, "CUDA stream to wait for", inert=_CUDA_STREAMS)

    @property
    def steps(self) -> tuple[int, int]:
        """Vertical and horizontal step; one below 1 falls back on `stride`, as in Darknet."""
        y, x = self.stride_y or 0, self.stride_x or 0
        return (y if y > 0 else self.stride), (x if x > 0 else self.stride)

    @property
    def kernel_steps(self) -> tuple[int, int]:
        """Vertical and horizontal step of the convolution itself: the blur takes them over."""
        return (1, 1) if self.antialiasing else self.steps

    @property
    def reach(self) -> int:
        """Distance between the kernel's taps in effect: `dilation` is ignored when size=1."""
        return 1 if self.size == 1 else self.dilation

    @property
    def margin(self) -> int:
        """Zeros on each side before dilation, px; 0 where `margins_tf` says them."""
        if self.uneven:
            return 0
        return self.size // 2 if self.pad else self.padding

    @property
    def uneven(self) -> bool:
        """Whether the margin depends on the picture's side, as with pad=same_tf and a step."""
        return self.pad == SAME_TF and (max(self.kernel_steps) > 1 or self.size % 2 == 0)

    def margins_tf(self, h: int, w: int) -> tuple[int, int, int, int]:
        """Zeros left, right, above and below of an input, px, where the margin is `uneven`."""
        return margins_tf((h, w), (self.size - 1) * self.reach + 1, self.kernel_steps)

    @property
    def kernel_groups(self) -> int:
        """Groups in effect: xnor=1 has only one."""
        return 1 if self.xnor else self.groups

    @property
    def norm(self) -> int:
        """0 without batch norm, 2 for cross-iteration batch norm, else 1."""
        if self.cbn or self.batch_normalize == 2:
            return 2
        return int(self.batch_normalize > 0)

    @property
    def transform(self) -> str:
        """The key of TRANSFORMS that is set, or nothing."""
        return next((name for name in TRANSFORMS if getattr(self, name)), "")

    def shared_index(self, index: int) -> int | None:
        """The layer that the layer at `index` has its weights from; None for its own."""
        shared = self.share_index
        return shared if shared is None or shared >= 0 else index + shared

    def plan(self, place: Place) -> Plan:
        inner = self._convolved(place.input)
        out = blurred(inner, self.antialiasing, self.steps) if self.antialiasing else inner
        self._check(place, out)
        arrays = self._arrays(place.input.c)
        bflops = 2.0 * arrays[-1].size * inner.h * inner.w / 1e9
        return place.plan(
            self,
            out,
            arrays=arrays if self.share_index is None else (),
            bflops=bflops / XNOR_SPEEDUP if self.xnor else bflops,
            row=self._row(place.input, out),
            windows=self._windows,
            kept=inner.size * (bool(self.norm) + keeps_input(self.activation)),
        )

    def _convolved(self, before: Shape) -> Shape:
        """What the kernels make of the input, before the blur."""
        lost = 1 if self.uneven else self.size - 2 * self.margin
        y, x = self.kernel_steps
        return Shape(self.filters, (before.h - lost) // y + 1, (before.w - lost) // x + 1)

    @property
    def _windows(self) -> tuple[Window, ...]:
        side = (self.size - 1) * self.reach + 1
        kernel = Window((side, side), self.kernel_steps)
        return (kernel, *blur_window(self.antialiasing, self.steps))

    def _check(self, place: Place, out: Shape) -> None:
        groups = self.kernel_groups
        if place.input.c % groups or self.filters % groups:
            place.error(
                "groups",
                f"groups={groups} divides neither or only one of the {place.input.c} input "
                f"channels and filters={self.filters}",
            )
        if min(out) < 1:
            place.error(
                "size",
                f"size={self.size} does not fit into {place.input.w}x{place.input.h} px with a "
                f"margin of {self.margin}",
            )
        if self.reach > 1 and not self.uneven and 2 * self.margin != self.size - 1:
            place.error("dilation", f"dilation={self.dilation} needs an odd size= and pad=1")
        if self.coordconv and self.filters < 3:
            place.error("coordconv", f"coordconv=1 needs filters=3 or more, not {self.filters}")
        check_transform(self, place)
        check_init(place, self.init)
        if self.share_index is not None:
            check_shared(self, place)

    def facts(self, channels: int) -> dict[str, int]:
        """What must be equal to share weights."""
        return {
            "size": self.size,
            "filters": self.filters,
            "groups": self.kernel_groups,
            "batch_normalize": self.norm,
            "input channels": channels,
        }

    def _arrays(self, channels: int) -> tuple[Array, ...]:
        n = self.filters
        per_filter = max(1, channels // self.kernel_groups), self.size, self.size
        kernel = Array("weights", (*per_filter, n) if self.flipped else (n, *per_filter))
        norm = ("scales", "rolling_mean", "rolling_variance") if self.norm else ()
        return *(Array(name, (n,)) for name in ("biases", *norm)), kernel

    def _row(self, before: Shape, after: Shape) -> str:
        if self.xnor:
            name = "convXB" if self.bin_output else "convX "
        elif self.share_index is not None:
            name = "convS "
        else:
            name = "convAE" if self.assisted_excitation else "conv  "
        groups = f"/{self.kernel_groups:4d} " if self.kernel_groups > 1 else "      "
        (y, x), size = self.steps, self.size
        if x != y:
            kernel = f"{size:2d}x{size:2d}/{x:2d}x{y:2d} "
        else:
            dilation = f"({self.reach})" if self.reach > 1 else "   "
            kernel = f"{size:2d} x{size:2d}/{x:2d}{dilation}"
        return f"{name}{self.filters:5d}{groups}{kernel}{sides(before, after)}"
