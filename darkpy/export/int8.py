"""Convolutions in 8 bits by onnxruntime's static quantization, but for those that it hurts."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from darkpy.errors import DataError, number_of
from darkpy.events import Progress
from darkpy.export.answers import Own, Theirs
from darkpy.export.extras import needed
from darkpy.export.forms import Form
from darkpy.export.runtime import OnnxRun
from darkpy.export.verify import Some, images_of, mean_ap
from darkpy.model.network import Network

CALIBRATED_ON = 32  # pictures of train=
_TRIED_ON = 4  # of them, for the harm that single layers do
_ENOUGH = 0.5  # points of mAP that are given up before a layer is left in float
_STEPS = 127  # of a weight, to either side
_LEVELS = 255  # of an input, between the smallest and the largest
_LISTED = 5


@dataclass(frozen=True)
class Harm:
    """What 8 bits in one layer alone do: root of the mean square of what all scores change by."""

    layer: int
    change: float


def quantized(
    model: Any, network: Network, form: Form, some: Some | None
) -> Generator[Progress | str, None, bytes]:
    """The best of the files in 8 bits that are tried; yields what each costs, by pictures of the
    training.

    DataError without pictures, which the ranges of the values are taken from.
    """
    if some is None:
        raise DataError(
            "-int8 needs pictures for the ranges of its values: train= in the .data file"
        )
    inputs = list(images_of(network.plan.input, some, CALIBRATED_ON, network.plan.net.letter_box))
    if not inputs:
        raise DataError("-int8 needs pictures for its ranges: none of train= can be read")
    own = Own(network, form)
    before = yield from mean_ap(own, some, letter_box=network.plan.net.letter_box)
    harms = yield from _harms(own, torch.cat(inputs[:_TRIED_ON]))
    yield from _table(harms)
    best, kept = -float("inf"), b""
    for left in left_in_float(len(harms)):
        names = {f"{harm.layer}_{network.layers[harm.layer].plan.kind}" for harm in harms[:left]}
        content = _static(model, inputs, names)
        run = OnnxRun(content)
        theirs = Theirs(run, run.batch, network, form)
        after = yield from mean_ap(theirs, some, letter_box=network.plan.net.letter_box)
        yield (
            f"int8 but for {number_of(left, 'layers')}: mAP on {number_of(len(some), 'pictures')} "
            f"of train= {before:.2f} -> {after:.2f} % ({after - before:+.2f}), "
            f"{len(content) / 1e6:.1f} MB"
        )
        if not kept or after > best:
            best, kept = after, content
        if before - after <= _ENOUGH:
            break
    return kept


def left_in_float(layers: int) -> Iterator[int]:
    """How many layers are left in float: none, 1, 2, 4, ... half of all."""
    yield 0
    left = 1
    while 2 * left <= layers:
        yield left
        left *= 2


def _table(harms: Sequence[Harm]) -> Iterator[str]:
    shown = ", ".join(f"layer {harm.layer} {harm.change:.1e}" for harm in harms[:_LISTED])
    yield f"what 8 bits in one layer alone change the scores by, the worst first: {shown}"


def _harms(own: Own, images: Tensor) -> Generator[Progress, None, list[Harm]]:
    """The layers with kernels, the most harmful first."""
    layers = [
        index
        for index, layer in enumerate(own.network.layers)
        if isinstance(_kernels(layer), Tensor)
    ]
    right = own.candidates(images).probs
    harms = []
    for done, index in enumerate(layers, start=1):
        with _Rounded(own.network.layers[index]):
            changed = own.candidates(images).probs
        harms.append(Harm(index, float((changed - right).square().mean().sqrt())))
        yield Progress("trying layers in 8 bits", done, len(layers))
    return sorted(harms, key=lambda harm: -harm.change)


def _kernels(layer: nn.Module) -> Tensor | None:
    """The weights of a [convolutional] of its own."""
    conv = getattr(layer, "conv", None)
    return None if conv is None else conv.weight


class _Rounded:
    """A layer whose kernels and inputs are rounded to 8 bits, as long as the block lasts."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def __enter__(self) -> None:
        kernels = _kernels(self.layer)
        self.kept = kernels.detach().clone()
        most = self.kept.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)
        with torch.no_grad():
            kernels.copy_((self.kept / most * _STEPS).round() / _STEPS * most)
        self.hook = self.layer.register_forward_pre_hook(lambda _, inputs: (rounded(inputs[0]),))

    def __exit__(self, *_: object) -> None:
        self.hook.remove()
        with torch.no_grad():
            _kernels(self.layer).copy_(self.kept)


def rounded(x: Tensor) -> Tensor:
    """Values on 256 levels from their smallest, or 0, to their largest, or 0."""
    low, high = x.amin().clamp(max=0), x.amax().clamp(min=0)
    step = ((high - low) / _LEVELS).clamp(min=1e-30)
    return ((x - low) / step).round() * step + low


def _static(model: Any, inputs: Sequence[Tensor], left: set[str]) -> bytes:
    """The model with its convolutions in 8 bits, but for those of some layers."""
    quantization = needed("onnxruntime.quantization")
    prepare = needed("onnxruntime.quantization.shape_inference").quant_pre_process
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    with tempfile.TemporaryDirectory() as folder:
        prepared, out = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        prepare(model, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared,
            out,
            _Pictures(model, inputs),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=[name for name in convolutions if name.partition("/")[0] in left],
        )
        return out.read_bytes()


class _Pictures:
    """Inputs of the model one after the other, as the calibration asks for them."""

    def __init__(self, model: Any, inputs: Sequence[Tensor]) -> None:
        self.picture, *self.memories = model.graph.input
        sides = self.picture.type.tensor_type.shape.dim
        self.batch = sides[0].dim_value or 1
        self.inputs = iter(inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self.inputs, None)
        if image is None:
            return None
        fed = {self.picture.name: image.expand(self.batch, -1, -1, -1).numpy()}
        for memory in self.memories:
            shape = [side.dim_value for side in memory.type.tensor_type.shape.dim]
            fed[memory.name] = np.zeros((self.batch, *shape[1:]), np.float32)
        return fed

    def __iter__(self) -> _Pictures:
        return self

    def __next__(self) -> dict[str, np.ndarray]:
        found = self.get_next()
        if found is None:
            raise StopIteration
        return found
