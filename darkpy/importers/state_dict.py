"""Convolutions out of a PyTorch state dict, with what belongs to each, in the order of the file.

Batch norm follows its convolution. YOLOv7's heads may have two vectors that are added before and
multiplied after (implicit knowledge), and its last blocks three branches that are added up; both
are taken together here, as reparameterising does. Only tensors are read, never code.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from darkpy.errors import WeightsError

_WHERE = ("ema", "model", "state_dict")  # under which whole checkpoints keep a state dict
_SAVED = (b"PK", b"\x80")  # how a zip of torch.save begins, and a pickle of old versions
_NORM = ("weight", "bias", "running_mean", "running_var")
_BRANCH = re.compile(r"(.*)\.rbr_(dense|1x1|identity|reparam)(?:\.|$)")
_IMPLICIT = re.compile(r"(.*)\.(ia|im)\.(\d+)\.implicit")


@dataclass(frozen=True)
class Norm:
    """A batch norm: scale, shift, mean, variance (N,) each, float64; the variance holds its eps."""

    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class Kernel:
    """A convolution by its name. weight (N, C, k, k), bias (N,), float64; norm: what follows it."""

    name: str
    weight: Tensor
    bias: Tensor | None = None
    norm: Norm | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.weight.shape)

    def without_norm(self) -> tuple[Tensor, Tensor]:
        """Weight and bias with the norm in them."""
        bias = self.weight.new_zeros(len(self.weight)) if self.bias is None else self.bias
        if self.norm is None:
            return self.weight, bias
        factor = self.norm.scale / self.norm.variance.sqrt()
        shift = self.norm.shift + (bias - self.norm.mean) * factor
        return self.weight * factor.view(-1, 1, 1, 1), shift


def read_state_dict(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file by name. WeightsError if it is none, or holds objects beside them."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path}: does not exist") from None
    except pickle.UnpicklingError:
        with open(path, "rb") as file:
            if not file.read(2).startswith(_SAVED):
                raise WeightsError(f"{path}: is no file of torch.save") from None
        raise WeightsError(
            f"{path}: holds Python objects, which could run code; only a state dict is read. Where "
            "the file comes from: torch.save(torch.load(FILE)['model'].float().state_dict(), NEW)"
        ) from None
    except (RuntimeError, EOFError, ValueError, OSError) as problem:
        first = str(problem).splitlines()[0] if str(problem) else "it is empty"
        raise WeightsError(f"{path}: is no file of torch.save: {first}") from None
    for name in _WHERE:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path}: holds no state dict but a {type(found).__name__}")
    tensors = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if not any(tensor.dim() == 4 for tensor in tensors.values()):
        raise WeightsError(f"{path}: holds no convolution: {len(tensors)} tensors, none of 4 sides")
    return tensors


def usual_eps(names: Iterator[str]) -> float:
    """The eps of batch norm that goes with names like these; a state dict does not hold it.

    YOLOv5 to v7 (model.0.conv): 1e-3; networks made from a cfg (module_list.0.Conv2d): 1e-4;
    others, pytorch-YOLOv4 among them: torch's own.
    """
    first = next(names, "")
    if first.startswith("module_list."):
        return 1e-4
    return 1e-3 if re.match(r"model\.\d+\.", first) else 1e-5


def kernels_of(tensors: Mapping[str, Tensor], eps: float) -> list[Kernel]:
    """All convolutions in their order."""
    double = {name: tensor.double() for name, tensor in tensors.items()}
    plain = _with_norms(double, eps)
    return _implicit_taken_in(_branches_joined(plain, double, eps), double)


def _with_norms(tensors: Mapping[str, Tensor], eps: float) -> list[Kernel]:
    """Each convolution with the batch norm that comes next, if it has as many channels."""
    found: list[Kernel] = []
    for name, tensor in tensors.items():
        owner, _, field = name.rpartition(".")
        if field == "weight" and tensor.dim() == 4:
            found.append(Kernel(owner, tensor, tensors.get(f"{owner}.bias")))
        elif field == "running_var" and found and found[-1].norm is None:
            norm = _norm(tensors, owner, eps)
            if norm is not None and len(norm.mean) == len(found[-1].weight):
                last = found.pop()
                found.append(Kernel(last.name, last.weight, last.bias, norm))
    return found


def _norm(tensors: Mapping[str, Tensor], owner: str, eps: float) -> Norm | None:
    values = [tensors.get(f"{owner}.{field}") for field in _NORM]
    if any(value is None for value in values):
        return None
    scale, shift, mean, variance = values
    return Norm(scale, shift, mean, variance + eps)


def _branches_joined(
    kernels: list[Kernel], tensors: Mapping[str, Tensor], eps: float
) -> list[Kernel]:
    """A block of branches becomes its 3x3 convolution with all of them in it."""
    blocks: dict[str, list[Kernel]] = {}
    for kernel in kernels:
        match = _BRANCH.match(kernel.name)
        blocks.setdefault(match[1] if match else kernel.name, []).append(kernel)
    return [
        _joined(name, parts, _norm(tensors, f"{name}.rbr_identity", eps))
        for name, parts in blocks.items()
    ]


def _joined(name: str, parts: list[Kernel], identity: Norm | None) -> Kernel:
    if len(parts) == 1 and identity is None:
        return parts[0]
    weight, bias = _widest(parts).without_norm()
    size = weight.shape[-1]
    for part in parts:
        if part is not _widest(parts):
            other, shift = part.without_norm()
            margin = (size - other.shape[-1]) // 2
            weight, bias = weight + F.pad(other, (margin,) * 4), bias + shift
    if identity is not None:
        one = torch.zeros_like(weight)
        places = torch.arange(len(weight))
        one[places, places % weight.shape[1], size // 2, size // 2] = 1
        other, shift = Kernel(name, one, None, identity).without_norm()
        weight, bias = weight + other, bias + shift
    return Kernel(name, weight, bias)


def _widest(parts: list[Kernel]) -> Kernel:
    return max(parts, key=lambda part: part.weight.shape[-1])


def _implicit_taken_in(kernels: list[Kernel], tensors: Mapping[str, Tensor]) -> list[Kernel]:
    """Heads without what is added to their input and multiplied with their output."""
    vectors = {
        (match[1], match[2], match[3]): tensor.flatten()
        for name, tensor in tensors.items()
        if (match := _IMPLICIT.fullmatch(name))
    }
    return [_taken_in(kernel, vectors) for kernel in kernels]


def _taken_in(kernel: Kernel, vectors: Mapping[tuple[str, str, str], Tensor]) -> Kernel:
    match = re.fullmatch(r"(.*)\.m\.(\d+)", kernel.name)
    if not match or (match[1], "im", match[2]) not in vectors:
        return kernel
    added, factor = (vectors[match[1], kind, match[2]] for kind in ("ia", "im"))
    weight, bias = kernel.without_norm()
    bias = (bias + weight.sum(dim=(2, 3)) @ added) * factor
    return Kernel(kernel.name, weight * factor.view(-1, 1, 1, 1), bias)
