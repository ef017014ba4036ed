"""A network in inference: batch norm within the kernels, activations along with them.

The same numbers but for rounding. Layers that do more than convolve, normalize and activate, and
all other kinds, stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.heads.base import Head
from darkpy.layers.activation import LEAKY_SLOPE
from darkpy.layers.convolutional import Convolutional, framed
from darkpy.layers.winograd import Winograd, suiting
from darkpy.model.network import Network
from darkpy.model.precision import Precision
from darkpy.sections.base import Shape

_MISH_AT_ONCE = 2**16  # values of each thread that stay in its cache between the passes

# activation= -> what oneDNN calls it and its numbers; it does these along with a convolution
_ALONG = {
    "linear": ("none", []),
    "leaky": ("leaky_relu", [LEAKY_SLOPE]),
    "relu": ("relu", []),
    "logistic": ("sigmoid", []),
    "swish": ("swish", []),
}


class FastLayers:
    """The layers of a network that go faster in inference, by index, as the network is now.

    heard: the layers with hooks.
    """

    def __init__(self, network: Network, precision: Precision, device: torch.device) -> None:
        self._tensors = (*network.parameters(), *network.buffers())
        self._values = self._now()
        self._network, self.heard = network, _listened_to(network)
        fused = device.type == "cpu" and precision.dtype is None and _onednn() is not None
        self.instead: dict[int, Callable[..., Tensor]] = {}
        for index, layer in enumerate(network.layers):
            if isinstance(layer, Convolutional) and layer.plain and index not in self.heard:
                self.instead[index] = _one_in_its_place(layer, precision, fused)
            elif isinstance(layer, Head) and precision.dtype is not None:
                self.instead[index] = partial(_in_float32, layer)

    @property
    def fit(self) -> bool:
        """Whether the network still has the values, and the listeners, that these were made of."""
        return self._values == self._now() and self.heard == _listened_to(self._network)

    def _now(self) -> list[tuple[int, int]]:
        """Where the network's values lie, and how often they were changed."""
        return [(t.data_ptr(), 0 if t.is_inference() else t._version) for t in self._tensors]


def _one_in_its_place(
    layer: Convolutional, precision: Precision, fused: bool
) -> Callable[[Tensor], Tensor]:
    o, made = layer.options, Folded.of(layer, precision.dtype)
    shape = layer.plan.inputs[0]
    filters, channels = made.kernels.shape[:2]
    wanted = fused and layer.simple
    transforms = suiting(filters, channels, shape.h * shape.w) if wanted else None
    if transforms is not None:
        after = None if o.activation == "linear" else _IN_PLACE.get(o.activation, layer.activation)
        return Winograd(made.kernels, made.biases, after, transforms)
    if not fused:
        faster = Finished(made, o.activation, layer.activation)
    else:
        faster = Fused(made, o.activation, layer.activation, shape)
    return (lambda x: faster(framed(x, o)[0])) if o.uneven else faster


def fast_layers(
    before: FastLayers | None, network: Network, precision: Precision, device: torch.device
) -> FastLayers:
    """Those of the network as it is now: the ones made `before` as long as they fit."""
    return before if before is not None and before.fit else FastLayers(network, precision, device)


def inference_trial(
    network: Network, precision: Precision, device: torch.device
) -> Callable[[], object]:
    """What `pick_precision` times for inference: a pass of one picture through the fast layers."""
    picture = torch.rand(1, *network.plan.input, device=device)
    picture = picture.contiguous(memory_format=torch.channels_last)
    instead = FastLayers(network.eval(), precision, device).instead

    def run() -> None:
        with torch.inference_mode(), precision(device):
            network(picture, instead)
        network.reset_state()

    return run


def _listened_to(network: Network) -> set[int]:
    """The layers with hooks, which hear nothing of what is computed in their place."""
    return {
        index
        for index, layer in enumerate(network.layers)
        if layer._forward_hooks or layer._forward_pre_hooks
    }


