"""Networks of the module `darknet`: loading, showing them a picture, what they said last."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpy.cfg.data import read_data, read_names
from darkpy.darknet.images import as_image, planes_of
from darkpy.darknet.structures import METADATA, float_pointer, floats
from darkpy.data.resize import letterbox_planes, stretch_planes
from darkpy.errors import DarkpyError
from darkpy.heads.base import DetectingHead
from darkpy.machine.device import pick_device
from darkpy.machine.forks import compute_alone_in_children
from darkpy.model.fast import FastLayers, fast_layers
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32
from darkpy.model.weights import load_weights

Path = str | bytes | os.PathLike
Colour = tuple[int, int, int]  # blue, green, red

_chosen = {"gpu": 0}  # set_gpu()


@dataclass(frozen=True)
class Said:
    """What a network gave for a batch: its outputs by layer, and the size of its input."""

    outputs: dict[int, Tensor]
    net_hw: tuple[int, int]


class Net:
    """A network as scripts hold it: opaque, except that it unpacks as network, names, colours.

    Threads may use it side by side: each asks for the boxes of the picture that itself showed.
    """

    def __init__(
        self, network: Network, batch: int = 1, names: Sequence[str] | None = None
    ) -> None:
        self.device = pick_device(_chosen["gpu"], nogpu=False)
        self.network = network.eval().to(self.device)
        self.batch = batch
        self.names = names
        self.colors = class_colors(names or ())
        self._wanted = _wanted(self.network)
        self._own = threading.local()
        self._last: Said | None = None
        self._fast: FastLayers | None = None

    def __iter__(self) -> Iterator[Any]:
        if self.names is None:
            raise TypeError("a network without names to unpack; load_network() makes one")
        return iter((self, list(self.names), self.colors))

    def __getitem__(self, index: int) -> Any:
        return tuple(self)[index]

    def show(self, images: np.ndarray | Tensor) -> np.ndarray:
        """Show a batch (B, C, H, W) of the network's size; its last layer's numbers, flat."""
        compute_alone_in_children()
        batch = torch.as_tensor(images).to(self.device, memory_format=torch.channels_last)
        with torch.inference_mode(), FLOAT32(self.device):
            self._fast = fast_layers(self._fast, self.network, FLOAT32, self.device)
            outputs = self.network.outputs_of(batch, self._wanted, self._fast.instead)
        self._own.said = self._last = Said(outputs, tuple(batch.shape[2:]))
        index = max(i for i in outputs if self.network.plan.layers[i].kind != "cost")
        layer = self.network.layers[index]
        turned = getattr(layer, "darknet_output", lambda output: output)(outputs[index].float())
        return turned.reshape(-1).cpu().numpy()

    @property
    def said(self) -> Said:
        """What this thread's last picture gave, else any thread's. DarkpyError before the first."""
        said = getattr(self._own, "said", None) or self._last
        if said is None:
            raise DarkpyError("no picture was shown to this network yet; predict_image() does")
        return said


def embedding_layer(head: DetectingHead) -> int | None:
    """The index of the layer whose numbers say what a head's objects look like, if there is one."""
    number = getattr(head.options, "embedding_layer", None)
    return head.plan.index + number if number is not None and number < 0 else number


def _wanted(network: Network) -> set[int]:
    """The layers whose outputs are kept: heads with what they look at, else the last one."""
    looks = {embedding_layer(head) for head in network.detecting.values()} - {None}
    return (set(network.heads) or {len(network.layers) - 1}) | looks


def load_net(cfg: Path, weights: Path | None = None, clear: int = 0) -> Net:
    """A network; InputError says what is wrong with a file. Generation A."""
    return load_net_custom(cfg, weights, clear, 1)


def load_net_custom(cfg: Path, weights: Path | None = None, clear: int = 0, batch: int = 1) -> Net:
    """A network for batches of `batch` pictures. Generation B.

    weights: may be empty, as in the C program. clear: of no account without training.
    """
    network = Network.from_cfg(os.fsdecode(_plain(cfg)))
    if weights:
        load_weights(network, os.fsdecode(_plain(weights)))
    return Net(network, batch)


def load_meta(data: Path) -> METADATA:
    """Classes and names of a .data file: names=, or labels= of a classifier."""
    options = read_data(os.fsdecode(_plain(data)))
    file = options.names or options.labels
    names = list(read_names(options.resolve(file))) if file else []
    classes = options.classes or len(names)
    names += [str(number) for number in range(len(names), classes)]
    return METADATA(classes, names)


def load_network(config_file: Path, data_file: Path, weights: Path, batch_size: int = 1) -> Net:
    """A network that unpacks as (network, names, colours by name in BGR order). Generation C.

    It is the network as well: hank-ai's load_network() gives nothing else.
    """
    net = load_net_custom(config_file, weights, 0, batch_size)
    meta = load_meta(data_file)
    net.names = [str(name) for name in meta.names[: meta.classes]]
    net.colors = class_colors(net.names)
    return net


def class_colors(names: Sequence[str]) -> dict[str, Colour]:
    """A colour for each name by chance, in BGR order; random.seed() makes them the same again."""
    return {name: tuple(random.randint(0, 255) for _ in range(3)) for name in names}


def network_width(net: Net) -> int:
    """Width of the network's input, px."""
    return net.network.plan.input.w


def network_height(net: Net) -> int:
    """Height of the network's input, px."""
    return net.network.plan.input.h


def network_dimensions(net: Net) -> tuple[int, int, int]:
    """Width, height and channels of the network's input."""
    return network_width(net), network_height(net), net.network.plan.input.c


def predict_image(net: Net, im: Any) -> Any:
    """Show an IMAGE, stretched to the network's size where needed; floats of the last layer."""
    return _show(net, im, stretch_planes)


def predict_image_letterbox(net: Net, im: Any) -> Any:
    """As `predict_image`, with the aspect kept: ask for its boxes with letter=1."""
    return _show(net, im, letterbox_planes)


def predict(net: Net, values: Any) -> Any:
    """Show as many floats as a batch of the network's input holds; floats of the last layer."""
    return float_pointer(net.show(batch_of(net, values, net.batch)))


def batch_of(net: Net, values: Any, pictures: int) -> np.ndarray:
    """Floats of pictures one after the other -> (B, C, H, W). ValueError if they are too few."""
    shape = net.network.plan.input
    wanted = pictures * shape.c * shape.h * shape.w
    found = floats(values, wanted)
    if found.size < wanted:
        size = f"{shape.w}x{shape.h}x{shape.c}"
        raise ValueError(f"{found.size} floats for {pictures} pictures of {size}: {wanted}")
    return found.reshape(pictures, shape.c, shape.h, shape.w)


def reset_rnn(net: Net) -> None:
    """Let recurrent layers forget the pictures so far."""
    net.network.reset_state()


def free_network_ptr(net: Net) -> None:
    """Nothing: the memory goes when the last who holds the network lets go of it."""


def set_gpu(number: int) -> None:
    """The GPU that networks loaded from now on compute on; without one they use the CPU."""
    _chosen["gpu"] = int(getattr(number, "value", number))


def init_cpu() -> None:
    """Nothing: there is nothing to prepare."""


def _show(net: Net, im: Any, resize: Any) -> Any:
    shape = net.network.plan.input
    planes = torch.from_numpy(planes_of(as_image(im)))
    return float_pointer(net.show(resize(planes, shape.h, shape.w)[None]))


def _plain(path: Any) -> Path:
    """A path out of a c_char_p, or as it is."""
    return getattr(path, "value", path)
