"""Net: what readNetFromDarknet() of OpenCV 4 gave."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from darkpy.cfg.reader import parse_cfg
from darkpy.errors import DarkpyError, UsageError
from darkpy.machine.forks import compute_alone_in_children
from darkpy.machine.opencv import cv2
from darkpy.model.fast import FastLayers, fast_layers
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32
from darkpy.model.weights import load_weights
from darkpy.opencv.elements import Elements
from darkpy.opencv.names import layer_names, layer_type
from darkpy.opencv.rows import head_rows
from darkpy.planning.network import plan_network
from darkpy.registry import did_you_mean

Source = str | os.PathLike | bytes | bytearray | np.ndarray | Sequence[int]

# OpenCV adds this to variances; Darknet 1e-5, so its probabilities differ in the third digit.
_EPS = 1e-6


@dataclass(frozen=True)
class LayerInfo:
    """What scripts ask of `getLayer`: name, type, blobs (none)."""

    name: str
    type: str
    blobs: list[np.ndarray] = field(default_factory=list)

    def outputNameToIndex(self, name: str) -> int:
        """The output's number: there is one."""
        return 0


class Net:
    """A network that is given blobs (B, C, H, W) and gives rows; `readNetFromDarknet` makes one.

    It computes on the CPU with darkpy whatever backend and target are asked for. The order of
    the blob's colours is the caller's: blobFromImage(…, swapRB=True) makes RGB of OpenCV's BGR.
    """

    def __init__(self, network: Network) -> None:
        self.network = network.eval()
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eps = _EPS
        self._names = layer_names(network.plan)
        self._blob: np.ndarray | None = None
        self._ticks = 0
        self._fast: FastLayers | None = None

    def empty(self) -> bool:
        """False: a network that cannot be read is an error."""
        return False

    def getLayerNames(self) -> tuple[str, ...]:
        """OpenCV's names of all layers: conv_0, bn_0, leaky_1, …"""
        return tuple(name for name, _ in self._names)

    def getLayersCount(self, layerType: str) -> int:
        """How many layers are of a type."""
        return sum(layer_type(name) == layerType for name, _ in self._names)

    def getLayerId(self, layer: str) -> int:
        """A layer's number from 1, -1 if there is none of this name."""
        names = self.getLayerNames()
        return names.index(layer) + 1 if layer in names else -1

    def getLayer(self, layerId: int | str) -> LayerInfo:
        """Name and type of a layer, by its number from 1 or its name; 0 is the input."""
        number = self.getLayerId(layerId) if isinstance(layerId, str) else int(layerId)
        if number == 0:
            return LayerInfo("_input", "")
        name = self.getLayerNames()[number - 1]
        return LayerInfo(name, layer_type(name))

    def getUnconnectedOutLayers(self) -> Elements:
        """Numbers from 1 of the outputs; `i - 1` and `i[0] - 1` both work."""
        names = self.getLayerNames()
        numbers = [names.index(name) + 1 for name in self.getUnconnectedOutLayersNames()]
        return np.array(numbers, np.int32).view(Elements)

    def getUnconnectedOutLayersNames(self) -> tuple[str, ...]:
        """Names of the outputs: yolo_82, …, detection_out, or the last layer's."""
        names = self.getLayerNames()
        found = tuple(n for n in names if layer_type(n) == "Region")
        return found or names[-1:]

    def setInput(
        self,
        blob: Any,
        name: str = "",
        scalefactor: float = 1.0,
        mean: Sequence[float] | float = (),
    ) -> None:
        """The pictures (B, C, H, W) that `forward` computes: (blob - mean) * scalefactor."""
        values = np.asarray(blob, dtype=np.float32)
        channels = self.network.plan.input.c
        if values.ndim != 4 or values.shape[1] != channels:
            wanted = f"blobFromImage() gives (pictures, {channels}, height, width)"
            raise UsageError(f"setInput: a blob of the shape {values.shape}; {wanted}")
        if np.any(mean):
            each = np.resize(np.float32(mean), channels) if np.ndim(mean) == 0 else mean
            values = values - np.float32(each)[:channels].reshape(1, -1, 1, 1)
        self._blob = values * np.float32(scalefactor) if scalefactor != 1 else values

    def forward(self, outputName: str | Sequence[str] | None = None) -> Any:
        """Rows (N, 5+K) of the last output, of the one named, or a tuple of those named.

        Of several pictures (B, N, 5+K). A row: cx cy w h in the unit square, objectness, and for
        each class objectness times class, 0 below the threshold. Of other layers their output.
        """
        if self._blob is None:
            raise DarkpyError("forward: no input yet; setInput() gives one")
        several = outputName is not None and not isinstance(outputName, str)
        names = list(outputName) if several else [outputName or self.getLayerNames()[-1]]
        began = cv2.getTickCount()
        compute_alone_in_children()
        images = torch.tensor(self._blob).to(memory_format=torch.channels_last)
        found = self._computed(images, [self._index(name) for name in names])
        self._ticks = cv2.getTickCount() - began
        return tuple(found) if several else found[0]

    def getPerfProfile(self) -> tuple[int, np.ndarray]:
        """Ticks of the last `forward`, and of its layers (only the sum is known)."""
        return self._ticks, np.array([[float(self._ticks)]])

    def setPreferableBackend(self, backendId: int) -> None:
        """Nothing: darkpy computes."""

    def setPreferableTarget(self, targetId: int) -> None:
        """Nothing: darkpy computes, on the CPU."""

    def enableFusion(self, fusion: bool) -> None:
        """Nothing."""

    def enableWinograd(self, useWinograd: bool) -> None:
        """Nothing."""

    def setInputsNames(self, inputBlobNames: Sequence[str]) -> None:
        """Nothing: there is one input."""

    def setInputShape(self, inputName: str, shape: Sequence[int]) -> None:
        """Nothing: a blob has a shape."""

    def _index(self, name: str) -> int:
        """The layer of the cfg that a name stands for, if it is the last one of its layer."""
        last = {index: own for own, index in self._names}
        index = dict(self._names).get(name)
        if index is None:
            raise UsageError(f"there is no layer '{name}'{did_you_mean(name, dict(self._names))}")
        if last[index] != name:
            raise UsageError(f"darkpy computes '{name}' and what follows at once: '{last[index]}'")
        return index

    def _computed(self, images: torch.Tensor, wanted: Sequence[int]) -> list[np.ndarray]:
        heads = self.network.detecting
        with torch.inference_mode():
            self._fast = fast_layers(self._fast, self.network, FLOAT32, torch.device("cpu"))
            outputs = self.network.outputs_of(images, wanted, self._fast.instead)
        size_hw = tuple(images.shape[2:])
        found = []
        for index in wanted:
            if index in heads:
                rows = head_rows(heads[index], outputs[index], size_hw)
                found.append(rows if len(rows) > 1 else rows[0])
            else:
                values = outputs[index].float().contiguous().numpy()
                found.append(values.reshape(len(values), -1) if self._flat(index) else values)
        return found

    def _flat(self, index: int) -> bool:
        """Whether OpenCV gives the numbers of a layer without height and width."""
        layer = self.network.plan.layers[index]
        passes = layer.kind in ("softmax", "dropout", "cost")
        return layer.kind == "connected" or (passes and self._flat(layer.sources[0]))