@dataclass(frozen=True)
class Folded:
    """A convolution with its batch norm: kernels (F, C/groups, k, k) and biases (F,)."""

    kernels: Tensor
    biases: Tensor
    steps: tuple[int, int]
    margin: int
    reach: int
    groups: int

    @classmethod
    @torch.no_grad()
    def of(cls, layer: Convolutional, dtype: torch.dtype | None) -> Folded:
        """Folded in float64, as fuse_conv_batchnorm() has it: src/network.c."""
        o, owner = layer.options, layer.owner
        kernels, biases, norm = owner.conv.weight, owner.conv.bias, owner.norm
        if norm is not None:
            scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
            biases = (norm.bias.double() - scale * norm.running_mean.double()).float()
            # Laid out first: converting while multiplying takes four times as long.
            kernels = kernels.to(torch.float64, memory_format=torch.channels_last)
            kernels = kernels.mul_(scale[:, None, None, None]).float()
        kernels = kernels.to(dtype, memory_format=torch.channels_last)
        biases = biases.to(dtype)
        return cls(kernels, biases, o.kernel_steps, o.margin * o.reach, o.reach, o.kernel_groups)

    def __call__(self, x: Tensor) -> Tensor:
        return F.conv2d(
            x, self.kernels, self.biases, self.steps, self.margin, self.reach, self.groups
        )


class Finished:
    """A folded convolution, and its activation in place."""

    def __init__(self, made: Folded, name: str, activation: Callable[[Tensor], Tensor]) -> None:
        self.made, self.activation = made, _IN_PLACE.get(name, activation)

    def __call__(self, x: Tensor) -> Tensor:
        return self.activation(self.made(x))


class Fused:
    """The same by oneDNN on a processor, the kernels laid out beforehand as it reads them.

    How that is depends on the height and width of the input. For another one than it was they are
    laid out anew: oneDNN would do so in each pass, from one layout to the other, which takes up to
    a hundred times as long as from plain kernels.
    """

    def __init__(
        self, made: Folded, name: str, activation: Callable[[Tensor], Tensor], shape: Shape
    ) -> None:
        sides = [made.margin] * 2, list(made.steps), [made.reach] * 2
        along, numbers = _ALONG.get(name, _ALONG["linear"])
        self.activation = None if name in _ALONG else _IN_PLACE.get(name, activation)
        self.biases = made.biases
        self.rest = (*sides, made.groups, along, numbers, "")
        self._lay_out(made.kernels, torch.Size(shape))

    def __call__(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.laid_out_for[1:]:
            self._lay_out(self.kernels.to_dense(), x.shape[1:])
        x = torch.ops.mkldnn._convolution_pointwise(x, self.kernels, self.biases, *self.rest)
        return x if self.activation is None else self.activation(x)

    def _lay_out(self, kernels: Tensor, shape: torch.Size) -> None:
        reorder = torch.ops.mkldnn._reorder_convolution_weight
        self.kernels = reorder(kernels, *self.rest[:4], [1, *shape])
        self.laid_out_for = shape


def mish_(x: Tensor) -> Tensor:
    """Mish in place, of values that lie without gaps: a quarter of F.mish's time on a processor.

    tanh(log(1 + e)) is h / (1 + h) with e = exp(x) and h = e + e² / 2, and 1 / (1 + 1 / h) is that
    for an infinite h too.
    """
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return F.mish(x, inplace=True)
    values = x.as_strided((x.numel(),), (1,))
    for part in values.split(_MISH_AT_ONCE * torch.get_num_threads()):
        h = part.exp()
        torch.addcmul(h, h, h, value=0.5, out=h)
        part.div_(h.reciprocal_().add_(1))
    return x


def _in_float32(head: Head, *inputs: Tensor) -> Tensor:
    """As in training: places in a cell want more than the 8 bits of bfloat16."""
    return head(*(values.float() for values in inputs))


def _silu_(x: Tensor) -> Tensor:
    return F.silu(x, inplace=True)


_IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "mish": mish_,
    "swish": _silu_,
    "relu": torch.relu_,
    "logistic": torch.sigmoid_,
}


def _onednn() -> Callable | None:
    """torch's convolution with an activation along; made for its compiler, so it may go."""
    if not torch.backends.mkldnn.is_available():
        return None
    if not hasattr(torch.ops.mkldnn, "_reorder_convolution_weight"):
        return None
    return getattr(torch.ops.mkldnn, "_convolution_pointwise", None)
