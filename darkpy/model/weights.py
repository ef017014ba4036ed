"""Darknet's .weights files, in and out, over each layer's own list of arrays.

Three little-endian int32 (major, minor, revision), the number of pictures seen (uint64 from
version 0.2 on, uint32 before), then float32 values layer by layer: load_weights_upto() and
save_weights_upto() in src/parser.c.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from darkpy.errors import WeightsError
from darkpy.files import replacing
from darkpy.layers.base import Layer
from darkpy.model.network import Network
from darkpy.planning.header import DARKNET_VERSION, Header, header_bytes, read_header
from darkpy.planning.weights_file import FileLayout, Held, ends_inside, layout
from darkpy.planning.weights_values import described, faults
from darkpy.sections.base import FLOAT_BYTES

_FLOAT = np.dtype("<f4")


@dataclass(frozen=True)
class Loaded:
    """What a weights file gave.

    layers: how many layers of the cfg it reaches, of `total`. whole: it holds all of them.
    """

    header: Header
    layers: int
    total: int

    @property
    def whole(self) -> bool:
        return self.layers == self.total


def load_weights(
    network: Network, path: str | Path, *, cutoff: int | None = None, dontload: bool = False
) -> Loaded:
    """Fill the network's first `cutoff` layers (default all) from a file.

    A file that ends with a layer fills the layers it has. WeightsError, with nothing changed, if
    it ends inside of one, goes on after the last, or holds values that cannot be right.
    dontload: where the file holds even what dontload= and dontloadscales= say it does not (this
    network was saved to it), leave those values as they are all the same; the start of a training
    asks for it. The C program reads such a file out of step from there on.
    """
    header = read_header(path)
    values = _map_values(path, header)
    stored = layout(network.plan.layers, values.size)
    reached = stored.reached if cutoff is None else min(cutoff, stored.reached)
    _refuse_size(network, path, header, stored, cutoff)
    taken = stored.layers[:reached]
    _refuse_values(path, values, taken)
    with torch.no_grad():
        for layer, held in zip(network.layers, taken, strict=False):
            for run in _runs(layer, held, stored.whole):
                if run.wanted or not dontload:
                    _fill(run.tensor, values[run.start : run.start + run.tensor.numel()])
    return Loaded(header, reached, len(network.layers))


def save_weights(
    network: Network,
    path: str | Path,
    seen: int,
    *,
    layers: int | None = None,
    version: tuple[int, int, int] = DARKNET_VERSION,
) -> None:
    """Write the first `layers` layers (default all), atomically. seen: pictures trained on."""
    tensors = [t for layer in network.layers[:layers] for t in layer.weights_in_file_order()]
    write_weights(path, tensors, seen, version=version)


def write_weights(
    path: str | Path,
    tensors: list[Tensor],
    seen: int,
    *,
    version: tuple[int, int, int] = DARKNET_VERSION,
) -> None:
    """Write tensors that are in file order already, atomically."""
    with replacing(path) as file:
        file.write(header_bytes(seen, version))
        for tensor in tensors:
            array = tensor.detach().to("cpu", torch.float32).contiguous().numpy()
            file.write(array.astype(_FLOAT, copy=False).data)


def _map_values(path: str | Path, header: Header) -> np.ndarray:
    """The float32 values of the file, read only when they are touched."""
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if hasattr(mmap, "MADV_SEQUENTIAL"):  # not on Windows
        mapped.madvise(mmap.MADV_SEQUENTIAL)
    count, rest = divmod(len(mapped) - header.size, FLOAT_BYTES)
    if rest:
        raise WeightsError(f"{path}: {rest} bytes are left over after {count} whole numbers")
    return np.frombuffer(mapped, _FLOAT, count, header.size)


@dataclass(frozen=True)
class _Run:
    """A tensor and the number of its first value in the file. wanted: no key leaves it out."""

    tensor: Tensor
    start: int
    wanted: bool


def _runs(layer: Layer, held: Held, whole: bool) -> Iterator[_Run]:
    """The layer's tensors that the file holds. whole: the file leaves nothing out."""
    start = held.start
    for array, tensor in zip(layer.plan.arrays, layer.weights_in_file_order(), strict=True):
        wanted = layer.plan.loads(array)
        if wanted or whole:
            yield _Run(tensor, start, wanted)
            start += tensor.numel()


def _fill(tensor: Tensor, values: np.ndarray) -> None:
    """One copy, from the file's pages into the parameter's memory."""
    source = values.reshape(tensor.shape)
    if tensor.device.type == "cpu" and tensor.dtype == torch.float32:
        # On one thread: several that touch new pages of one mapping wait for each other.
        np.copyto(tensor.detach().numpy(), source)
    else:
        tensor.copy_(torch.from_numpy(source))


def _refuse_size(
    network: Network, path: str | Path, header: Header, stored: FileLayout, cutoff: int | None
) -> None:
    """WeightsError for a file that ends inside a layer, or goes on after the last."""
    cut = stored.cut
    if cut is not None and (cutoff is None or cut.layer.index < cutoff):
        raise WeightsError(
            f"{path}: {ends_inside(cut, cut.end - stored.available)}; "
            "it is cut off, or belongs to another cfg or another number of classes"
        )
    if cutoff is None and stored.available > stored.count:
        has, wants = (header.size + FLOAT_BYTES * n for n in (stored.available, stored.count))
        raise WeightsError(
            f"{path}: {has} bytes, but {network.plan.source} takes {wants}: {has - wants} too "
            "many; the file belongs to another cfg, or its heads have more classes (filters=)"
        )


def _refuse_values(path: str | Path, values: np.ndarray, taken: Sequence[Held]) -> None:
    """WeightsError for values that cannot be right."""
    found = list(faults(values, taken))
    if found:
        raise WeightsError(f"{path}: {described(found)}")
