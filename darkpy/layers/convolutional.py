"""[convolutional]: a convolution, batch norm, an activation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from darkpy.layers.activation import ACTIVATIONS
from darkpy.layers.antialiasing import LowPass
from darkpy.layers.base import LAYERS, Layer
from darkpy.layers.batchnorm import batch_norm
from darkpy.layers.binarization import binary_weights, signs
from darkpy.layers.excitation import excite, strength
from darkpy.layers.initial import begin_with
from darkpy.layers.transform import pooled, tied, transformed
from darkpy.layers.winograd_training import convolved, open_to
from darkpy.sections.base import Plan
from darkpy.sections.convolutional import Convolutional as Options

_CENTRED_MULTIPLE = 32  # gradient_centralization_gpu() leaves filters of other lengths alone
_NORMALIZING = ("norm_chan", "normalize_channels")
_REVERSE_SLOPE = 10.0  # mult_inverse_array_kernel(), src/blas_kernels.cu


class Kernels(nn.Conv2d):
    """The weights of [convolutional], and its biases where there is no batch norm."""

    def __init__(self, options: Options, channels: int) -> None:
        groups, bias = options.kernel_groups, not options.norm
        self._even = options.activation.startswith(_NORMALIZING)
        self._init = options.init
        super().__init__(channels, options.filters, options.size, groups=groups, bias=bias)

    def reset_parameters(self) -> None:
        """As init= says; biases 0: make_convolutional_layer().

        Where channels compete for a sum of 1 all weights are 1.
        """
        if self._even:
            nn.init.ones_(self.weight)
        else:
            inputs, outputs = (self.weight.select(axis, 0).numel() for axis in (0, 1))
            begin_with(self.weight, self._init, inputs, outputs)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


@LAYERS("convolutional", "conv")
class Convolutional(Layer):
    """(B, C, H, W) -> (B, filters, H', W'), by make_convolutional_layer() in Darknet.

    conv and norm hold the weights; with share_index= they are None, another layer's are used.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        o = self.options
        self.conv = Kernels(o, plan.inputs[0].c) if o.share_index is None else None
        self.norm = batch_norm(o.filters, o.norm) if o.norm and o.share_index is None else None
        self.activation = ACTIVATIONS[o.activation]
        self.blur = LowPass(o.antialiasing, o.steps) if o.antialiasing else None
        self._owner: tuple[Convolutional, ...] = ()  # a tuple hides it from torch's own listing
        self._excited: tuple[Tensor, float] | None = None
        self._deforms = False

    def link(self, layers: Sequence[Layer]) -> None:
        index = self.options.shared_index(self.plan.index)
        if index is not None:
            owner = layers[index]
            self._owner = owner._owner or (owner,)

    @property
    def steady(self) -> bool:
        """Not where iterations count: the transforms, the excitation, norms over mini-batches."""
        o = self.options
        return not (o.transform or o.assisted_excitation or o.batch_normalize == 2)

    @property
    def bulky(self) -> bool:
        """With batch norm or an activation that keeps its input; not where a pass counts."""
        return self.steady and self.plan.kept > 0

    def once_more(self) -> AbstractContextManager:
        norm = self.owner.norm
        return nullcontext() if norm is None else norm.only_looking()

    @property
    def owner(self) -> Convolutional:
        """Whose weights are used."""
        return self if self.options.share_index is None else self._owner[0]

    @cached_property
    def simple(self) -> bool:
        """Whether it convolves with 3x3 kernels, stride and margin 1, of numbers as they are."""
        o = self.options
        sides = (o.size, o.kernel_steps, o.margin, o.reach, o.kernel_groups)
        return sides == (3, (1, 1), 1, 1, 1) and not (o.binary or o.xnor or o.uneven)

    @property
    def plain(self) -> bool:
        """Whether inference is a convolution, batch norm and the activation, and no more."""
        o = self.options
        return not (o.binary or o.xnor or o.antialiasing or o.coordconv)

    def forward(self, x: Tensor) -> Tensor:
        o = self.options
        owner = self.owner
        weights = owner.conv.weight
        if o.binary or o.xnor:
            weights = binary_weights(weights)
        if o.xnor:
            x, margin = self._signed(x)
        else:
            x, margin = framed(x, o)
        steps = o.kernel_steps
        if _steps_are_taken_first(o, x):
            x, margin, steps = _stepped(x, margin, steps), 0, (1, 1)
        if self.training and self.simple and open_to(x):
            x = convolved(x, weights, owner.conv.bias)
        else:
            x = F.conv2d(
                x,
                weights,
                owner.conv.bias,
                stride=steps,
                padding=margin,
                dilation=o.reach,
                groups=o.kernel_groups,
            )
        if owner.norm is not None:
            x = owner.norm(x)
        return self._finished(self.activation(x))

    def _signed(self, x: Tensor) -> tuple[Tensor, int]:
        """xnor=1: the input's signs, and the width of the margin of zeros that is left to add.

        In inference the C program packs signs into bits, where zeros and the margin are -1 too.
        """
        o = self.options
        if self.training:
            x, margin = framed(x, o)
            return signs(x), margin
        around = o.margins_tf(*x.shape[2:]) if o.uneven else [o.margin * o.reach] * 4
        return F.pad(torch.where(x > 0, 1.0, -1.0).to(x.dtype), tuple(around), value=-1.0), 0

    def _finished(self, x: Tensor) -> Tensor:
        """What rare keys do to the activated values."""
        if self._excited is not None and self.training:
            x = excite(x, *self._excited)
        if self.blur is not None:
            x = self.blur(x)
        return with_coordinates(x) if self.options.coordconv else x

    def begin(self, iteration: int, boxes: Tensor | None = None) -> None:
        if self.norm is not None:
            self.norm.begin(iteration)
        o, net = self.options, self.plan.net
        # update_network_gpu() ends the transforms after half of the training
        self._deforms = bool(o.transform) and iteration <= net.max_batches // 2
        last = o.assisted_excitation
        if last and boxes is not None:
            self._excited = boxes, strength(last, iteration - 1, net)

    @torch.no_grad()
    def before_step(self) -> None:
        gradient = self.conv.weight.grad if self.conv is not None else None
        if gradient is None:
            return
        o = self.options
        if self._deforms:
            gradient.copy_(pooled(transformed(gradient, o.transform, o.angle, back=True)))
        if o.grad_centr and o.norm and gradient[0].numel() % _CENTRED_MULTIPLE == 0:
            gradient -= gradient.mean(dim=(1, 2, 3), keepdim=True)
        if o.reverse and not self.plan.net.adam:
            divisor = self.plan.net.gradient_divisor
            summed = gradient * divisor  # Darknet's updates are not yet divided
            grown = (_REVERSE_SLOPE * summed.abs() + 1) ** o.reverse / divisor
            gradient.copy_(torch.where(summed <= 0, -grown, grown))

    @torch.no_grad()
    def after_step(self) -> None:
        if self.conv is None:
            return
        o, weights = self.options, self.conv.weight
        if self._deforms:
            weights.copy_(transformed(tied(weights), o.transform, o.angle))
        if o.clip:
            weights.clamp_(-o.clip, o.clip)

    def weights_in_file_order(self) -> list[Tensor]:
        if self.conv is None:
            return []
        norm, kernel = self.norm, self.conv.weight
        if self.options.flipped:
            kernel = kernel.permute(1, 2, 3, 0)
        if norm is None:
            return [self.conv.bias, kernel]
        return [norm.bias, norm.weight, norm.running_mean, norm.running_var, kernel]

    def decayed(self) -> list[nn.Parameter]:
        return [] if self.conv is None else [self.conv.weight]