def readNetFromDarknet(cfgFile: Source, darknetModel: Source = "") -> Net:
    """A network from a cfg and a weights file, each a path or its content (bytes, uint8 array).

    InputError says what is wrong with a file.
    """
    if isinstance(cfgFile, str | os.PathLike):
        network = Network.from_cfg(cfgFile)
    else:
        text = bytes(np.asarray(cfgFile, np.uint8)) if _is_array(cfgFile) else bytes(cfgFile)
        lines = text.decode("utf-8", "replace").splitlines()
        plan = plan_network(parse_cfg(lines, "the cfg buffer"))
        network = Network(plan)
    if isinstance(darknetModel, str | os.PathLike):
        if os.fspath(darknetModel):
            load_weights(network, darknetModel)
    else:
        _load_buffer(network, darknetModel)
    return Net(network)


def readNet(model: Source, config: Source = "", framework: str = "") -> Any:
    """A network of Darknet, its two files in either order; OpenCV reads those of others."""
    files = [_ending(model), _ending(config)]
    if framework.lower() == "darknet" or {".cfg", ".weights"} & set(files):
        turned = files[0] == ".cfg" or files[1] == ".weights"
        return readNetFromDarknet(*((model, config) if turned else (config, model)))
    return cv2.dnn.readNet(model, config, framework)


def _ending(source: Source) -> str:
    return Path(source).suffix.lower() if isinstance(source, str | os.PathLike) else ""


def _is_array(source: Source) -> bool:
    return not isinstance(source, bytes | bytearray)


def _load_buffer(network: Network, content: Source) -> None:
    """Weights from memory, by way of a file that is gone afterwards."""
    raw = np.asarray(content, np.uint8) if _is_array(content) else np.frombuffer(content, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "buffer.weights"
        path.write_bytes(raw.tobytes())
        load_weights(network, path)
