"""Running ONNX files: onnxruntime, and OpenCV's dnn."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from darkpy.export.extras import needed
from darkpy.machine.opencv import cv2

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_ERRORS_ONLY = 3


class OnnxRun:
    """A file in onnxruntime, on the CPU. Memories begin as zeros in every call."""

    def __init__(self, model: str | bytes) -> None:
        ort = needed("onnxruntime")
        options = ort.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = torch.get_num_threads()  # as OMP_NUM_THREADS= says
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.picture, *self.memories = self.session.get_inputs()
        self.names = [output.name for output in self.session.get_outputs()]

    @property
    def batch(self) -> int | None:
        """Pictures at a time; None for any number."""
        side = self.picture.shape[0]
        return side if isinstance(side, int) else None

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by name for images (B, C, H, W)."""
        fed: dict[str, Any] = {self.picture.name: images}
        for memory in self.memories:
            fed[memory.name] = np.zeros((len(images), *memory.shape[1:]), _FLOATS[memory.type])
        found = self.session.run(None, fed)
        kept = dict(zip(self.names, found, strict=True))
        return {name: array for name, array in kept.items() if not name.startswith("memory_")}


class OpenCv:
    """A file in OpenCV's dnn, with the batch and the outputs that the file names."""

    def __init__(self, content: bytes) -> None:
        graph = needed("onnx").load_from_string(content).graph
        self.picture = graph.input[0].name
        side = graph.input[0].type.tensor_type.shape.dim[0]
        self.batch = side.dim_value or 1
        self.names = [output.name for output in graph.output]
        self.net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        self.net.setInput(images, self.picture)
        return dict(zip(self.names, self.net.forward(self.names), strict=True))


def onnxruntime_words() -> str:
    """Name and version."""
    return f"onnxruntime {needed('onnxruntime').__version__}"