def framed(x: Tensor, options: Options) -> tuple[Tensor, int]:
    """The picture, with a margin that is not the same on all sides; else that margin's width."""
    if options.uneven:
        return F.pad(x, options.margins_tf(*x.shape[2:])), 0
    return x, options.margin * options.reach


def _steps_are_taken_first(options: Options, x: Tensor) -> bool:
    """Whether a convolution would write beyond its memory on the way back.

    torch 2.13 does so on CPUs (through oneDNN) for 1x1 kernels with a stride of 2 or 4 on
    channels-last memory: 2 to 5 input channels ended in aborts at the first try, others may not
    always. tests/layers/test_convolutional.py and docs/performance.md tell what was tried.
    """
    one = options.size == 1 and options.kernel_steps != (1, 1)
    return one and x.device.type == "cpu" and torch.is_grad_enabled()


def _stepped(x: Tensor, margin: int, steps: tuple[int, int]) -> Tensor:
    """The pixels that a 1x1 kernel with these steps sees, (B, C, H, W) -> (B, C, H', W')."""
    framed = F.pad(x, (margin,) * 4) if margin else x
    return framed[:, :, :: steps[0], :: steps[1]].contiguous(memory_format=torch.channels_last)


def with_coordinates(x: Tensor) -> Tensor:
    """Replace the first three channels of (B, C, H, W) by x, y and the distance to the middle.

    x and y go from -1 to just below 1. coord_conv_kernel() in src/blas_kernels.cu means to do
    so; its own index is overwritten before it is used.
    """
    h, w = x.shape[2:]
    across = (2 * torch.arange(w, device=x.device, dtype=x.dtype) / w - 1).expand(h, w)
    down = (2 * torch.arange(h, device=x.device, dtype=x.dtype) / h - 1)[:, None].expand(h, w)
    coordinates = torch.stack((across, down, torch.hypot(across, down)))
    return torch.cat((coordinates.expand(x.shape[0], -1, -1, -1), x[:, 3:]), dim=1)
